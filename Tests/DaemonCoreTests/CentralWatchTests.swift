import FleetModel
import Foundation
import Testing

@testable import DaemonCore

@Suite("The watch over the central, with a launcher that only notes")
struct CentralWatchTests {
    @Test("one that crashes waits longer each time, up to a minute; one that lived for a minute is forgiven")
    func pauses() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            var pauses: [Double] = []
            for _ in 0..<8 { pauses.append(try await bench.crash()) }
            #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60])
            bench.pass(61)
            #expect(try await bench.crash() == 1)
            #expect(await bench.watch.state?.restarts == 9)
        }
    }

    @Test("a failure that it tells of at its first start ends the beginning, and is not tried again")
    func failure() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { bench, plan in
                _ = CentralReport(runID: plan.runID, identity: "", failure: "no luck").write(to: bench.report)
                bench.tell(.ended(.exited(1)))
            }
            await #expect(throws: CentralWatch.Failed(description: "no luck")) { try await bench.begin() }
            #expect(bench.launched.count == 1)
            #expect(await bench.watch.state?.status == .stopped)
        }
    }

    @Test("one that cannot even be executed ends the beginning too")
    func noProgram() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { bench, _ in bench.tell(.failed("no such file")) }
            await #expect(throws: CentralWatch.Failed.self) { try await bench.begin() }
        }
    }

    @Test("a crash at its first start is no reason for the daemon not to begin")
    func crashAtFirst() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { bench, _ in bench.tell(.ended(.signalled(4))) }
            try await bench.begin()
            let state = try #require(await bench.watch.state)
            #expect(state.status == .backoff)
            #expect(state.lastError == "ended by signal 4 (SIGILL)")
        }
    }

    @Test("what another run has reported counts for nothing")
    func stale() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { bench, plan in
                _ = CentralReport(runID: "another", identity: bench.identity, port: 1).write(to: bench.report)
                bench.tell(.started(pid: 1000, keeper: nil))
            }
            async let begun: Void = bench.begin()
            let state = try await bench.until { $0.pid != nil }
            #expect(state.status == .starting)
            let plan = try #require(bench.launched.last)
            _ = CentralReport(runID: plan.runID, identity: bench.identity, port: 1).write(to: bench.report)
            _ = try await bench.until { $0.status == .running }
            try await begun
        }
    }

    @Test(
        "one that is found is taken over where it is the same, and replaced where it is not", arguments: [true, false])
    func found(isSame: Bool) async throws {
        try await WatchBench.with { bench in
            try bench.leave(identity: isSame ? bench.identity : "another")
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            let state = try await bench.until { $0.status == .running }
            #expect(bench.launched.count == (isSame ? 0 : 1))
            #expect(bench.stops == (isSame ? 0 : 1))
            #expect((state.pid == getpid()) == isSame)
        }
    }

    @Test("one that ends just while it is found is begun anew, and nobody waits for its end for ever")
    func endsWhileFound() async throws {
        try await WatchBench.with { bench in
            try bench.leave(identity: bench.identity)
            bench.whenRecovered { $0.tell(.ended(.signalled(9))) }
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            bench.pass(2)
            _ = try await bench.until { $0.status == .running && $0.pid == 1000 }
            #expect(bench.launched.count == 1)
        }
    }

    @Test("where the daemon fails, what it began ends and what it found is left", arguments: [true, false])
    func abandoned(isFound: Bool) async throws {
        try await WatchBench.with { bench in
            if isFound { try bench.leave(identity: bench.identity) }
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            _ = try await bench.until { $0.status == .running }
            await bench.watch.abandon()
            #expect(bench.stops == (isFound ? 0 : 1))
        }
    }

    @Test("nothing secret is among the arguments, and it gets all of the environment")
    func plan() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            let plan = try #require(bench.launched.last)
            #expect(plan.arguments == ["/bin/master-control", "central"])
            #expect(plan.context.own["MCTL_API_TOKEN"] == "secret")
            #expect(plan.context.own["MCTL_RUN_ID"] == plan.runID)
        }
    }
}
