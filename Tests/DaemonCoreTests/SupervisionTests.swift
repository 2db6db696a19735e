import DaemonCore
import FleetModel
import FoundationEssentials
import Testing

@Suite("Supervision of real processes")
struct SupervisionTests {
    @Test("a service runs, is stopped, and nothing of it is left")
    func startAndStop() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", "echo hello; sleep 60 & sleep 60")])
        let up = try await shop.until("a") { $0.status == .running && $0.pid != nil }
        let pid = try #require(up.pid)
        #expect(alive(pid))
        let answer = try await shop.supervisor.stop("a")
        #expect(answer.success)
        #expect(!alive(pid))
        #expect(shop.log("a") == ["hello"])
        #expect(try await shop.supervisor.status("a").workload.status == .stopped)
        await shop.close()
    }

    @Test("a service that fails is started again with the exit status known")
    func crash() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", "echo run; exit 3")])
        let again = try await shop.until("a") { $0.runCount >= 3 && $0.lastExitCode == 3 }
        #expect(again.lastExitCode == 3)
        #expect((again.restarts ?? 0) >= 2)
        await shop.close()
    }

    @Test("what cannot be started says why")
    func noSuchProgram() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec(name: "a", program: .command(["no-such-program-anywhere"]))
        spec.enabled = false
        try await shop.supervisor.begin([spec])
        let answer = try await shop.supervisor.start("a")
        #expect(!answer.success)
        #expect(answer.message.contains("no such file"), "\(answer.message)")
        await shop.close()
    }

    @Test("the next life takes over the same process, with its log and its run count")
    func takeover() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([
            .shell("a", "trap 'echo bye; exit 7' TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done")
        ])
        let first = try await shop.until("a") { $0.status == .running && shop.log("a").count > 3 }
        await shop.close(keepingWorkloads: true)
        let next = try Workshop(folder: shop.path, store: shop.store)
        try await next.supervisor.begin([
            .shell("a", "trap 'echo bye; exit 7' TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done")
        ])
        let second = try await next.until("a") { $0.status == .running }
        #expect(second.pid == first.pid)
        #expect(second.runCount == first.runCount)
        #expect(second.lastStarted == first.lastStarted)
        _ = try await next.supervisor.stop("a")
        #expect(try await next.supervisor.status("a").workload.lastExitCode == 7)
        // The shell itself says that its `sleep` was terminated.
        let lines = next.log("a", last: 10_000).filter { $0 != "Terminated" }
        #expect(lines.last == "bye")
        #expect(lines.dropLast() == (1..<lines.count).map(String.init)[...])
        await next.close()
    }

    @Test("an end that nobody saw is known to the next life")
    func endedInBetween() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "while [ ! -e go ]; do sleep 0.01; done; exit 5")
        spec.restartDelay = 60
        try await shop.supervisor.begin([spec])
        let up = try await shop.until("a") { $0.status == .running && $0.pid != nil }
        let pid = try #require(up.pid)
        await shop.close(keepingWorkloads: true)
        try "".write(toFile: shop.path + "/go", atomically: false, encoding: .utf8)
        while alive(pid) { try await Task.sleep(for: .milliseconds(2)) }
        let next = try Workshop(folder: shop.path, store: shop.store)
        try await next.supervisor.begin([spec])
        let after = try await next.until("a") { $0.lastExitCode == 5 }
        #expect(after.runCount == 1 || after.pid != pid)
        await next.close()
    }

    @Test("a Python function gets its parameters, and its last words are the error")
    func module() async throws {
        let shop = try Workshop()
        try """
        async def run(greeting):
            print(greeting)
            raise MemoryError("too much")
        """.write(toFile: shop.path + "/agent.py", atomically: false, encoding: .utf8)
        var spec = WorkloadSpec(
            name: "a",
            program: .module("agent", entryPoint: "run", params: ["greeting": .string("good day")], python: "python3"))
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        let after = try await shop.until("a") { $0.status == .failed }
        #expect(after.lastError == "MemoryError: too much")
        #expect(shop.log("a").first == "good day")
        await shop.close()
    }
}
