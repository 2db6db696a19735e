import NIOCore
import Synchronization

/// The newest events of a server, each encoded once, for any number of readers.
///
/// A reader is a place in the log and nothing more: one that does not keep up, or never reads, costs no memory and
/// holds up nobody. When what it has not read is dropped, it is told so and begins anew with a snapshot.
package final class EventLog: Sendable {
    package struct Limits: Hashable, Sendable {
        package var events = 8192
        package var bytes = 8 << 20
        /// Given to a reader at a time.
        package var share = 256 << 10
        /// Given to all readers together, who may not have taken it yet.
        package var given = 32 << 20
        /// Of snapshots that readers have not taken yet; the newest one comes on top.
        package var snapshots = 48 << 20

        package init() {}
    }

    /// Between two events: the number of the last one before it.
    package struct Position: Hashable, Sendable, Comparable {
        var sequence: UInt64
        package static func < (left: Self, right: Self) -> Bool { left.sequence < right.sequence }
    }

    package enum Reading: Sendable {
        /// As they stand in the stream, and where they end.
        case events(ByteBuffer, Position)
        case nothingNew
        /// What comes next was dropped: a snapshot has to fill the gap.
        case lost
    }

    package struct Counts: Hashable, Sendable {
        package var events: UInt64 = 0
        package var readers = 0
        /// How often a reader was too slow.
        package var resyncs: UInt64 = 0
    }

    private struct Entry {
        var text: ByteBuffer
        var isGuarded: Bool
        var kind: String
        var subject: String?
    }

    private struct State {
        /// The oldest ones, up to `head`, are void.
        var entries: [Entry] = []
        var head = 0
        var bytes = 0
        /// Of the last event.
        var sequence: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var lastWaiter: UInt64 = 0
        var counts = Counts()
        /// The latest place that anybody was told; nil where nobody was.
        var told: UInt64?

        var oldest: UInt64 { sequence - UInt64(entries.count - head) }

        /// Nobody reads, and nobody can come back to what is kept: whoever comes begins with a snapshot.
        var isForNobody: Bool { counts.readers == 0 && waiting.isEmpty && (told.map { $0 < oldest } ?? true) }
    }

    private let epoch: String
    private let limits: Limits
    let snapshots: SnapshotHolds
    private let state = Mutex(State())

    /// - Parameter epoch: differs in each life of the server; without a `-`.
    package init(epoch: String, limits: Limits = Limits()) {
        self.epoch = epoch
        self.limits = limits
        snapshots = SnapshotHolds(limit: limits.snapshots)
    }

    package convenience init() {
        self.init(epoch: String(UInt64.random(in: .min ... .max), radix: 36))
    }

    package var position: Position {
        state.withLock { state in
            state.told = state.sequence
            return Position(sequence: state.sequence)
        }
    }
    package var counts: Counts { state.withLock { $0.counts } }

    /// Whether a reader can go on from there.
    package func reaches(back position: Position) -> Bool { state.withLock { position.sequence >= $0.oldest } }

    /// - Parameters:
    ///   - subject: what the event is about, for readers that want to know of this one alone.
    ///   - isGuarded: only for readers that may read the audit.
    ///   - data: writes JSON on one line.
    package func append(
        _ event: StaticString, about subject: String? = nil, isGuarded: Bool = false, data: (inout ByteBuffer) -> Void
    ) {
        let waiting = state.withLock { state -> [UInt64: CheckedContinuation<Void, Never>] in
            let isForNobody = state.isForNobody
            state.sequence += 1
            state.counts.events += 1
            guard !isForNobody else {
                // With a thousand clients the writing of it is a tenth of all work.
                (state.entries, state.head, state.bytes) = ([], 0, 0)
                return [:]
            }
            var text = ByteBuffer()
            write(event, at: state.sequence, into: &text, data: data)
            state.bytes += text.readableBytes
            state.entries.append(Entry(text: text, isGuarded: isGuarded, kind: "\(event)", subject: subject))
            drop(from: &state)
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// An event outside of the log: a snapshot, for one reader.
    package func write(
        _ event: StaticString, at position: Position, into text: inout ByteBuffer, data: (inout ByteBuffer) -> Void
    ) {
        write(event, at: position.sequence, into: &text, data: data)
    }

    /// What a reader shows to go on after this place.
    package func id(of position: Position) -> String { "\(epoch)-\(position.sequence)" }

    /// - Returns: where a reader goes on that has read the event of this id; nil for one that is not ours or too old.
    package func position(ofID id: String) -> Position? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == epoch, let sequence = UInt64(parts[1]) else { return nil }
        return state.withLock { state in
            (state.oldest...state.sequence).contains(sequence) ? Position(sequence: sequence) : nil
        }
    }

    package func read(
        after position: Position, seesGuarded: Bool, filter: EventFilter = EventFilter()
    ) -> Reading {
        state.withLock { state in
            guard position.sequence >= state.oldest else {
                state.counts.resyncs += 1
                return .lost
            }
            guard position.sequence < state.sequence else { return .nothingNew }
            var text = ByteBuffer()
            var sequence = position.sequence
            var index = state.head + Int(position.sequence - state.oldest)
            let share = min(limits.share, max(4096, limits.given / max(1, state.counts.readers)))
            while index < state.entries.count, text.readableBytes < share {
                let entry = state.entries[index]
                if seesGuarded || !entry.isGuarded, filter.admits(entry.kind, about: entry.subject) {
                    // One that fills the share is given as it is, the same to everyone.
                    if text.readableBytes == 0, entry.text.readableBytes >= share {
                        text = entry.text
                    } else {
                        text.writeImmutableBuffer(entry.text)
                    }
                }
                index += 1
                sequence += 1
            }
            state.told = max(state.told ?? 0, sequence)
            return .events(text, Position(sequence: sequence))
        }
    }

    /// Returns when there is something beyond the position, or the task is cancelled.
    package func wait(beyond position: Position) async {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    guard state.sequence <= position.sequence, !Task.isCancelled else { return true }
                    state.waiting[waiter] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
        }
    }

    func readerCame() { state.withLock { $0.counts.readers += 1 } }
    func readerWent() { state.withLock { $0.counts.readers -= 1 } }

    private func write(
        _ event: StaticString, at sequence: UInt64, into text: inout ByteBuffer, data: (inout ByteBuffer) -> Void
    ) {
        text.writeStaticString("id: ")
        text.writeString(epoch)
        text.writeStaticString("-")
        text.writeString(String(sequence))
        text.writeStaticString("\nevent: ")
        text.writeStaticString(event)
        text.writeStaticString("\ndata: ")
        data(&text)
        text.writeStaticString("\n\n")
    }

    private func drop(from state: inout State) {
        while state.entries.count - state.head > limits.events || state.bytes > limits.bytes {
            state.bytes -= state.entries[state.head].text.readableBytes
            state.entries[state.head].text = ByteBuffer()
            state.head += 1
        }
        if state.head > limits.events {
            state.entries.removeFirst(state.head)
            state.head = 0
        }
    }
}
