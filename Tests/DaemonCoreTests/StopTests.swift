import CProcess
import FleetModel
import Foundation
import Testing

@testable import DaemonCore

/// Each process of a tree hears once that it has to end, and all of them have the whole `stop_timeout`.
@Suite("Stopping a tree")
struct StopTests {
    /// Says which signals it hears, and needs longer to put its things in order than those two seconds that were once
    /// given to what a leader leaves behind.
    private static let slow = """
        for s in TERM HUP USR1; do trap "echo heard $s; told=1" $s; done
        : >ready; until [ -n "$told" ]; do sleep 0.02; done
        i=0; while [ $i -lt 26 ]; do sleep 0.1; i=$((i+1)); done; echo flushed
        """

    /// - Parameter leader: what it does beside, with `$slow` as the child's program.
    private func spec(_ leader: String, stopTimeout: Double = 60) -> WorkloadSpec {
        var spec = WorkloadSpec(
            name: "a", program: .command(["sh", "-c", leader + "\n", "sh"]))
        spec.env = ["slow": Self.slow]
        spec.stopTimeout = stopTimeout
        spec.restartDelay = 0.05
        return spec
    }

    /// Without what the shell says of its own that a signal ended.
    private func said(_ shop: Workshop) -> [String] {
        shop.log("a").filter { $0.hasPrefix("heard") || $0 == "flushed" }
    }

    private func untilReady(_ shop: Workshop) async throws {
        _ = try await shop.until("a") { $0.pid != nil && FileManager.default.fileExists(atPath: shop.path + "/ready") }
    }

    @Test(
        "a child that outlives its leader has the whole time, and hears of it once",
        arguments: [(StopSignal.term, "TERM"), (.hup, "HUP"), (.usr1, "USR1")],
        ["sh -c \"$slow\" &", "setsid sh -c \"$slow\" &"])
    func leaderGoesFirst(signal: (StopSignal, String), child: String) async throws {
        let shop = try Workshop()
        var spec = spec("trap 'exit 0' TERM HUP USR1; \(child) wait")
        spec.stopSignal = signal.0
        try await shop.supervisor.begin([spec])
        try await untilReady(shop)
        #expect(try await shop.supervisor.stop("a").success)
        #expect(said(shop) == ["heard \(signal.1)", "flushed"])
        #expect(shop.processes.isEmpty)
        await shop.close()
    }

    @Test("a stop that is told again, because the connection broke, is one stop")
    func toldAgain() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([spec("trap : TERM; sh -c \"$slow\" & wait; wait; wait")])
        try await untilReady(shop)
        async let stopped = shop.supervisor.stop("a")
        _ = try await shop.until("a") { _ in said(shop) == ["heard TERM"] }
        // Whoever connects last is the daemon; the one that was cut off comes back, and says again what it wants.
        let descriptor = mcp_connect_in(shop.paths.runDirectory(of: "a"), "sock")
        #expect(descriptor >= 0)
        close(descriptor)
        #expect(try await stopped.success)
        #expect(said(shop) == ["heard TERM", "flushed"])
        await shop.close()
    }

    @Test(
        "what a leader leaves behind that ends by itself gets stop_signal and stop_timeout too",
        arguments: [true, false])
    func leaderEndsByItself(inSessionOfItsOwn: Bool) async throws {
        let shop = try Workshop()
        var spec = spec(
            "\(inSessionOfItsOwn ? "setsid " : "")sh -c \"$slow\" & until [ -e ready ]; do sleep 0.01; done; exit 3")
        spec.stopSignal = .hup
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        let done = try await shop.until("a") { $0.status == .failed }
        #expect(done.lastExitCode == 3)
        #expect(done.lastError == "exited with status 3")
        #expect(said(shop) == ["heard HUP", "flushed"])
        await shop.close()
    }

    @Test("a run that outlives its timeout is stopped like any other")
    func timeout() async throws {
        let shop = try Workshop()
        var spec = spec("trap 'exit 0' TERM; sh -c \"$slow\" & wait")
        spec.runMode = .nTimes
        spec.timeout = 1
        try await shop.supervisor.begin([spec])
        let done = try await shop.until("a") { $0.status == .failed }
        #expect(done.lastError?.contains("timeout") == true)
        // Where the machine is slow it was told before it could listen.
        #expect([["heard TERM", "flushed"], []].contains(said(shop)))
        await shop.close()
    }

    @Test("what is deaf is killed when the time is over, with the leader gone and not")
    func deaf() async throws {
        for leader in ["trap '' TERM;", "trap 'exit 0' TERM;"] {
            let shop = try Workshop()
            let child = "setsid sh -c 'trap \"\" TERM; : >ready; while :; do sleep 1; done' &"
            try await shop.supervisor.begin([spec("\(leader) \(child) while :; do wait; done", stopTimeout: 0.3)])
            try await untilReady(shop)
            #expect(try await shop.supervisor.stop("a").success)
            #expect(shop.processes.isEmpty)
            await shop.close()
        }
    }

    @Test("the end of what is left is noticed where its keeper is not its parent")
    func adopted() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([
            spec("trap 'exit 0' TERM; sh -c \"$slow\" & sh -c \"$slow\" & wait", stopTimeout: 100_000)
        ])
        try await untilReady(shop)
        let keeper = try #require(await shop.supervisor.entries["a"]?.run?.keeper)
        kill(keeper, SIGKILL)
        // It has another one, of which it is no child.
        _ = try await shop.until("a") { _ in
            let descriptor = mcp_connect_in(shop.paths.runDirectory(of: "a"), "sock")
            if descriptor >= 0 { close(descriptor) }
            return descriptor >= 0
        }
        #expect(try await shop.supervisor.stop("a").success)
        #expect(said(shop).filter { $0 == "flushed" }.count == 2)
        #expect(said(shop).filter { $0 == "heard TERM" }.count == 2)
        #expect(shop.processes.isEmpty)
        await shop.close()
    }
}
