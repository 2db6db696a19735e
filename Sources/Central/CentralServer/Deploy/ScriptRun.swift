import CProcess
import FleetModel
import Glibc
import NIOPosix
import Synchronization

/// One run of the deploy script, in a process group of its own that ends with it.
///
/// Its input is a pipe that stays open as long as this process lives: when the central is killed, the script reads the
/// end of it and ends too, so that the next central never meets a script of the last one.
struct ScriptRun: Sendable {
    enum End: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        case timedOut
        /// The task was cancelled.
        case cancelled
        case notStarted(String)
    }

    /// Seconds from SIGTERM to SIGKILL.
    static let killDelay = 3.0

    var path: String
    var arguments: [String]
    /// `NAME=value`
    var environment: [String]
    /// Seconds.
    var timeLimit: Double

    /// Returns when nothing of it lives.
    ///
    /// - Parameters:
    ///   - pool: a thread of it waits for the script.
    ///   - output: given what is printed, on both streams.
    func run(in pool: NIOThreadPool, output: @escaping @Sendable ([UInt8]) -> Void) async -> End {
        guard let wake = Pipe() else { return .notStarted("no pipe: \(Self.reason(errno))") }
        return await withTaskCancellationHandler {
            let end = try? await pool.runIfActive { wait(wake: wake, output: output) }
            return end ?? .cancelled
        } onCancel: {
            wake.signal()
        }
    }

    private func wait(wake: Pipe, output: ([UInt8]) -> Void) -> End {
        // Told to end while it waited for a thread.
        var told = pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0)
        if poll(&told, 1, 0) > 0 { return .cancelled }
        guard let input = Pipe(), let printed = Pipe() else { return .notStarted("no pipe: \(Self.reason(errno))") }
        var pid: pid_t = 0
        let code = spawn(&pid, input: input.reading, output: printed.writing)
        guard code == 0 else { return .notStarted("cannot run '\(path)': \(Self.reason(code))") }
        input.closeReading()
        printed.closeWriting()
        let end = follow(pid, output: printed.reading, wake: wake.reading, deliver: output)
        withExtendedLifetime(input) {}
        return end
    }

    private func spawn(_ pid: inout pid_t, input: CInt, output: CInt) -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        guard mcp_spawn_apart(&actions, nil) == 0 else { return ENOMEM }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals may be blocked or ignored in this process; the script begins with none of that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return withCStrings([path] + arguments) { arguments in
            withCStrings(environment) { environment in
                spawning.withLock { _ in posix_spawn(&pid, path, &actions, &attributes, arguments, environment) }
            }
        }
    }

    private func follow(_ pid: pid_t, output: CInt, wake: CInt, deliver: ([UInt8]) -> Void) -> End {
        var deadline = Self.now + timeLimit
        var reason: End?
        var isOpen = true
        var isKilled = false
        while true {
            let left = max(0, deadline - Self.now)
            // Output wakes us while it is open; the pause is for a leader that ends while others keep it open. One that
            // has closed its output is about to end.
            let patience = isOpen ? min(left, 0.5) : min(left, 0.02)
            var polled = [
                pollfd(fd: isOpen ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: reason == nil ? wake : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&polled, 2, Int32(clamping: (patience * 1000).rounded(.up)))
            if polled[0].revents != 0 { isOpen = Self.read(output, deliver) }
            if polled[1].revents != 0, reason == nil {
                reason = .cancelled
                kill(-pid, SIGTERM)
                deadline = Self.now + Self.killDelay
            }
            // Looked at without reaping, so that its group is still ours to signal.
            if polled[0].revents == 0 || !isOpen, Self.hasEnded(pid) { break }
            if Self.now >= deadline, !isKilled {
                isKilled = reason != nil
                kill(-pid, isKilled ? SIGKILL : SIGTERM)
                if reason == nil { reason = .timedOut }
                deadline = Self.now + Self.killDelay
            }
        }
        kill(-pid, SIGKILL)
        if isOpen { drain(output, deliver) }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if let reason { return reason }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    /// What is left in the pipe, without waiting for more.
    private func drain(_ descriptor: CInt, _ deliver: ([UInt8]) -> Void) {
        for _ in 0..<64 {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 0) > 0, Self.read(descriptor, deliver) else { return }
        }
    }

    /// - Returns: false at the end.
    private static func read(_ descriptor: CInt, _ deliver: ([UInt8]) -> Void) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        if count > 0 { deliver(Array(bytes[..<count])) }
        return count > 0 || (count < 0 && errno == EINTR)
    }

    private static func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        let code = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
        // `si_signo` is 0 where nothing has changed.
        return code != 0 || info.si_signo != 0
    }

    private static let beginning = ContinuousClock.now
    private static var now: Double { (ContinuousClock.now - beginning) / .seconds(1) }

    private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
}

/// Held while a pipe is not yet closed on exec, so that no script gets the pipe of another one.
private let spawning = Mutex(())

/// Both ends of a pipe, closed on exec.
private final class Pipe: Sendable {
    private struct Ends {
        var reading: CInt
        var writing: CInt
    }

    private let ends: Mutex<Ends>

    init?() {
        var pair: [CInt] = [-1, -1]
        let isMade = spawning.withLock { _ in
            guard pipe(&pair) == 0 else { return false }
            for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return true
        }
        guard isMade else { return nil }
        ends = Mutex(Ends(reading: pair[0], writing: pair[1]))
    }

    deinit {
        closeReading()
        closeWriting()
    }

    var reading: CInt { ends.withLock { $0.reading } }
    var writing: CInt { ends.withLock { $0.writing } }

    func signal() {
        ends.withLock { ends in
            guard ends.writing >= 0 else { return }
            var byte: UInt8 = 1
            _ = write(ends.writing, &byte, 1)
        }
    }

    func closeReading() {
        ends.withLock { ends in
            if ends.reading >= 0 { close(ends.reading) }
            ends.reading = -1
        }
    }

    func closeWriting() {
        ends.withLock { ends in
            if ends.writing >= 0 { close(ends.writing) }
            ends.writing = -1
        }
    }
}

/// As C wants lists of strings: with a null at the end.
private func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { fatalError("a list with a null at its end is never empty") }
        return body(start)
    }
}
