import FleetModel
import Foundation
import Synchronization
import Testing

@testable import DaemonCore

/// Programs beside a run, such as probes: what they start ends with them, however they end.
@Suite("Errands and probes")
struct ErrandTests {
    /// Leaves two processes in sessions of their own, which end by no signal but KILL.
    private static let litter =
        "for i in 1 2; do setsid sh -c 'trap \"\" TERM HUP; sleep 300; sleep 300' & done; "
        + "while [ $(ls -d /proc/[0-9]*/cwd | xargs -n1 readlink 2>/dev/null | grep -cxF \"$PWD\") -lt 5 ]; do :; done; "

    private func plan(_ shop: Workshop) async -> LaunchPlan {
        await shop.supervisor.plan(for: .shell("a", "true"), generation: 1)
    }

    @Test(
        "what it started and left in another session ends with it, whether it succeeded, failed or took too long",
        arguments: [
            ("exit 0", .ended(.exited(0))), ("exit 3", .ended(.exited(3))), ("kill -9 $$", .ended(.signalled(9))),
            ("touch late; sleep 300", .tookTooLong),
        ] as [(String, ErrandOutcome)])
    func ends(last: String, expected: ErrandOutcome) async throws {
        let shop = try Workshop()
        let outcome = await shop.errands.run(
            ["sh", "-c", Self.litter + last], for: "test", beside: plan(shop),
            seconds: expected == .tookTooLong ? 3 : 100)
        #expect(outcome == expected)
        #expect(shop.processes == [])
        await shop.close()
    }

    @Test("it takes no longer than it may")
    func limit() async throws {
        let shop = try Workshop()
        let begun = ContinuousClock.now
        #expect(
            await shop.errands.run(["sleep", "300"], for: "test", beside: plan(shop), seconds: 0.2) == .tookTooLong)
        #expect(ContinuousClock.now - begun >= .milliseconds(200))
        #expect(ContinuousClock.now - begun < .seconds(60))
        #expect(shop.processes == [])
        await shop.close()
    }

    @Test("to be cancelled ends all of it")
    func cancelled() async throws {
        let shop = try Workshop()
        let plan = await plan(shop)
        let errand = Task {
            await shop.errands.run(
                ["sh", "-c", Self.litter + "touch there; sleep 300"], for: "test", beside: plan, seconds: 1000)
        }
        try await until { FileManager.default.fileExists(atPath: shop.path + "/there") }
        #expect(shop.processes.count >= 5)
        errand.cancel()
        _ = await errand.value
        try await until { shop.processes.isEmpty }
        await shop.close()
    }

    @Test("not even a keeper that is killed leaves the program behind")
    func killedKeeper() async throws {
        let shop = try Workshop()
        let plan = await plan(shop)
        let errand = Task {
            await shop.errands.run(
                ["sh", "-c", "echo $PPID >keeper.new; mv keeper.new keeper; exec sleep 300"], for: "test",
                beside: plan, seconds: 1000)
        }
        try await until { FileManager.default.fileExists(atPath: shop.path + "/keeper") }
        let text = try String(contentsOfFile: shop.path + "/keeper", encoding: .utf8)
        kill(try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
        #expect(await errand.value == .failed("its keeper ended without a word"))
        try await until { shop.processes.isEmpty }
        await shop.close()
    }

    @Test("what it prints goes nowhere, and a flood of it holds nobody up")
    func output() async throws {
        let shop = try Workshop()
        #expect(
            await shop.errands.run(
                ["sh", "-c", "seq 1 200000; seq 1 200000 >&2"], for: "t", beside: plan(shop), seconds: 100)
                == .ended(.exited(0)))
        #expect(shop.log("a") == [])
        await shop.close()
    }

    @Test("a stop ends the probe in flight, with all that it has started")
    func stopped() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "exec sleep 300")
        // The run itself is one of those who are counted.
        spec.ready = ReadinessProbe(check: .exec(["sh", "-c", Self.litter + "touch there; sleep 300"]))
        spec.ready?.timeout = 1000
        try await shop.supervisor.begin([spec])
        try await until { FileManager.default.fileExists(atPath: shop.path + "/there") }
        #expect(try await shop.supervisor.stop("a").success)
        try await until { shop.processes.isEmpty }
        await shop.close()
    }

    @Test("a probe that can't be started is told with its reason, once a run")
    func impossible() async throws {
        let told = Mutex<[String]>([])
        let shop = try Workshop { message in told.withLock { $0.append(message) } }
        var spec = WorkloadSpec.shell("a", "exec sleep 300")
        spec.ready = ReadinessProbe(check: .exec(["./check"]))
        spec.ready?.interval = 0.01
        spec.ready?.timeout = 0.5
        try await shop.supervisor.begin([spec])
        try await until { told.withLock { $0.contains { $0.contains("not ready in time") } } }
        #expect(
            told.withLock { $0.filter { $0.contains("probe") } } == [
                "the probe of a workload cannot be made: cannot start './check': no such file, neither here nor in PATH"
            ])
        await shop.close()
    }

    private func until(_ isSo: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while try !isSo() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
