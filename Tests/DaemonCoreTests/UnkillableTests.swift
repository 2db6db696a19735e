import FleetModel
import Foundation
import Synchronization
import Testing

@testable import DaemonCore

/// A process that does not end when it is killed: one in a frozen group of the first version of control groups.
@Suite("What cannot be killed", .enabled(if: Freezer.isUsable, "takes root and the freezer of control groups v1"))
struct UnkillableTests {
    @Test("a keeper waits for it without work, says so, and sees its end at once")
    func run() async throws {
        let told = Mutex<[String]>([])
        let shop = try Workshop { message in told.withLock { $0.append(message) } }
        var spec = WorkloadSpec.shell("a", "sleep 300 & exec sleep 300")
        spec.stopTimeout = 0.1
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.pid != nil && shop.processes.count == 2 }
        let keeper = try #require(await shop.supervisor.entries["a"]?.run?.keeper)
        let freezer = try Freezer()
        try freezer.freeze(shop.processes)
        let (before, processes) = (Reads.made(by: keeper), Reads.processes)
        async let stopped = shop.supervisor.stop("a")
        _ = try await shop.until("a") { _ in told.withLock { $0.contains { $0.contains("although they were killed") } }
        }
        // Ten seconds were 400 walks over /proc once; each is a read a process, and others come and go meanwhile.
        #expect(Reads.made(by: keeper) - before < 20 * max(processes, Reads.processes))
        #expect(shop.processes.count == 2)
        try freezer.thaw()
        #expect(try await stopped.success)
        #expect(shop.processes.isEmpty)
        freezer.remove()
        await shop.close()
    }

    @Test("so does the keeper of a probe, which answers in time")
    func errand() async throws {
        let shop = try Workshop()
        let plan = await shop.supervisor.plan(for: .shell("a", "true"), generation: 1)
        let freezer = try Freezer()
        // It ends when it is let go, and leaves one behind that is frozen.
        let script = "sleep 300 & echo $PPID $! >said.new; mv said.new said; until [ -e go ]; do sleep 0.01; done"
        async let outcome = shop.errands.run(["sh", "-c", script], for: "test", beside: plan, seconds: 1000)
        let said = try await until { try? String(contentsOfFile: shop.path + "/said", encoding: .utf8) }
        let pids = said.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        try #require(pids.count == 2)
        let pid = pids[0]
        try freezer.freeze([pids[1]])
        FileManager.default.createFile(atPath: shop.path + "/go", contents: nil)
        let (before, processes) = (Reads.made(by: pid), Reads.processes)
        #expect(await outcome == .ended(.exited(0)))
        // Five seconds were 100 walks.
        #expect(Reads.made(by: pid) - before < 20 * max(processes, Reads.processes))
        #expect(alive(pid))
        try freezer.thaw()
        _ = try await until { alive(pid) ? nil : true }
        #expect(shop.processes.isEmpty)
        freezer.remove()
        await shop.close()
    }

    private func until<Value>(_ look: () throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            if let value = try look() { return value }
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// What a process has read: each look at another process is one read.
private enum Reads {
    static func made(by pid: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("syscr:") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    static var processes: Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }.count
    }
}

private final class Freezer: Sendable {
    private static let root = "/sys/fs/cgroup/freezer"
    static let isUsable = access("\(root)/cgroup.procs", W_OK) == 0

    private let path: String

    init() throws {
        path = "\(Self.root)/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    func freeze(_ pids: [Int32]) throws {
        for pid in pids { try write("\(pid)", to: "cgroup.procs") }
        try write("FROZEN", to: "freezer.state")
        // It says FREEZING for as long as one of them has not come to rest.
        while try String(contentsOfFile: path + "/freezer.state", encoding: .utf8) != "FROZEN\n" { sched_yield() }
    }

    func thaw() throws { try write("THAWED", to: "freezer.state") }

    func remove() { rmdir(path) }

    deinit {
        // Where the test gave up in between.
        try? Data("THAWED".utf8).write(to: URL(fileURLWithPath: path + "/freezer.state"))
        remove()
    }

    private func write(_ text: String, to file: String) throws {
        let descriptor = open("\(path)/\(file)", O_WRONLY)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
    }
}
