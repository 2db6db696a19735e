import NIOCore
import Testing

@testable import FleetHTTP

@Suite("The log of events", .timeLimit(.minutes(1)))
struct EventLogTests {
    static func log(events: Int = 100, bytes: Int = 1 << 20, share: Int = 1 << 20) -> EventLog {
        var limits = EventLog.Limits()
        limits.events = events
        limits.bytes = bytes
        limits.share = share
        return EventLog(epoch: "e", limits: limits)
    }

    /// What a reader gets from a position on, until there is nothing new.
    static func read(
        _ log: EventLog, from start: EventLog.Position, seesGuarded: Bool = true, filter: EventFilter = EventFilter()
    ) -> [String]? {
        var position = start
        var text = ""
        while true {
            switch log.read(after: position, seesGuarded: seesGuarded, filter: filter) {
            case .events(let part, let end):
                text += String(buffer: part)
                position = end
            case .nothingNew: return text.split(separator: "\n\n").map(String.init)
            case .lost: return nil
            }
        }
    }

    @Test(
        "every reader gets every event once and in order, however little it takes at a time", arguments: [1, 60, 9999])
    func order(share: Int) {
        let log = Self.log(share: share)
        let start = log.position
        for number in 1...40 { log.append("n") { $0.writeString("\(number)") } }
        let expected = (1...40).map { "id: e-\($0)\nevent: n\ndata: \($0)" }
        #expect(Self.read(log, from: start) == expected)
        #expect(log.position(ofID: "e-25").flatMap { Self.read(log, from: $0) } == Array(expected[25...]))
    }

    @Test("what nobody can come back to is not written, and a place that somebody was told is kept")
    func nobody() {
        let log = Self.log(events: 3)
        var written = 0
        func append() { log.append("n") { text in (written, _) = (written + 1, text.writeString("x")) } }
        for _ in 0..<5 { append() }
        #expect(written == 0 && log.counts.events == 5)
        // Whoever was told a place is waited for, until it is out of reach by the size of the log.
        let told = log.position
        for _ in 0..<3 { append() }
        #expect(Self.read(log, from: told)?.count == 3)
        #expect(Self.read(log, from: told)?.first?.hasPrefix("id: e-6\n") == true)
        let last = log.position
        for _ in 0..<10 { append() }
        #expect(written == 3 + 4, "it is seen to be out of reach when one more has come")
        #expect(Self.read(log, from: last) == nil && !log.reaches(back: last))
        #expect(log.position(ofID: "e-8") == nil)
        // One who reads gets all of it.
        log.readerCame()
        let now = log.position
        for _ in 0..<2 { append() }
        #expect(Self.read(log, from: now)?.count == 2)
        log.readerWent()
    }

    @Test("what is guarded is only shown to those who may see it, and leaves no other trace")
    func guarded() {
        let log = Self.log()
        let start = log.position
        log.append("open") { $0.writeString("1") }
        log.append("audit", isGuarded: true) { $0.writeString("2") }
        log.append("open") { $0.writeString("3") }
        #expect(Self.read(log, from: start)?.count == 3)
        #expect(
            Self.read(log, from: start, seesGuarded: false)
                == ["id: e-1\nevent: open\ndata: 1", "id: e-3\nevent: open\ndata: 3"])
    }

    @Test(
        "a reader that wants some gets those, in order and with their own ids",
        arguments: [
            (EventFilter(), [1, 2, 3, 4, 5]), (EventFilter(kinds: ["client"]), [1, 3]),
            (EventFilter(subject: "a"), [1, 2]), (EventFilter(kinds: ["client", "deployment"]), [1, 3, 4]),
            (EventFilter(kinds: ["client"], subject: "b"), [3]), (EventFilter(kinds: []), []),
            (EventFilter(kinds: ["audit"]), []),
        ])
    func filtered(filter: EventFilter, expected: [Int]) {
        let log = Self.log()
        let start = log.position
        log.append("client", about: "a") { $0.writeString("1") }
        log.append("workload", about: "a") { $0.writeString("2") }
        log.append("client", about: "b") { $0.writeString("3") }
        log.append("deployment") { $0.writeString("4") }
        log.append("other") { $0.writeString("5") }
        log.append("audit", isGuarded: true) { $0.writeString("6") }
        let read = Self.read(log, from: start, seesGuarded: false, filter: filter)
        #expect(read?.map { $0.suffix(1) } == expected.map { "\($0)" })
        #expect(read?.allSatisfy { $0.hasPrefix("id: e-\($0.suffix(1))\n") } == true)
    }

    @Test("a reader whose next event was dropped is told so; one that has it is not", arguments: [10, 2500])
    func dropped(limit: Int) {
        let byCount = limit == 10
        let log = Self.log(events: byCount ? limit : 1000, bytes: byCount ? 1 << 20 : limit)
        let start = log.position
        log.readerCame()
        for number in 1...200 { log.append("n") { $0.writeString("\(number) \(String(repeating: "x", count: 200))") } }
        #expect(Self.read(log, from: start) == nil)
        #expect(log.counts.resyncs == 1)
        #expect(log.position(ofID: "e-1") == nil)
        let kept = (1...200).first { log.position(ofID: "e-\($0)") != nil } ?? 0
        #expect(byCount ? kept == 190 : kept > 185)
        #expect(log.position(ofID: "e-\(kept)").flatMap { Self.read(log, from: $0) }?.count == 200 - kept)
    }

    @Test(
        "an id that is not ours begins anew",
        arguments: [
            "", "-", "e", "e-", "e-x", "e--1", "e-1-2", "f-1", "e-99", "e-18446744073709551616", "é-1", " e-1", "e-1 ",
            String(repeating: "9", count: 5000),
        ])
    func foreignIDs(id: String) {
        let log = Self.log()
        _ = log.position
        log.append("n") { $0.writeString("1") }
        #expect(log.position(ofID: id) == nil)
        #expect(log.position(ofID: "e-0") != nil)
        #expect(log.position(ofID: "e-1") == log.position)
    }

    @Test("who waits is woken by the next event, at once where it came before, and by being cancelled")
    func waiting() async {
        let log = Self.log()
        let start = log.position
        let woken = Task { await log.wait(beyond: start) }
        log.append("n") { $0.writeString("1") }
        await woken.value
        await log.wait(beyond: start)
        let given = Task { await log.wait(beyond: log.position) }
        given.cancel()
        await given.value
    }
}
