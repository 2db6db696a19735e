import ArgumentParser
import DaemonCore
import FleetClient
import FleetModel
import Glibc

struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops the workloads and ends the daemon; returns when it has gone.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Leave the workloads running; the next 'up' takes them over.")
    var keepWorkloads = false

    func run() async throws {
        let answer = try await common.withDaemon { try await $0.shutdown(keepingWorkloads: keepWorkloads) }
        if isatty(1) == 1 { Output.lines([answer.message]) }
        // It removes its socket as the last thing it does. Each workload has its own limit of time, so there is no
        // sensible one here; Ctrl-C ends the waiting, not the daemon's going down.
        let path = common.resolved().socketPath
        while access(path, F_OK) == 0 {
            try await Task.sleep(for: .milliseconds(20))
            if isAbandoned(path) { return }
        }
    }

    /// A daemon that was killed leaves its socket behind, with nobody listening.
    private func isAbandoned(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result != 0 && (errno == ECONNREFUSED || errno == ENOENT)
    }
}
