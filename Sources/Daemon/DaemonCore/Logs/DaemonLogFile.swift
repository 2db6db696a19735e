import Glibc
import Synchronization

/// The daemon's own log, rotated like those of workloads, or standard error where somebody else keeps that. A disk that is full costs lines, never the daemon.
package final class DaemonLogFile: Sendable {
    private struct State {
        var descriptor: Int32
        var size: Int64
        /// The last line did not get onto the disk whole.
        var isTorn = false
    }

    private static let mostBytes: Int64 = 10 << 20
    private static let keep = 5
    /// Nil where it is not ours to rotate.
    private let path: String?
    private let state: Mutex<State>

    /// - Throws: `StateError` where the file can't be opened.
    package init(path: String) throws {
        self.path = path
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { throw StateError("cannot write the log '\(path)': \(errorText(errno))") }
        state = Mutex(State(descriptor: descriptor, size: DaemonCore.size(of: descriptor)))
    }

    /// - Parameter descriptor: written to as it is, and closed by whoever has it.
    package init(descriptor: Int32) {
        path = nil
        state = Mutex(State(descriptor: descriptor, size: 0))
    }

    deinit { if path != nil { state.withLock { _ = close($0.descriptor) } } }

    /// - Parameter line: without its end.
    /// - Returns: false where the disk did not take all of it.
    package func write(_ line: String) -> Bool {
        state.withLock { state in
            let bytes = Array(((state.isTorn ? "\n" : "") + line + "\n").utf8)
            if let path, state.size + Int64(bytes.count) > Self.mostBytes { Self.rotate(path, &state) }
            let written = bytes.withUnsafeBytes { Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                state.size += Int64(written)
                state.isTorn = written < bytes.count
            }
            return written == bytes.count
        }
    }

    private static func rotate(_ path: String, _ state: inout State) {
        for index in stride(from: keep, through: 1, by: -1) {
            rename(index == 1 ? path : "\(path).\(index - 1)", "\(path).\(index)")
        }
        let descriptor = open(path)
        guard descriptor >= 0 else { return }
        close(state.descriptor)
        state = State(descriptor: descriptor, size: 0)
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
    }
}
