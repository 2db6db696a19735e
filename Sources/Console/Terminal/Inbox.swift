import CNcurses
import ConsoleCore
import Glibc
import Synchronization

/// What other threads have for the console. Whoever waits for it waits for a descriptor, beside that of the terminal.
package final class Inbox: Sendable {
    /// Of messages; lines of logs are given up first, since there may be any number of them.
    static let most = 10_000

    private struct State {
        var messages: [Message] = []
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
            if state.messages.last?.takes(message) == true, let last = state.messages.popLast() {
                state.messages.append(last.joined(message))
                return wasEmpty
            }
            if state.messages.count >= Self.most {
                state.messages.removeAll { if case .log(.lines) = $0 { true } else { false } }
                // In one go now and then, so that it costs nothing each time.
                if state.messages.count >= Self.most { state.messages.removeFirst(Self.most / 10) }
            }
            state.messages.append(message)
            return wasEmpty
        }
        if wasEmpty { _ = write(writeEnd, [1] as [UInt8], 1) }
    }

    /// Readable while there is something.
    var descriptor: Int32 { readEnd }

    func take() -> [Message] {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) > 0 {}
        return state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }
}

extension Message {
    /// Of lines in one message.
    private static let mostLines = 20_000

    /// Whether another message can become part of this one.
    fileprivate func takes(_ other: Message) -> Bool {
        switch (self, other) {
        case (.fleet, .fleet): true
        case (.log(.lines(let number, let lines)), .log(.lines(let next, _))):
            number == next && lines.count < Self.mostLines
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
