import NIOCore
import Synchronization

/// A snapshot as an event, and the place in the log that it stands for. Readers that come at about the same time are
/// given the same one.
package final class EventSnapshot: Sendable {
    package let text: ByteBuffer
    package let position: EventLog.Position

    package init(_ text: ByteBuffer, at position: EventLog.Position) {
        self.text = text
        self.position = position
    }
}

/// Which snapshots readers are taking: each that is no longer the newest is memory held for the slow.
package final class SnapshotHolds: Sendable {
    private struct State {
        var table: SnapshotTable
        var leases: [SnapshotTable.Reader: StreamLease] = [:]
        var last: SnapshotTable.Reader = 0
    }

    private let state: Mutex<State>

    init(limit: Int) { state = Mutex(State(table: SnapshotTable(limit: limit))) }

    /// Bytes of all that are held.
    package var bytes: Int { state.withLock { $0.table.bytes } }

    /// Where the slow hold too much, they are closed: when they come back they are given what is new then.
    func hold(_ snapshot: EventSnapshot, for lease: StreamLease?) -> UInt64 {
        let (reader, leaving) = state.withLock { state in
            state.last += 1
            let reader = state.last
            state.leases[reader] = lease
            let leaving = state.table.hold(
                ObjectIdentifier(snapshot), bytes: snapshot.text.readableBytes, by: reader,
                isInsider: lease?.isInsider ?? true)
            return (reader, leaving.compactMap { state.leases[$0] })
        }
        for lease in leaving { lease.close() }
        return reader
    }

    func release(_ reader: UInt64) {
        state.withLock { state in
            state.leases[reader] = nil
            state.table.release(reader)
        }
    }
}

/// Who holds which snapshot. Pure.
struct SnapshotTable: Sendable {
    typealias Reader = UInt64

    private struct Snapshot {
        var id: ObjectIdentifier
        var bytes: Int
        /// Whether each has shown a token.
        var readers: [Reader: Bool]
    }

    private let limit: Int
    /// The oldest first.
    private var snapshots: [Snapshot] = []

    init(limit: Int) { self.limit = limit }

    var bytes: Int { snapshots.reduce(0) { $0 + $1.bytes } }

    /// - Returns: the readers to be closed, so that those before the newest are within the limit: first of outsiders,
    ///   the slowest first.
    mutating func hold(_ id: ObjectIdentifier, bytes: Int, by reader: Reader, isInsider: Bool) -> [Reader] {
        if let index = snapshots.firstIndex(where: { $0.id == id }) {
            snapshots[index].readers[reader] = isInsider
            return []
        }
        snapshots.append(Snapshot(id: id, bytes: bytes, readers: [reader: isInsider]))
        var held = self.bytes - bytes
        var leaving: [Reader] = []
        for sparesInsiders in [true, false] {
            for snapshot in snapshots.dropLast() where held > limit {
                if sparesInsiders, snapshot.readers.values.contains(true) { continue }
                guard !snapshot.readers.keys.contains(where: leaving.contains) else { continue }
                leaving += snapshot.readers.keys
                held -= snapshot.bytes
            }
        }
        return leaving
    }

    mutating func release(_ reader: Reader) {
        for index in snapshots.indices where snapshots[index].readers.removeValue(forKey: reader) != nil {
            if snapshots[index].readers.isEmpty { snapshots.remove(at: index) }
            return
        }
    }
}
