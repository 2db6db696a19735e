import CentralServer
import FleetModel
import Testing

@Suite("The gate of health")
struct HealthGateTests {
    private static func app(
        _ status: WorkloadStatus, restarts: Int = 0, release: String? = "2.0", name: String = "app",
        ready: Bool? = nil
    ) -> Workload {
        var workload = Workload(name: name, type: .service, runMode: .forever, status: status)
        workload.restarts = restarts
        workload.release = release
        workload.ready = ready
        return workload
    }

    private static func gate(names: Set<String> = []) -> HealthGate {
        HealthGate(version: "2.0", minHealthy: 10, deadline: 60, names: names)
    }

    @Test("healthy for long enough on end, by a look at the beginning and one at the end")
    func healthy() {
        var gate = Self.gate()
        #expect(gate.observe(.answer(deployedVersion: "2.0", [Self.app(.running)]), at: 1) == .look(at: 11))
        #expect(gate.observe(.report(deployedVersion: "2.0", [Self.app(.running)]), at: 5) == .look(at: 11))
        #expect(gate.observe(.answer(deployedVersion: "2.0", [Self.app(.running)]), at: 11) == .healthy)
    }

    @Test("a crash in between begins it anew, told by a report or found in the count of restarts")
    func crash() {
        var gate = Self.gate()
        _ = gate.observe(.answer(deployedVersion: "2.0", [Self.app(.running)]), at: 0)
        #expect(gate.observe(.report(deployedVersion: "2.0", [Self.app(.backoff)]), at: 5) == .look(at: 5))
        #expect(
            gate.observe(.answer(deployedVersion: "2.0", [Self.app(.running, restarts: 1)]), at: 6) == .look(at: 16))
        #expect(
            gate.observe(.answer(deployedVersion: "2.0", [Self.app(.running, restarts: 2)]), at: 16) == .look(at: 26))
        #expect(gate.observe(.answer(deployedVersion: "2.0", [Self.app(.running, restarts: 2)]), at: 26) == .healthy)
    }

    @Test(
        "what is not healthy is looked at again, and has failed as soon as the time that is left is too short",
        arguments: [
            (HealthGate.Observation.silence("no route"), "no route"),
            (.answer(deployedVersion: "1.0", []), "release 1.0"), (.answer(deployedVersion: nil, []), "release none"),
            (.answer(deployedVersion: "2.0", [app(.backoff)]), "in backoff"),
            (.answer(deployedVersion: "2.0", [app(.starting)]), "starting"),
            (.answer(deployedVersion: "2.0", [app(.running, ready: false)]), "not ready"),
        ])
    func trouble(observation: HealthGate.Observation, words: String) {
        var gate = Self.gate()
        #expect(gate.observe(observation, at: 3) == .look(at: 4))
        #expect(gate.observe(observation, at: 49.5) == .look(at: 50))
        guard case .failed(let reason) = gate.observe(observation, at: 50) else {
            Issue.record("it has not failed")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }

    @Test("the longer nothing is well, the longer are the pauses between two looks (R9)")
    func pauses() {
        var gate = HealthGate(version: "2.0", minHealthy: 10, deadline: 1000)
        var (now, times, shortest) = (0.0, [Double](), [Double]())
        for _ in 0..<6 {
            guard case .look(let next) = gate.observe(.silence("no route"), at: now) else { break }
            times.append(next - now)
            shortest.append(gate.shortestPause)
            now = next
        }
        #expect(times == [1, 2, 4, 8, 8, 8])
        #expect(shortest == [0.1, 0.2, 0.4, 0.8, 1.6, 1.6])
        _ = gate.observe(.answer(deployedVersion: "2.0", []), at: now)
        #expect(gate.observe(.silence("no route"), at: now) == .look(at: now + 1))
    }

    @Test(
        "what is run again and again is well as long as its runs are, however close together they are (R11)",
        arguments: [RunMode.nTimes, .schedule])
    func repeatedRuns(mode: RunMode) {
        func run(_ status: WorkloadStatus, exit: Int32? = 0, count: Int) -> [Workload] {
            var workload = Workload(name: "app", type: .agent, runMode: mode, status: status, runCount: count)
            workload.release = "2.0"
            workload.lastExitCode = exit
            return [workload]
        }
        var gate = Self.gate()
        #expect(
            gate.observe(.answer(deployedVersion: "2.0", run(.running, exit: nil, count: 1)), at: 0) == .look(at: 10))
        for count in 1...9 {
            let now = Double(count)
            for status in [WorkloadStatus.scheduled, .starting, .running] {
                #expect(
                    gate.observe(.report(deployedVersion: "2.0", run(status, count: count)), at: now) == .look(at: 10))
            }
        }
        #expect(gate.observe(.answer(deployedVersion: "2.0", run(.starting, count: 10)), at: 10) == .healthy)
        // One that fails begins the time anew, and so does one that has not ended well yet.
        for odd in [
            run(.backoff, exit: 1, count: 3), run(.starting, exit: 1, count: 3), run(.starting, exit: nil, count: 1),
        ] {
            var gate = Self.gate()
            _ = gate.observe(.answer(deployedVersion: "2.0", run(.running, count: 1)), at: 0)
            #expect(gate.observe(.report(deployedVersion: "2.0", odd), at: 5) == .look(at: 5))
        }
    }

    @Test("one that has failed for good is not waited for")
    func failed() {
        var gate = Self.gate()
        guard case .failed(let reason) = gate.observe(.answer(deployedVersion: "2.0", [Self.app(.failed)]), at: 0)
        else {
            Issue.record("it has not failed")
            return
        }
        #expect(reason.contains("'app' is failed"))
    }

    @Test("only workloads of the release count; a client that does not say which those are is helped by names")
    func others() {
        var gate = Self.gate()
        let mine = Self.app(.failed, release: nil, name: "own")
        let old = Self.app(.failed, release: "1.0")
        #expect(gate.observe(.answer(deployedVersion: "2.0", [mine, old]), at: 0) == .look(at: 10))
        var named = Self.gate(names: ["own"])
        guard case .failed = named.observe(.answer(deployedVersion: "2.0", [mine]), at: 0) else {
            Issue.record("it has not failed")
            return
        }
    }
}
