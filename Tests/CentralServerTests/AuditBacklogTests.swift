import FleetConfig
import FleetModel
import Logging
import Synchronization
import Testing

@testable import CentralServer

/// A line of the audit is not lost where the database refuses it.
@Suite("Audit without a disk", .timeLimit(.minutes(1)))
struct AuditBacklogTests {
    private static func line(_ who: String, _ target: String) -> AuditEntry {
        AuditEntry(
            time: Timestamp(seconds: 1_800_000_000), who: who, address: nil, action: "stop", target: target,
            result: "ok")
    }

    private static func state(_ store: any FleetStore, _ lines: LineKeeper = LineKeeper()) throws -> FleetState {
        let clock = TestClock()
        return try FleetState(
            store: store, inventory: Inventory(), threshold: 90, now: { clock.now },
            logger: Logger(label: "test") { _ in lines })
    }

    @Test("what the database refuses is kept, shown, written later in its order, and told of once each way")
    func refused() async throws {
        let store = FullStore()
        let lines = LineKeeper()
        let state = try Self.state(store, lines)
        await state.note(Self.line("a", "0"))
        store.isFull.withLock { $0 = true }
        for number in 1...3 { await state.note(Self.line("a", "\(number)")) }
        state.flush()
        #expect(try state.audit(limit: 10).map(\.target) == ["3", "2", "1", "0"])
        #expect(try state.audit(limit: 2).map(\.target) == ["3", "2"])
        #expect(state.auditWaiting == 3)
        #expect(store.inner.audit(limit: 10).map(\.target) == ["0"])
        store.isFull.withLock { $0 = false }
        // Before the next one, and without waiting for it.
        await state.note(Self.line("b", "4"))
        #expect(store.inner.audit(limit: 10).map(\.target) == ["4", "3", "2", "1", "0"])
        #expect(state.auditWaiting == 0)
        let told = lines.lines.withLock { $0 }
        #expect(told.count { $0.hasPrefix("the database refuses lines of the audit") } == 1)
        #expect(
            told.filter { $0.hasPrefix("the lines of the audit") } == [
                "the lines of the audit that were kept in memory are written [\"lost\": 0, \"written\": 4]"
            ])
    }

    @Test("the second after, and the end of the central, write what waits too")
    func flushed() async throws {
        let store = FullStore()
        let state = try Self.state(store)
        store.isFull.withLock { $0 = true }
        await state.note(Self.line("a", "1"))
        store.isFull.withLock { $0 = false }
        state.flush()
        #expect(store.inner.audit(limit: 10).map(\.target) == ["1"])
    }

    @Test("it is bounded: whoever has the most makes room, and what is lost is counted")
    func bounded() {
        var backlog = AuditBacklog()
        backlog.append(Self.line("quiet", "0"))
        for number in 0..<1500 { backlog.append(Self.line("loud", "\(number)")) }
        backlog.append(Self.line("quiet", "1"))
        #expect(backlog.count == AuditBacklog.most)
        #expect(backlog.lines.filter { $0.who == "quiet" }.map(\.target) == ["0", "1"])
        #expect(backlog.lines.dropLast().last?.target == "1499")
        #expect(backlog.takeLost() == 502)
        #expect(backlog.takeLost() == 0)
        // What was written while it made room for another is taken out once.
        let next = backlog.next
        #expect(next?.line.target == "0")
        backlog.written(next?.number ?? 0)
        backlog.written(next?.number ?? 0)
        #expect(backlog.count == AuditBacklog.most - 1)
    }
}

/// A store whose disk may be full.
private final class FullStore: FleetStore {
    struct Full: Error {}
    let inner = MemoryFleetStore()
    let isFull = Mutex(false)

    private func write(_ body: () -> Void) throws {
        if isFull.withLock({ $0 }) { throw Full() }
        body()
    }

    func clients() -> [StoredClient] { inner.clients() }
    func save(_ clients: [StoredClient]) throws { try write { inner.save(clients) } }
    func forget(_ name: String, noting entry: AuditEntry) throws { try write { inner.forget(name, noting: entry) } }
    func append(_ entry: AuditEntry) throws { try write { inner.append(entry) } }
    func audit(limit: Int) -> [AuditEntry] { inner.audit(limit: limit) }
    func add(_ refusals: [Refusal]) throws { try write { inner.add(refusals) } }
    func refusals(limit: Int) -> [Refusal] { inner.refusals(limit: limit) }
    func save(_ history: StoredHistory) throws { try write { inner.save(history) } }
    func history() -> StoredHistory? { inner.history() }
}

/// Keeps what is logged.
private final class LineKeeper: LogHandler {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        lines.withLock { $0.append("\(event.message) [\(metadata.joined(separator: ", "))]") }
    }
}
