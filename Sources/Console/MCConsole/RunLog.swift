import FleetModel
import Glibc
import Synchronization
import Terminal
import TerminalText

/// What this program does, in the file that `--log-file` names; nothing is written without one.
final class RunLog: Sendable {
    /// Bytes; then it ends with a word.
    private static let most = 10 << 20

    private struct State {
        var descriptor: Int32
        var written: Int
    }

    private let state: Mutex<State>

    /// - Throws: `StartupProblem`
    init(path: String?) throws {
        guard let path else {
            state = Mutex(State(descriptor: -1, written: 0))
            return
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StartupProblem("the log '\(path)' cannot be written: \(String(cString: strerror(errno)))")
        }
        let size = lseek(descriptor, 0, SEEK_END)
        state = Mutex(State(descriptor: descriptor, written: max(0, Int(size))))
    }

    func write(_ text: String) {
        state.withLock { state in
            guard state.descriptor >= 0, state.written < Self.most else { return }
            var line = "\(ConsoleLoop.wallClock) \(SafeText.line(text))\n"
            state.written += line.utf8.count
            if state.written >= Self.most { line += "this file is full; nothing more is written\n" }
            line.withUTF8 { bytes in _ = Glibc.write(state.descriptor, bytes.baseAddress, bytes.count) }
        }
    }
}
