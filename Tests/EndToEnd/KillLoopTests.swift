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

    /// What was decided by hand, or is over, before anything goes wrong: it must be so to the end.
    private static let lasting = [
        "held": counter("held", "tags: [by-hand]"),
        "once": "name: once\ncommand: [sh, -c, \"echo $$ 1\"]\nrun_mode: n_times\nmax_runs: 1\nlog_max_mb: 100\n",
    ]

    @Test("no process is lost or there twice, and no line is missing, whatever it was doing when it died")
    func killLoop() async throws {
        try await withHost { host in
            let names = ["a", "b", "c"]
            for name in names { try host.write(Self.counter(name), to: "configs/\(name).yaml") }
            for (name, text) in Self.lasting { try host.write(text, to: "configs/\(name).yaml") }
            try host.write(Self.crasher, to: "configs/crasher.yaml")
            let clock = try SetClock(in: host.folder)
            try await host.up(environment: clock.environment)
            _ = try await host.until("once", "is over") { $0.status == .completed }
            _ = try await host.run("stop", "held")
            let before = try await Self.lastingState(host)

            var files = FilesThatBreak(folder: host.folder + "/configs")
            for round in 0..<Self.rounds {
                let name = names.randomElement() ?? "a"
                if round % 2 == 0 { try clock.set(Double.random(in: -100_000...100_000)) }
                // Something is under way when the end comes.
                let busy = Task {
                    switch round % 4 {
                    case 0: _ = try? await host.run("restart", name)
                    case 1: _ = try? await host.run("stop", name)
                    case 2: _ = try? await host.run("start", name)
                    default: _ = try? await host.run("reload")
                    }
                }
                // What a file says, whether it can be read and whether it is there change at any moment, too.
                if round % 3 == 0 {
                    try files.mend()
                    try host.write(
                        Self.counter(name, "tags: [r\(round)]\ntimeout: \(1000 + round)"), to: "configs/\(name).yaml")
                } else {
                    try files.damage(round, names: names)
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<120)))
                try await host.killDaemon()
                await busy.value
                try await host.up(environment: clock.environment)
            }
            try files.mend()
            #expect(try await host.run("reload").status == 0)
            for name in names { _ = try await host.run("start", name) }
            for name in names {
                _ = try await host.until(name, "runs") { $0.status == .running && $0.pid != nil }
            }
            #expect(try await Self.lastingState(host) == before)
            try await onlyTheirProcesses(host, names: names)
            for name in names + ["crasher"] { _ = try await host.run("stop", name) }
            #expect(Self.workloadProcesses(in: host.folder).isEmpty)
            for name in names + ["crasher", "held", "once"] { complete(log: host.read("logs/\(name).log"), of: name) }
        }
    }

    /// `name: status, runs` of what no round touches by its name.
    private static func lastingState(_ host: TestHost) async throws -> [String] {
        try await host.workloads().filter { lasting[$0.name] != nil }.map { "\($0.name): \($0.status), \($0.runCount)" }
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

/// Configuration that goes wrong in the ways that it does: a word is misspelt, a file is emptied or gone, the folder is.
private struct FilesThatBreak {
    let folder: String
    /// What the files said before.
    private var texts: [String: String] = [:]

    init(folder: String) { self.folder = folder }

    mutating func damage(_ round: Int, names: [String]) throws {
        // Those that are stopped by hand or over are damaged and not removed: then they would rightly be forgotten.
        let name = round % 2 == 0 ? names[round % names.count] : ["held", "once"][round / 2 % 2]
        let path = "\(folder)/\(name).yaml"
        guard texts[name] == nil, let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
        texts[name] = text
        switch round % 5 {
        case 0: try write(text.replacingOccurrences(of: "command", with: "comand"), path)
        case 1: try write("", path)
        case 2: try write("\(text)\n  odd: [", path)
        case 3 where names.contains(name): try FileManager.default.removeItem(atPath: path)
        default:
            texts[name] = nil
            if rename(folder, folder + ".gone") != 0 { throw POSIXError(.EIO) }
        }
    }

    mutating func mend() throws {
        if FileManager.default.fileExists(atPath: folder + ".gone") {
            try? FileManager.default.removeItem(atPath: folder)
            if rename(folder + ".gone", folder) != 0 { throw POSIXError(.EIO) }
        }
        for (name, text) in texts { try write(text, "\(folder)/\(name).yaml") }
        texts = [:]
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
