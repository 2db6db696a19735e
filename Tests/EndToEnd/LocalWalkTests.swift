import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("On one host, with the real program")
struct LocalWalkTests {
    static let ticker = """
        name: ticker
        run_mode: forever
        command: [sh, -c, "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done"]
        restart_delay: 0.1
        stop_timeout: 2

        """

    @Test("the guide's walk: validate, up, list, status, logs, stop, start, restart, reload, down")
    func walk() async throws {
        try await withHost { host in
            try host.write(Self.ticker, to: "configs/ticker.yaml")
            #expect(try await host.run("validate").status == 0)
            let early = try await host.run("list")
            #expect(early.status == 1)
            #expect(early.errors.contains("master-control up"), "\(early.errors)")

            try await host.up()
            let first = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            #expect(try await host.run("list").output.contains("ticker"))
            #expect(try await host.run("status", "ticker").output.contains("running"))
            _ = try await until("the log has ten lines") {
                try await host.run("logs", "ticker", "-n", "10").lines.count == 10 ? true : nil
            }

            #expect(try await host.run("stop", "ticker").status == 0)
            #expect(kill(first.pid ?? 0, 0) != 0)
            #expect(try await host.workload("ticker")?.status == .stopped)
            #expect(try await host.run("stop", "ticker").status == 1)
            #expect(try await host.run("start", "ticker").status == 0)
            let second = try await host.until("ticker", "runs again") { $0.status == .running }
            #expect(try await host.run("restart", "ticker").status == 0)
            let third = try await host.until("ticker", "was restarted") { $0.status == .running }
            #expect(Set([first.pid, second.pid, third.pid]).count == 3)

            try host.write(Self.ticker + "tags: [new]\n", to: "configs/ticker.yaml")
            try host.write("name: once\nrun_mode: n_times\ncommand: [echo, done]\n", to: "configs/once.yaml")
            let reload = try await host.run("reload", "--json")
            let changes = try JSONDecoder().decode(ReloadResult.self, from: Data(reload.output.utf8)).changes
            #expect(changes.added == ["once"])
            #expect(changes.unchanged == ["ticker"])
            #expect(try await host.workload("ticker")?.pid == third.pid)
            _ = try await host.until("once", "is completed") { $0.status == .completed && $0.lastExitCode == 0 }

            #expect(try await host.run("down").status == 0)
            try await host.untilDown()
            #expect(kill(third.pid ?? 0, 0) != 0)
            #expect(!FileManager.default.fileExists(atPath: host.folder + "/s"))
        }
    }

    @Test("a reload with one mistake changes nothing and says where it is")
    func brokenReload() async throws {
        try await withHost { host in
            try host.write(Self.ticker, to: "configs/ticker.yaml")
            try await host.up()
            let before = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            try host.write("name: other\nrun_mod: forever\ncommand: [sleep, '9']\n", to: "configs/other.yaml")
            try host.write(Self.ticker.replacingOccurrences(of: "tick ", with: "tock "), to: "configs/ticker.yaml")
            let reload = try await host.run("reload")
            #expect(reload.status == 1)
            #expect(reload.errors.contains("other.yaml:2:1:"), "\(reload.errors)")
            #expect(reload.errors.contains("run_mode"), "\(reload.errors)")
            #expect(try await host.workload("ticker")?.pid == before.pid)
            #expect(try await host.workload("other") == nil)
            #expect(try await host.run("validate").status == 1)
        }
    }

    @Test("a workload that crashes comes back, and says how it ended")
    func crash() async throws {
        try await withHost { host in
            try host.write(
                "name: bad\ncommand: [sh, -c, 'echo oh no; exit 3']\nrestart_delay: 0.05\n", to: "configs/bad.yaml")
            try await host.up()
            let bad = try await host.until("bad", "failed twice") { $0.runCount >= 3 && $0.lastExitCode == 3 }
            #expect((bad.restarts ?? 0) >= 2)
            let shown = try await host.run("status", "bad")
            #expect(shown.output.contains("exited with status 3"), "\(shown.output)")
        }
    }

    @Test("a workload that wants more than its memory limit gets a MemoryError, in its log and as its last error")
    func memoryLimit() async throws {
        try await withHost { host in
            try host.write("def run(size):\n    data = bytearray(size << 20)\n", to: "agents/hungry.py")
            try host.write(
                """
                name: hungry
                type: agent
                run_mode: n_times
                module: agents.hungry
                params: {size: 2000}
                memory_limit_mb: 256
                """, to: "configs/hungry.yaml")
            try await host.up()
            let hungry = try await host.until("hungry", "has failed") { $0.status == .failed }
            #expect(hungry.lastError?.hasPrefix("MemoryError") == true, "\(hungry.lastError ?? "")")
            let log = try await host.run("logs", "hungry")
            #expect(log.output.contains("Traceback"))
            #expect(log.output.contains("MemoryError"))
        }
    }

    @Test("a scheduled workload waits for its time, runs when it is started, and waits again")
    func scheduled() async throws {
        try await withHost { host in
            try host.write(
                "name: nightly\nrun_mode: schedule\nschedule: '30 2 * * *'\ncommand: [echo, ran]\n",
                to: "configs/nightly.yaml")
            try await host.up()
            let waiting = try await host.until("nightly", "is scheduled") { $0.status == .scheduled }
            #expect(waiting.nextRun != nil)
            #expect(waiting.runCount == 0)
            #expect(try await host.run("start", "nightly").status == 0)
            let after = try await host.until("nightly", "ran and waits") {
                $0.status == .scheduled && $0.runCount == 1 && $0.lastExitCode == 0
            }
            #expect(after.nextRun == waiting.nextRun)
            #expect(try await host.run("logs", "nightly").lines == ["ran"])
            #expect(try await host.run("stop", "nightly").status == 0)
            #expect(try await host.workload("nightly")?.nextRun == nil)
        }
    }

    @Test("what was stopped by hand stays stopped when the daemon is started again")
    func stoppedByHand() async throws {
        try await withHost { host in
            try host.write(Self.ticker, to: "configs/ticker.yaml")
            try await host.up()
            _ = try await host.until("ticker", "runs") { $0.status == .running }
            #expect(try await host.run("stop", "ticker").status == 0)
            #expect(try await host.run("down").status == 0)
            try await host.untilDown()
            try await host.up()
            #expect(try await host.workload("ticker")?.status == .stopped)
            #expect(try await host.run("start", "ticker").status == 0)
        }
    }

    @Test("a killed daemon disturbs no workload, and the next one takes it over")
    func killedDaemon() async throws {
        try await withHost { host in
            try host.write(Self.ticker, to: "configs/ticker.yaml")
            try await host.up()
            let before = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            try await host.killDaemon()
            #expect(kill(before.pid ?? 0, 0) == 0)
            try await host.up()
            let after = try await host.until("ticker", "is known to run") { $0.status == .running }
            #expect(after.pid == before.pid)
            #expect(after.runCount == before.runCount)
            #expect(after.lastStarted == before.lastStarted)
            let lines = try await host.run("logs", "ticker", "-n", "10000").lines
            #expect(lines == (1...max(1, lines.count)).map { "tick \($0)" })
        }
    }

    @Test("a second daemon is kept out of the same state, and says so")
    func secondDaemon() async throws {
        try await withHost { host in
            try await host.up()
            let second = try await host.run("up", environment: ["MCTL_SOCKET_PATH": host.folder + "/other"])
            #expect(second.status == 1)
            #expect(second.errors.contains("another daemon"), "\(second.errors)")
            #expect(try await host.run("list").status == 0)
        }
    }

    @Test("a daemon.yaml with mistakes ends `up` with all of them")
    func brokenSettings() async throws {
        try await withHost { host in
            try host.write("fleet:\n  enabld: true\n  api_port: 99999\n", to: "configs/daemon.yaml")
            let up = try await host.run("up")
            #expect(up.status == 1)
            #expect(up.errors.contains("daemon.yaml:2:"), "\(up.errors)")
            #expect(up.errors.contains("daemon.yaml:3:"), "\(up.errors)")
        }
    }
}
