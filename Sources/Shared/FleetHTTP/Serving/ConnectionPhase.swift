import NIOCore

/// Where the reading and the answering on a connection are, and until when that may last. Pure: times are passed in.
///
///     idle ──first byte──▶ head ──complete──▶ body ──complete──▶ idle
///
/// A request that was read to its end and waits for its answer, a stream of events for example, has no deadline.
struct ConnectionPhase: Sendable {
    enum Reading: Hashable, Sendable {
        case idle, head, body
    }

    enum Overdue: Hashable, Sendable {
        /// Nothing came, or nothing was taken: there is nobody to tell.
        case close
        /// Headers or a body that do not end, and no answer was begun: 408.
        case answer
    }

    private let limits: HTTPLimits
    private(set) var reading = Reading.idle
    private var readingSince: NIODeadline
    private var unanswered = 0
    private var isAnswerBegun = false
    private var blockedSince: NIODeadline?

    init(limits: HTTPLimits, now: NIODeadline) {
        self.limits = limits
        readingSince = now
    }

    mutating func bytesArrived(now: NIODeadline) {
        if reading == .idle { enter(.head, now) }
    }

    mutating func headComplete(now: NIODeadline) {
        unanswered += 1
        enter(.body, now)
    }

    mutating func bodyComplete(now: NIODeadline) { enter(.idle, now) }
    mutating func answerBegun() { isAnswerBegun = true }

    mutating func answerComplete(now: NIODeadline) {
        isAnswerBegun = false
        unanswered = max(0, unanswered - 1)
        if reading == .idle { readingSince = now }
    }

    mutating func writability(_ isWritable: Bool, now: NIODeadline) { blockedSince = isWritable ? nil : now }

    /// Nil while a request is read or answered.
    var idleSince: NIODeadline? { reading == .idle && unanswered == 0 ? readingSince : nil }

    /// When the present phase is overdue; nil where it may last.
    var deadline: NIODeadline? {
        let writing = blockedSince.map { $0 + limits.idleTime }
        let reading: NIODeadline? =
            switch reading {
            case .idle: unanswered == 0 ? readingSince + limits.idleTime : nil
            case .head: readingSince + limits.headerTime
            case .body: readingSince + limits.bodyTime
            }
        return [writing, reading].compactMap { $0 }.min()
    }

    func overdue(now: NIODeadline) -> Overdue? {
        guard let deadline, deadline <= now else { return nil }
        if let blockedSince, blockedSince + limits.idleTime <= now { return .close }
        return reading == .idle || isAnswerBegun ? .close : .answer
    }

    private mutating func enter(_ next: Reading, _ now: NIODeadline) {
        reading = next
        readingSince = now
    }
}
