import Testing

@testable import CentralServer

@Suite("What a deploy script printed")
struct OutputTailTests {
    @Test(
        "keeps to its limit, however much it is, and says what is missing",
        arguments: [10, 1000, 1001, 1400, 1500, 1501, 9000])
    func limit(size: Int) {
        var tail = OutputTail(limit: 1000)
        for number in 0..<size { tail.append([UInt8(ascii: "a") + UInt8(number % 26)]) }
        let parts = tail.text.split(separator: "\n")
        let kept = parts.filter { !$0.hasPrefix("…") }.reduce(0) { $0 + $1.utf8.count }
        #expect(kept == min(size, 1000))
        #expect(parts.contains("… \(size - 1000) bytes are left out …") == (size > 1000))
        #expect(tail.text.hasPrefix("abcdefghij"))
    }
}
