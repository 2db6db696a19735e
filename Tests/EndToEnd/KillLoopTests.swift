import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("The daemon is killed again and again")
struct KillLoopTests {
    /// `make soak` sets it to a hundred.
    static let rounds = ProcessInfo.processInfo.environment["MCTL_SOAK_ROUNDS"].flatMap { Int($0) } ?? 5

    /// Each run says who it is and counts; what it says must be in the log without a gap.
    private static func counter(_ name: String, _ more: String = "") -> String {
        """
        name: \(name)
        command: [sh, -c, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo $$ $i; sleep 0.01; done"]
        restart_delay: 0.05
        stop_timeout: 2
        log_max_mb: 100
        \(more)

        """
    }

    private static let crasher = """
        name: crasher
        command: [sh, -c, "echo $$ 1; echo $$ 2; exit 1"]
        restart_delay: 0.05
        log_max_mb: 100
        """

    @Test("no process is lost or there twice, and no line is missing, whatever it was doing when it died")
    func killLoop() async throws {
        try await withHost { host in
            let names = ["a", "b", "c"]
            for name in names { try host.write(Self.counter(name), to: "configs/\(name).yaml") }
            try host.write(Self.crasher, to: "configs/crasher.yaml")
            try await host.up()
            for round in 0..<Self.rounds {
                let name = names.randomElement() ?? "a"
                // Something is under way when the end comes.
                let busy = Task {
                    switch round % 4 {
                    case 0: _ = try? await host.run("restart", name)
                    case 1: _ = try? await host.run("stop", name)
                    case 2: _ = try? await host.run("start", name)
                    default:
                        try? host.write(
                            Self.counter(name, "tags: [r\(round)]\ntimeout: \(1000 + round)"),
                            to: "configs/\(name).yaml")
                        _ = try? await host.run("reload")
                    }
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<120)))
                try await host.killDaemon()
                await busy.value
                try await host.up()
            }
            for name in names { _ = try await host.run("start", name) }
            for name in names {
                _ = try await host.until(name, "runs") { $0.status == .running && $0.pid != nil }
            }
            try await onlyTheirProcesses(host, names: names)
            for name in names + ["crasher"] { _ = try await host.run("stop", name) }
            #expect(Self.workloadProcesses(in: host.folder).isEmpty)
            for name in names + ["crasher"] { complete(log: host.read("logs/\(name).log"), of: name) }
        }
    }

    /// Each counter is there once, and is the one the daemon knows.
    private func onlyTheirProcesses(_ host: TestHost, names: [String]) async throws {
        _ = try await host.run("stop", "crasher")
        var known: Set<Int32> = []
        for name in names { if let pid = try await host.workload(name)?.pid { known.insert(pid) } }
        #expect(known.count == names.count)
        // Their `sleep` comes and goes; whatever else has no workload as its parent is one too many.
        // One that ended since it was listed has no parent any more.
        let others = Self.workloadProcesses(in: host.folder).filter {
            let parent = Self.parent(of: $0)
            return parent != 0 && !known.contains(parent)
        }
        #expect(Set(others) == known)
    }

    private func complete(log: String, of name: String) {
        var last: [Substring: Int] = [:]
        for line in log.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let number = Int(words[1]) else {
                // A shell that is ended while its `sleep` runs says so.
                #expect(line == "Terminated", "\(name): \(line)")
                continue
            }
            #expect(number == (last[words[0]] ?? 0) + 1, "\(name): after \(last[words[0]] ?? 0) comes \(line)")
            last[words[0]] = number
        }
        #expect(!last.isEmpty)
    }

    /// What runs in a host's folder, but for the daemon and the keepers, which have folders of their own or other names.
    private static func workloadProcesses(in folder: String) -> [Int32] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        return pids.filter { pid in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == folder
                && !["master-control", "mc-keeper"].contains(name(of: pid))
        }
    }

    private static func parent(of pid: Int32) -> Int32 {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return stat.split(separator: ")").last?.split(separator: " ").dropFirst().first.flatMap { Int32($0) } ?? 0
    }

    private static func name(of pid: Int32) -> String {
        ((try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
    }
}
