import CProcess
import Foundation
import Synchronization

/// A program that a test has started.
///
/// Not Foundation's `Process`: that one learns of an end by a socket which every program started at the same moment
/// inherits, so that a test would wait for a stranger's daemon; and it hands down signals that are blocked.
package final class Child: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package var description: String
    }

    package let pid: Int32
    private let end = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - environment: all of it.
    ///   - input: a file to read from; output and errors: files that are made, or emptied. Nil is /dev/null.
    package init(
        _ program: String, _ arguments: [String], in folder: String, environment: [String: String],
        input: String? = nil, output: String? = nil, errors: String? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", writing, 0o600)
        if let errors, errors == output {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, errors ?? "/dev/null", writing, 0o600)
        }

        guard mcp_spawn_apart(&actions, folder) == 0 else { throw Failed(description: "no memory") }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failed(description: "\(program): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    /// Its exit status, or the number of the signal that ended it; nil while it runs.
    package var status: Int32? {
        end.withLock { end in
            if let end { return end }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            end = status & 0x7f == 0 ? (status >> 8) & 0xff : status & 0x7f
            return end
        }
    }

    package var isRunning: Bool { status == nil }

    package func signal(_ signal: Int32) { if isRunning { kill(pid, signal) } }

    /// Waits for its end, at most the time given; what has not ended by then is killed.
    package func ended(within seconds: Double = 60) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if let status { return status }
            if ContinuousClock.now > deadline { signal(SIGKILL) }
            try await Task.sleep(for: .milliseconds(3))
        }
    }
}
