import FleetModel

/// Lines of the audit on their way to the database, in their order: those that it has refused stay until it takes them.
/// Pure, and bounded: where it is full, whoever has the most of it makes room, as in the database.
struct AuditBacklog: Sendable {
    static let most = 1000

    private var waiting: [(number: UInt64, line: AuditEntry)] = []
    private var last: UInt64 = 0
    /// Lines for which there was no room, since this was asked last.
    private var lost = 0
    private var lastWritten: UInt64 = 0

    var lines: [AuditEntry] { waiting.map(\.line) }
    var count: Int { waiting.count }

    /// True once, when the first line is lost.
    private(set) var isLosing = false

    /// - Returns: its number.
    @discardableResult
    mutating func append(_ line: AuditEntry) -> UInt64 {
        last += 1
        waiting.append((last, line))
        isLosing = waiting.count > Self.most && lost == 0
        guard waiting.count > Self.most else { return last }
        let counts = waiting.reduce(into: [String: Int]()) { $0[$1.line.who, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        guard let index = waiting.firstIndex(where: { counts[$0.line.who] == most }) else { return last }
        waiting.remove(at: index)
        lost += 1
        return last
    }

    /// Whether all up to that one are on the disk, but for those that were lost.
    func isWritten(_ number: UInt64) -> Bool { lastWritten >= number }

    /// What is to be written next; nil where nothing waits.
    var next: (number: UInt64, line: AuditEntry)? { waiting.first }

    /// It may have made room meanwhile.
    mutating func written(_ number: UInt64) {
        lastWritten = max(lastWritten, number)
        if waiting.first?.number == number { waiting.removeFirst() }
    }

    mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }
}
