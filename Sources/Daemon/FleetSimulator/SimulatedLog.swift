import FleetModel

/// A log that is computed, not kept: all its lines have one length, so each can be told from its offset.
struct SimulatedLog: Hashable, Sendable {
    /// Of a line with its newline, in bytes.
    static let width = 72
    /// Notable lines are kept, and the oldest forgotten.
    private static let mostNotes = 32

    /// Per second.
    let rate: Double
    private var finished: Int64 = 0
    /// Monotonic seconds; nil while nothing is written.
    private var since: Double?
    private var notes: [Int64: String] = [:]

    init(rate: Double) { self.rate = rate }

    mutating func resume(at now: Double) { if since == nil { since = now } }

    mutating func pause(at now: Double) {
        finished = count(at: now)
        since = nil
    }

    /// A line out of the ordinary, such as a traceback's last one.
    mutating func note(_ text: String, at now: Double) {
        let line = count(at: now)
        finished = line + 1
        if since != nil { since = now }
        notes[line] = text
        if notes.count > Self.mostNotes, let oldest = notes.keys.min() { notes[oldest] = nil }
    }

    /// Lines until now.
    func count(at now: Double) -> Int64 {
        guard let since else { return finished }
        return finished &+ Int64(clamping: max(0, now - since) * rate)
    }

    /// Line `number`, counted from 0, without its newline.
    func line(_ number: Int64) -> String {
        let text =
            notes[number] ?? "info  sample \(number) taken in \(number * 7 % 90 + 4) ms, queue \(number * 13 % 40)"
        return String(text.prefix(Self.width - 1)) + String(repeating: " ", count: max(0, Self.width - 1 - text.count))
    }
}
