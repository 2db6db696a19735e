import FleetClient
import FleetModel
import Foundation
import Testing

@testable import DaemonCore

/// Workloads as nobody wishes them, under real keepers.
@Suite("A zoo of workloads")
struct ZooTests {
    @Test("one that ignores TERM is killed after its stop_timeout")
    func ignoresTerm() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "trap '' TERM; echo ready; while :; do sleep 1; done")
        spec.stopTimeout = 0.3
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.status == .running && shop.log("a") == ["ready"] }
        #expect(try await shop.supervisor.stop("a").success)
        #expect(try await shop.supervisor.status("a").workload.lastSignal == "KILL")
        #expect(shop.processes.isEmpty)
        await shop.close()
    }

    @Test("twenty that ignore TERM are ended side by side")
    func sideBySide() async throws {
        let shop = try Workshop()
        let specs = (0..<20).map { number in
            var spec = WorkloadSpec.shell("w\(number)", "trap '' TERM; echo ready; while :; do sleep 1; done")
            spec.stopTimeout = 1
            return spec
        }
        try await shop.supervisor.begin(specs)
        for spec in specs { _ = try await shop.until(spec.name) { _ in shop.log(spec.name) == ["ready"] } }
        await shop.close(keepingWorkloads: false)
        // One after the other they would have taken twenty seconds, and each waits at most for its own second.
        let records = try shop.store.records()
        let stops = records.compactMap(\.lastStopped)
        #expect(stops.count == 20)
        let spread = (stops.max() ?? stops[0]).seconds(since: stops.min() ?? stops[0])
        #expect(spread < 10)
        #expect(records.allSatisfy { $0.lastSignal == "KILL" && $0.wantedUp })
    }

    @Test("nothing of a tree is left that forked twice and made sessions of its own")
    func doubleFork() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([
            .shell("a", "(setsid sh -c 'setsid sleep 300 & setsid sleep 300 & wait' &) ; echo ready; sleep 300")
        ])
        _ = try await shop.until("a") { _ in shop.log("a") == ["ready"] && shop.processes.count >= 4 }
        #expect(try await shop.supervisor.stop("a").success)
        #expect(shop.processes.isEmpty)
        await shop.close()
    }

    @Test("what a run leaves behind is ended before the next one begins")
    func leftovers() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "setsid sh -c 'trap \"\" TERM; exec sleep 300' & exit 0")
        spec.runMode = .nTimes
        spec.maxRuns = 2
        spec.restartDelay = 0
        spec.stopTimeout = 0.2
        try await shop.supervisor.begin([spec])
        let done = try await shop.until("a") { $0.status == .completed }
        #expect(done.runCount == 2)
        #expect(shop.processes.isEmpty)
        await shop.close()
    }

    @Test("a flood of output stays within its files, and the last lines are right")
    func flood() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "seq 1 3000000")
        spec.runMode = .nTimes
        spec.logMaxMB = 1
        spec.logKeep = 2
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.status == .completed }
        #expect(shop.log("a", last: 3) == ["2999998", "2999999", "3000000"])
        #expect(shop.log("a", last: 10_000) == (2_990_001...3_000_000).map(String.init))
        for (file, most) in [("a.log", 1), ("a.log.1", 1), ("a.log.2", 1), ("a.log.3", 0)] {
            let size = (try? FileManager.default.attributesOfItem(atPath: "\(shop.path)/\(file)")[.size]) as? Int ?? 0
            #expect(size <= most << 20, "\(file)")
        }
        await shop.close()
    }

    @Test("an endless line and bytes that are no text do no harm")
    func strangeOutput() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell(
            "a", "head -c 3000000 /dev/zero | tr '\\0' x; echo; head -c 100000 /dev/urandom; echo; echo end")
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.status == .completed }
        #expect(shop.log("a", last: 1) == ["end"])
        await shop.close()
    }

    @Test("one that ends exactly while it is stopped is stopped, every time")
    func endsWhileStopped() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "sleep 0.01")
        spec.restartDelay = 0
        try await shop.supervisor.begin([spec])
        for round in 0..<15 {
            try await Task.sleep(for: .milliseconds(7 + round % 5))
            _ = try await shop.supervisor.stop("a")
            let after = try await shop.supervisor.status("a").workload
            #expect(after.status == .stopped)
            #expect(after.pid == nil)
            #expect(shop.processes.isEmpty)
            _ = try await shop.supervisor.start("a")
        }
        await shop.close()
    }

    @Test("stopped and started thirty times in a row, each time it is a new one and the only one")
    func manyTimes() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", "exec sleep 300")])
        var pids = Set<Int32>()
        for _ in 0..<30 {
            let up = try await shop.until("a") { $0.status == .running && $0.pid != nil }
            pids.insert(up.pid ?? 0)
            #expect(try await shop.supervisor.stop("a").success)
            #expect(try await shop.supervisor.start("a").success)
        }
        #expect(pids.count == 30)
        #expect(shop.processes.count == 1)
        await shop.close()
    }

    @Test(
        "what can't be started says why",
        arguments: [
            (["./not-executable"], "permission denied"), (["/no/such/file"], "no such file"),
            (["./no-format"], "not a program"),
        ] as [([String], String)])
    func cannotStart(command: [String], reason: String) async throws {
        let shop = try Workshop()
        try "x".write(toFile: shop.path + "/not-executable", atomically: false, encoding: .utf8)
        try "garbage".write(toFile: shop.path + "/no-format", atomically: false, encoding: .utf8)
        chmod(shop.path + "/no-format", 0o755)
        var spec = WorkloadSpec(name: "a", program: .command(command))
        spec.enabled = false
        try await shop.supervisor.begin([spec])
        let answer = try await shop.supervisor.start("a")
        #expect(!answer.success)
        #expect(answer.message.contains(reason), "\(answer.message)")
        await shop.close()
    }

    @Test("an unknown user and a working directory that is not there say so")
    func noUser() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "true")
        spec.user = "nobody-of-that-name"
        var other = WorkloadSpec.shell("b", "true")
        other.workingDir = "not-there"
        spec.enabled = false
        other.enabled = false
        try await shop.supervisor.begin([spec, other])
        #expect(try await shop.supervisor.start("a").message.contains("there is no user"))
        #expect(try await shop.supervisor.start("b").message.contains("working directory"))
        await shop.close()
    }

    @Test("what is no file in the place of a log is not written to, and holds nobody up", arguments: ["FIFO", "link"])
    func strangeLog(kind: String) async throws {
        let shop = try Workshop()
        let path = shop.paths.log(of: "a")
        if kind == "FIFO" { mkfifo(path, 0o666) } else { symlink(shop.path + "/other", path) }
        try await shop.supervisor.begin([.shell("a", "echo hello; exec sleep 300")])
        let up = try await shop.until("a") { $0.lastError?.contains("its log cannot be written") == true }
        #expect(up.status == .running)
        #expect(!FileManager.default.fileExists(atPath: shop.path + "/other"))
        #expect(try await shop.supervisor.stop("a").success)
        await shop.close()
    }

    @Test("a run that outlives its timeout is stopped")
    func timeout() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "sleep 300")
        spec.runMode = .nTimes
        spec.timeout = 0.2
        try await shop.supervisor.begin([spec])
        let after = try await shop.until("a") { $0.status == .failed }
        #expect(after.lastError?.contains("timeout") == true)
        await shop.close()
    }

    @Test("priority and memory limit are there before the program starts")
    func limits() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "nice; ulimit -v")
        spec.runMode = .nTimes
        spec.cpuNice = 7
        spec.memoryLimitMB = 300
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.status == .completed }
        #expect(shop.log("a") == ["7", "307200"])
        await shop.close()
    }

    @Test("a keeper that is killed costs no line and no process: a new one takes its place")
    func killedKeeper() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([
            .shell("a", "setsid sleep 300 & i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done")
        ])
        let up = try await shop.until("a") { $0.status == .running && shop.log("a").count > 5 }
        let pid = try #require(up.pid)
        let keeper = try #require(await shop.supervisor.entries["a"]?.run?.keeper)
        kill(keeper, SIGKILL)
        // Each line is its own number.
        let seen = try #require(shop.log("a", last: 1).first.flatMap { Int($0) })
        _ = try await shop.until("a") { _ in (shop.log("a", last: 1).first.flatMap { Int($0) } ?? 0) > seen + 20 }
        let after = try await shop.supervisor.status("a").workload
        #expect(after.pid == pid)
        #expect(after.runCount == 1)
        #expect(try await shop.supervisor.stop("a").success)
        #expect(!alive(pid))
        let lines = shop.log("a", last: 10_000).compactMap { Int($0) }
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $1 == $0 + 1 })
        #expect(try await shop.until("a") { $0.status == .stopped }.lastExitCode == nil)
        #expect(shop.processes.isEmpty)
        await shop.close()
    }

    @Test("a stop that is asked for just as the keeper is killed is not lost with it")
    func stopMeetsKilledKeeper() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", "exec sleep 1000")])
        for _ in 0..<10 {
            let up = try await shop.until("a") { $0.status == .running && $0.pid != nil }
            kill(try #require(await shop.supervisor.entries["a"]?.run?.keeper), SIGKILL)
            #expect(try await shop.supervisor.stop("a").success)
            #expect(!alive(try #require(up.pid)))
            _ = try await shop.supervisor.start("a")
        }
        await shop.close()
    }

    @Test("memory and CPU are those of the whole tree")
    func usage() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", "sleep 300 & sleep 300 & while :; do :; done")])
        _ = try await shop.until("a") { $0.status == .running && shop.processes.count == 3 }
        let busy = try await shop.until("a") { ($0.cpuPercent ?? 0) > 1 }
        #expect((busy.rssMB ?? 0) > 0.5)
        await shop.close()
    }

    @Test("what waits for another begins when that is ready, in whatever order the files come")
    func dependencies() async throws {
        let shop = try Workshop()
        var last = WorkloadSpec.shell("a-last", "cat first; sleep 300")
        last.dependsOn = ["z-first", "m-second"]
        var second = WorkloadSpec.shell("m-second", "sleep 300")
        second.dependsOn = ["z-first"]
        var first = WorkloadSpec.shell("z-first", "sleep 0.1; echo done > first")
        first.runMode = .nTimes
        try await shop.supervisor.begin([last, second, first])
        #expect(try await shop.supervisor.status("a-last").workload.lastError == "waits for 'z-first'")
        _ = try await shop.until("a-last") { _ in shop.log("a-last") == ["done"] }
        await shop.close()
    }

    @Test("a probe says when a service is ready, whether it is a program, a port or a URL")
    func readiness() async throws {
        let shop = try Workshop()
        // It says its port in its log, which lies in the same folder.
        var web = WorkloadSpec(
            name: "web", program: .command(["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]))
        web.stopTimeout = 1
        web.ready = ReadinessProbe(check: .exec(["grep", "-q", " port ", "web.log"]))
        web.ready?.interval = 0.05
        var user = WorkloadSpec.shell("user", "sed -n 's/.* port \\([0-9]*\\) .*/\\1/p' web.log; sleep 300")
        user.dependsOn = ["web"]
        try await shop.supervisor.begin([user, web])
        _ = try await shop.until("user") { _ in shop.log("user").count == 1 }
        let port = try #require(shop.log("user").first.flatMap { Int($0) })
        let checker = SystemReadinessChecker(http: HTTPProbe(Workshop.http), errands: shop.errands)
        let plan = await shop.supervisor.plan(for: web, generation: 1)
        func look(_ check: ReadinessProbe.Check) async -> Readiness {
            await checker.look(check, plan: plan, seconds: 30)
        }
        #expect(await look(.tcp(host: "127.0.0.1", port: port)) == .ready)
        #expect(await look(.http("http://127.0.0.1:\(port)/")) == .ready)
        #expect(await look(.http("http://127.0.0.1:\(port)/nothing-there")) == .notYet)
        #expect(await look(.exec(["true"])) == .ready)
        #expect(await look(.exec(["false"])) == .notYet)
        guard case .impossible(let reason) = await look(.exec(["/no/such/program"])) else {
            Issue.record("a probe that is not there is told")
            return
        }
        #expect(reason.contains("no such file"))
        _ = try await shop.supervisor.stop("web")
        #expect(await look(.tcp(host: "127.0.0.1", port: port)) == .notYet)
        await shop.close()
    }
}
