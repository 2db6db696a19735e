import FleetModel
import Foundation
import Testing

@testable import DaemonCore

@Suite("Control groups")
struct ControlGroupTests {
    /// A group for one test below the first hierarchy of version 2 that may be written; nil where there is none.
    private static func make() -> String? {
        for mount in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        where access(mount + "/cgroup.procs", W_OK) == 0 && access(mount + "/cgroup.controllers", F_OK) == 0 {
            let path = "\(mount)/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
            if mkdir(path, 0o755) == 0 { return path }
        }
        return nil
    }

    private static func isPermitted() -> Bool {
        guard let path = make() else { return false }
        defer { rmdir(path) }
        return ControlGroup(usable: path) != nil
    }

    private func groups(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix("mctl-") }
    }

    /// A process of the workload that has its own session, no variable that marks it, and no parent in its tree.
    private static let escape = """
        setsid env -i sh -c 'echo $$ >>escaped; trap "" TERM; while :; do sleep 0.05; done' &
        while [ ! -s escaped ]; do sleep 0.01; done
        while :; do sleep 0.05; done
        """

    @Test(
        "what was hidden while the keeper was killed is ended with its control group, and the group is removed",
        .enabled(if: isPermitted(), "no hierarchy of control groups (v2) may be written here"))
    func killedKeeper() async throws {
        let path = try #require(Self.make())
        defer { rmdir(path) }
        let shop = try Workshop(controlGroup: try #require(ControlGroup(usable: path)))
        try await shop.supervisor.begin([WorkloadSpec.shell("a", Self.escape)])
        let before = try await shop.until("a") { $0.status == .running && $0.pid != nil }
        let pid = try #require(before.pid)
        var escaped: Int32?
        while escaped == nil {
            escaped = (try? String(contentsOfFile: shop.path + "/escaped", encoding: .utf8))
                .flatMap { Int32($0.trimmingCharacters(in: .newlines)) }
            try await Task.sleep(for: .milliseconds(5))
        }
        let hidden = try #require(escaped)
        #expect(groups(in: path).count == 1)
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let keeper = try #require(stat.split(separator: ")").last?.split(separator: " ").dropFirst().first)
        kill(try #require(Int32(keeper)), SIGKILL)
        // A parent that is not the keeper any more: the new one is not told of its children.
        while try String(contentsOfFile: "/proc/\(hidden)/stat", encoding: .utf8).contains(") S \(keeper) ") {
            try await Task.sleep(for: .milliseconds(5))
        }
        _ = try await shop.supervisor.stop("a")
        #expect(!alive(pid))
        #expect(!alive(hidden))
        #expect(groups(in: path).isEmpty)
        await shop.close()
    }

    @Test(
        "with control groups or without, a workload starts, fails to start and stops alike, and no group is left",
        .enabled(if: isPermitted(), "no hierarchy of control groups (v2) may be written here"))
    func ordinary() async throws {
        let path = try #require(Self.make())
        defer { rmdir(path) }
        let shop = try Workshop(controlGroup: try #require(ControlGroup(usable: path)))
        var missing = WorkloadSpec(name: "missing", program: .command(["/no/such/program"]))
        missing.runMode = .nTimes
        var once = WorkloadSpec.shell("once", "cat /proc/self/cgroup")
        once.runMode = .nTimes
        try await shop.supervisor.begin([WorkloadSpec.shell("a", "exec sleep 1000"), missing, once])
        _ = try await shop.until("a") { $0.status == .running && $0.pid != nil }
        _ = try await shop.until("missing") { $0.status == .failed }
        _ = try await shop.until("once") { $0.status == .completed }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        #expect(shop.log("once").contains { $0.hasPrefix("0::/\(name)/mctl-") }, "\(shop.log("once"))")
        #expect(groups(in: path).count == 1)
        _ = try await shop.supervisor.stop("a")
        #expect(groups(in: path).isEmpty)
        await shop.close()
    }

    @Test(
        "an errand has a group of its own too, and nothing is left of either",
        .enabled(if: isPermitted(), "no hierarchy of control groups (v2) may be written here"))
    func errand() async throws {
        let path = try #require(Self.make())
        defer { rmdir(path) }
        let shop = try Workshop(controlGroup: try #require(ControlGroup(usable: path)))
        let plan = await shop.supervisor.plan(for: .shell("a", "true"), generation: 1)
        let script = "cat /proc/self/cgroup >group; setsid sleep 300 & exit 0"
        for _ in 0..<2 {
            let outcome = await shop.errands.run(["sh", "-c", script], for: "test", beside: plan, seconds: 60)
            #expect(outcome == .ended(.exited(0)))
            #expect(try String(contentsOfFile: shop.path + "/group", encoding: .utf8).contains("/mctl-\(plan.runID)"))
            #expect(groups(in: path).isEmpty)
            #expect(shop.processes.isEmpty)
        }
        await shop.close()
    }

    @Test("a folder that is no control group is not used")
    func noGroup() throws {
        #expect(ControlGroup(usable: "/tmp") == nil)
        #expect(ControlGroup.delegated(environment: ["MCTL_CGROUP": "/tmp"]) == nil)
        #expect(ControlGroup.delegated(environment: ["MCTL_CGROUP": ""]) == nil)
    }
}
