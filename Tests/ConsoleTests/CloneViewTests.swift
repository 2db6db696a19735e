import FleetModel
import Testing

@testable import ConsoleCore

/// Hosts that share a name are seen, wherever one looks.
@Suite struct CloneViewTests {
    private static func cloned(_ name: String, _ count: Int) -> ClientOverview {
        var client = Bench.client(name)
        client.clones = (0..<count).map { number in
            ClientClone(
                address: "10.0.3.\(number + 1)", bootID: "boot\(number)-of-a-kernel", instance: "i\(number)",
                hostname: "pi-\(number)", lastSeen: Bench.now)
        }
        return client
    }

    @Test("The table, the counts, what is in trouble, the events and the client's own screen say so, and it ends")
    func shown() {
        var bench = Bench(columns: 80, rows: 24, events: [.snapshot(Bench.snapshot(of: ["a", "b"]))])
        #expect(!bench.text.contains("CLONED"))
        bench.send(.fleet([.client(Self.cloned("a", 2))]))
        #expect(bench.row(1).contains("1 CLONED"), "\(bench.row(1))")
        #expect(bench.text.split(separator: "\n").contains { $0.contains(" a ") && $0.contains("CLONED") })
        bench.press("o")
        #expect(bench.model.active.rows == ["a"])
        bench.press("o")
        bench.model.mirrorCursor("a")
        bench.press("Enter")
        bench.wait(0)
        #expect(bench.row(1).contains("CLONED: 2 daemons have this name"), "\(bench.row(1))")
        #expect(bench.row(2).contains("10.0.3.1 (pi-0, boot boot0-of) and 10.0.3.2 (pi-1"), "\(bench.row(2))")
        bench.send(.fleet([.client(Self.cloned("a", 0))]))
        #expect(!bench.text.contains("CLONED:"))
        bench.press("4")
        #expect(bench.text.contains("is CLONED: 2 daemons report as"), "\(bench.text)")
        #expect(bench.text.contains("is one host again"))
    }

    @Test("A central that does not know of clones has none") func older() throws {
        var client = Bench.client("a")
        client.clones = nil
        #expect(!client.isCloned && client.cloneWarning == nil)
    }
}
