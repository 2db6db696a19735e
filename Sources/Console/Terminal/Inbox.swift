import CNcurses
import ConsoleCore
import Glibc
import Synchronization

/// What other threads have for the console. Whoever waits for it waits for a descriptor, beside that of the terminal.
package final class Inbox: Sendable {
    /// Of events and lines that wait here, more or less; whoever reads a stream stops while there are more, and the one
    /// who sends it knows what to do with a slow reader.
    static let most = 20_000
    /// Of messages; what is not of a stream comes so rarely that only a terminal that is stuck for days gets here.
    static let mostMessages = 10_000

    private struct State {
        var messages: [Message] = []
        var weight = 0
    }

    private let state = Mutex(State())
    private let readEnd: Int32
    private let writeEnd: Int32

    package init() throws(TerminalFailure) {
        var ends: [Int32] = [-1, -1]
        guard mct_pipe(&ends) else {
            throw .failed(String(cString: strerror(errno)))
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Never waits.
    package func post(_ message: Message) {
        let wasEmpty = state.withLock { state in
            let wasEmpty = state.messages.isEmpty
            state.weight += message.weight
            if state.messages.last?.takes(message) == true, let last = state.messages.popLast() {
                state.messages.append(last.joined(message))
                return wasEmpty
            }
            // The old ones go many at a time, since each removal moves all that stay.
            if state.messages.count >= Self.mostMessages { state.messages.removeFirst(Self.mostMessages / 10) }
            state.messages.append(message)
            return wasEmpty
        }
        if wasEmpty { _ = write(writeEnd, [1] as [UInt8], 1) }
    }

    /// Whether the terminal is so slow, or stuck, that no more should be read for it.
    package var isFull: Bool { state.withLock { $0.weight >= Self.most } }

    /// Readable while there is something.
    var descriptor: Int32 { readEnd }

    func drain() -> [Message] {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) > 0 {}
        return state.withLock { state in
            defer { state = State() }
            return state.messages
        }
    }
}

extension Message {
    /// How many events it holds, or how many lines; a long one counts as several.
    fileprivate var weight: Int {
        switch self {
        case .fleet(let events): events.count
        case .log(.lines(_, let lines)): lines.reduce(0) { $0 + 1 + $1.utf8.count / 512 }
        default: 1
        }
    }

    /// Whether another message can become part of this one.
    fileprivate func takes(_ other: Message) -> Bool {
        switch (self, other) {
        case (.fleet, .fleet): true
        case (.log(.lines(let number, _)), .log(.lines(let next, _))): number == next
        default: false
        }
    }

    fileprivate consuming func joined(_ other: Message) -> Message {
        switch (self, other) {
        case (.fleet(var events), .fleet(let more)):
            events += more
            return .fleet(events)
        case (.log(.lines(let number, var lines)), .log(.lines(_, let more))):
            lines += more
            return .log(.lines(number: number, lines))
        default: return other
        }
    }
}
