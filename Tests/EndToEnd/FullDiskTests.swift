import FleetModel
import Foundation
import TestSupport
import Testing

/// A disk that is full while a run ends: its output and its end wait, and neither is lost.
@Suite(
    "A full disk at the end, with the real program",
    .enabled("a mount namespace of its own is not permitted here (it takes root)") { await HardshipTests.mayMount() })
struct FullDiskTests {
    /// Logs and state on a disk of 1 MiB, which the daemon and its keepers alone see.
    private static let small = """
        mkdir logs state && mount -t tmpfs -o size=1m none logs && mount -t tmpfs -o size=1m none state && exec "$@"
        """
    private static let through = ["/usr/bin/unshare", "-m", "sh", "-c", small, "sh"]

    private func fill(_ folder: String) throws {
        let descriptor = open(folder + "/ballast", O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        try #require(errno == ENOSPC)
    }

    private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    @Test("the last output of a run waits until there is space again, and its daemon says so meanwhile")
    func output() async throws {
        try await withHost { host in
            try host.write(
                """
                name: a
                run_mode: n_times
                command: [sh, -c, "until [ -e go ]; do sleep 0.01; done; seq -f 'line %.0f' 903; exit 3"]

                """, to: "configs/a.yaml")
            try await host.up(through: Self.through)
            let running = try await host.until("a", "runs") { $0.pid != nil }
            let logs = "/proc/\(host.daemonPID)/root\(host.folder)/logs"
            try fill(logs)
            try host.write("", to: "go")
            let full = try await host.until("a", "waits for the disk") {
                $0.lastError?.contains("No space left on device") == true
            }
            #expect(full.status == .running)
            // The program itself has gone; it had no reason to wait.
            _ = try await until("the run has ended") { kill(running.pid ?? 0, 0) == 0 ? nil : true }
            #expect(!text(logs + "/a.log").contains("line 903\n"))
            try FileManager.default.removeItem(atPath: logs + "/ballast")
            let done = try await host.until("a", "has ended") { $0.status == .failed }
            #expect(done.lastExitCode == 3)
            #expect(done.lastError == "exited with status 3")
            #expect(text(logs + "/a.log") == (1...903).map { "line \($0)\n" }.joined())
        }
    }

    @Test("where it stays full for log_wait_seconds, what is lost is told and stays told")
    func lost() async throws {
        try await withHost { host in
            try host.write(
                """
                name: a
                run_mode: n_times
                log_wait_seconds: 0.3
                command: [sh, -c, "until [ -e go ]; do sleep 0.01; done; seq -f 'line %.0f' 903"]

                """, to: "configs/a.yaml")
            try await host.up(through: Self.through)
            _ = try await host.until("a", "runs") { $0.pid != nil }
            try fill("/proc/\(host.daemonPID)/root\(host.folder)/logs")
            try host.write("", to: "go")
            let done = try await host.until("a", "has ended") { $0.status == .completed }
            #expect(done.lastError?.contains("bytes of its output are lost") == true, "\(done.lastError ?? "")")
            #expect(done.lastError?.contains("No space left on device") == true)
        }
    }

    @Test("the exit status of a run that ends on a full disk without a daemon is there when there is space again")
    func record() async throws {
        try await withHost { host in
            try host.write(
                """
                name: a
                run_mode: n_times
                command: [sh, -c, "until [ -e go ]; do sleep 0.01; done; exit 7"]

                """, to: "configs/a.yaml")
            try await host.up(through: Self.through, environment: ["MCTL_DB_PATH": "state/m.db"])
            let running = try #require(try await host.until("a", "runs") { $0.pid != nil }.pid)
            let stat = text("/proc/\(running)/stat").split(separator: ")").last?.split(separator: " ")
            let keeper = try #require(stat?.dropFirst().first.flatMap { Int32($0) })
            try await host.killDaemon()
            let state = "/proc/\(keeper)/root\(host.folder)/state"
            try fill(state)
            try host.write("", to: "go")
            _ = try await until("the run has ended") { kill(running, 0) == 0 ? nil : true }
            #expect(kill(keeper, 0) == 0)
            #expect(!text(state + "/m.run/a/record").contains("ended="))
            // What it holds open is seen for as long as this test looks.
            let folder = open(state + "/m.run/a", O_RDONLY | O_DIRECTORY)
            defer { close(folder) }
            try FileManager.default.removeItem(atPath: state + "/ballast")
            let record = try await until("the record is written") {
                let found = text("/proc/self/fd/\(folder)/record")
                return found.contains("ended=") ? found : nil
            }
            #expect(record.contains("ended=exit\ncode=7\n"))
            _ = try await until("its keeper has gone") { kill(keeper, 0) == 0 ? nil : true }
        }
    }
}
