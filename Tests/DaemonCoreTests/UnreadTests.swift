import FleetConfig
import FleetModel
import Foundation
import Testing

@testable import DaemonCore

@Suite("What cannot be read was not removed")
struct UnreadTests {
    /// A configuration directory and a daemon with a real reader, a real database and real processes.
    fileprivate final class House {
        let shop: Workshop
        var configs: String { shop.path + "/configs" }

        init(after other: House? = nil) throws {
            let folder = other?.shop.path ?? "/tmp/mctl-unread-\(UInt32.random(in: .min ... .max))"
            if other == nil {
                try FileManager.default.createDirectory(atPath: folder + "/configs", withIntermediateDirectories: true)
            }
            shop = try Workshop(folder: folder, store: SQLiteStateStore(path: folder + "/s.db"))
        }

        func write(_ text: String, to name: String) throws {
            try text.write(toFile: configs + "/" + name, atomically: true, encoding: .utf8)
        }

        var reading: WorkloadReading {
            ConfigurationReader(environment: [:]).workloads(in: [WorkloadDirectory(path: configs)])
        }

        /// The next life of the daemon, with the files as they are now.
        func next() async throws -> House {
            await shop.close(keepingWorkloads: true)
            let house = try House(after: self)
            try await house.shop.supervisor.begin(house.reading)
            return house
        }

        func reload() async -> ReloadChanges {
            let reading = reading
            #expect(reading.issues == [])
            return await shop.supervisor.replace(with: reading.specs, in: reading.files)
        }
    }

    private static func sleeper(_ name: String, _ more: String = "") -> String {
        "name: \(name)\ncommand: [sleep, '1000']\nrestart_delay: 0.05\nstop_timeout: 1\n\(more)"
    }

    /// How each of the files of `a`, `h`, `once` and of `b`, which depends on `a`, becomes one that cannot be read.
    enum Harm: CaseIterable, Sendable {
        case misspelt, emptied, undefinedVariable, unreadable, folderGone, danglingLink, brokenVariables

        fileprivate func harm(_ house: House) throws {
            let path = house.configs + "/a.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            switch self {
            case .misspelt: try house.write(text.replacingOccurrences(of: "command", with: "comand"), to: "a.yaml")
            case .emptied: try house.write("", to: "a.yaml")
            case .undefinedVariable: try house.write(text + "version: '{{ nowhere }}'\n", to: "a.yaml")
            case .unreadable:
                // Root reads what nobody may; a folder is no file for root either.
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try house.write("x", to: "a.yaml/b.yaml")
            case .folderGone: try FileManager.default.moveItem(atPath: house.configs, toPath: house.shop.path + "/away")
            case .danglingLink:
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
            case .brokenVariables: try house.write("x: [\n", to: "vars.yaml")
            }
        }

        fileprivate func mend(_ house: House, _ files: [String: String]) throws {
            try? FileManager.default.removeItem(atPath: house.configs)
            try FileManager.default.createDirectory(atPath: house.configs, withIntermediateDirectories: true)
            for (name, text) in files { try house.write(text, to: name) }
        }
    }

    @Test(
        "whatever hides a definition, all stays as it was until the files say what is meant", arguments: Harm.allCases)
    func stays(harm: Harm) async throws {
        let files = [
            "a.yaml": "workloads:\n"
                + [
                    Self.sleeper("a"), Self.sleeper("h"),
                    "name: once\ncommand: ['true']\nrun_mode: n_times\nmax_runs: 2\nrestart_delay: 0\n",
                ].map { "- " + $0.split(separator: "\n").joined(separator: "\n  ") + "\n" }.joined(),
            "b.yaml": Self.sleeper("b", "depends_on: [a]\n"),
        ]
        let first = try House()
        for (name, text) in files { try first.write(text, to: name) }
        try await first.shop.supervisor.begin(first.reading)
        let a = try await first.shop.until("a") { $0.pid != nil && $0.status == .running }
        let b = try await first.shop.until("b") { $0.pid != nil && $0.status == .running }
        _ = try await first.shop.until("once") { $0.status == .completed }
        _ = try await first.shop.until("h") { $0.status == .running }
        #expect(try await first.shop.supervisor.stop("h").success)
        let records = try first.shop.store.records()

        try harm.harm(first)
        let second = try await first.next()
        let held = await second.shop.supervisor.list()
        #expect(held.map(\.name) == ["a", "b", "h", "once"])
        #expect(held.map(\.status) == [.running, .running, .stopped, .completed])
        #expect(held.map(\.pid) == [a.pid, b.pid, nil, nil])
        #expect(held[3].runCount == 2)
        // Where variables alone cannot be read, what uses none is known.
        let isKnown = harm == .brokenVariables
        #expect(isKnown || held[0].lastError?.contains(second.configs) == true, "\(held[0].lastError ?? "")")
        #expect(try second.shop.store.records() == records)
        // It is supervised by the definition that it had.
        kill(a.pid ?? 0, SIGKILL)
        let again = try await second.shop.until("a") { $0.pid != nil && $0.pid != a.pid && $0.status == .running }

        try harm.mend(second, files)
        let changes = await second.reload()
        #expect(changes.unchanged == ["a", "b", "h", "once"], "\(changes)")
        let after = await second.shop.supervisor.list()
        #expect(after.map(\.status) == [.running, .running, .stopped, .completed])
        #expect(after.map(\.pid) == [again.pid, b.pid, nil, nil])
        #expect(after.map(\.lastError) == [after[0].lastError, nil, after[2].lastError, nil])
        #expect(after.allSatisfy { $0.lastError?.contains("cannot be read") != true })
        await second.shop.close()
    }

    @Test("what files that can all be read do not hold is removed, with all that was kept of it")
    func removed() async throws {
        let first = try House()
        try first.write(Self.sleeper("a"), to: "a.yaml")
        try first.write(Self.sleeper("b"), to: "b.yaml")
        try await first.shop.supervisor.begin(first.reading)
        _ = try await first.shop.until("a") { $0.status == .running }
        #expect(try await first.shop.supervisor.stop("a").success)
        try FileManager.default.removeItem(atPath: first.configs + "/a.yaml")
        let second = try await first.next()
        #expect(await second.shop.supervisor.list().map(\.name) == ["b"])
        #expect(try second.shop.store.records().map(\.name) == ["b"])
        #expect(try second.shop.store.definitions().map(\.spec.name) == ["b"])
        await second.shop.close()
    }

    @Test("where nobody knows the definition either, what runs is watched, can be stopped, and is never begun")
    func unknown() async throws {
        let first = try House()
        try first.write(Self.sleeper("a"), to: "a.yaml")
        try first.write(Self.sleeper("c"), to: "c.yaml")
        try await first.shop.supervisor.begin(first.reading)
        let a = try await first.shop.until("a") { $0.pid != nil && $0.status == .running }
        let c = try await first.shop.until("c") { $0.pid != nil && $0.status == .running }
        await first.shop.close(keepingWorkloads: true)
        // As after an upgrade, or after `up --reset-state`.
        #expect(try SQLiteStateStore.moveAside(first.shop.path + "/s.db", at: SystemTime().now().wall) != nil)
        try first.write("", to: "a.yaml")
        try first.write("", to: "c.yaml")
        let second = try await first.next()
        #expect(await second.shop.supervisor.list().map(\.pid) == [a.pid, c.pid])
        kill(a.pid ?? 0, SIGKILL)
        _ = try await second.shop.until("a") { $0.pid == nil && $0.status != .stopping }
        let refused = try await second.shop.supervisor.start("a")
        #expect(!refused.success && refused.message.contains("a.yaml"), "\(refused.message)")
        try second.write(Self.sleeper("a"), to: "a.yaml")
        try second.write(Self.sleeper("c"), to: "c.yaml")
        _ = await second.reload()
        _ = try await second.shop.until("a") { $0.pid != nil && $0.status == .running }
        #expect(try await second.shop.supervisor.status("c").workload.pid == c.pid)
        #expect(try await second.shop.supervisor.stop("c").success)
        await second.shop.close()
    }

    @Test("what was changed while no daemon was there is restarted; what was tagged is not")
    func changed() async throws {
        let first = try House()
        for name in ["a", "b", "h"] { try first.write(Self.sleeper(name), to: name + ".yaml") }
        try first.write("name: once\ncommand: ['true']\nrun_mode: n_times\n", to: "once.yaml")
        try await first.shop.supervisor.begin(first.reading)
        let a = try await first.shop.until("a") { $0.pid != nil && $0.status == .running }
        let b = try await first.shop.until("b") { $0.pid != nil && $0.status == .running }
        _ = try await first.shop.until("once") { $0.status == .completed }
        _ = try await first.shop.supervisor.stop("h")
        try first.write(Self.sleeper("a", "env: {X: two}\n"), to: "a.yaml")
        try first.write(Self.sleeper("b", "tags: [two]\n"), to: "b.yaml")
        try first.write(Self.sleeper("h", "env: {X: two}\n"), to: "h.yaml")
        try first.write("name: once\ncommand: ['true', two]\nrun_mode: n_times\n", to: "once.yaml")
        let second = try await first.next()
        let changed = try await second.shop.until("a") { $0.pid != nil && $0.pid != a.pid && $0.status == .running }
        let environment = try String(contentsOfFile: "/proc/\(changed.pid ?? 0)/environ", encoding: .utf8)
        #expect(environment.contains("X=two"))
        #expect(try await second.shop.supervisor.status("b").workload.pid == b.pid)
        #expect(try await second.shop.supervisor.status("h").workload.status == .stopped)
        _ = try await second.shop.until("once") { $0.status == .completed && $0.runCount == 2 }
        // And once only.
        let third = try await second.next()
        #expect(try await third.shop.supervisor.status("a").workload.pid == changed.pid)
        #expect(try await third.shop.supervisor.status("once").workload.runCount == 2)
        await third.shop.close()
    }

    @Test("a link 'current' that leads nowhere is an error that names it; none at all is not")
    func current() throws {
        let folder = NSTemporaryDirectory() + "mctl-current-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/configs", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let installation = Installation(configDir: folder + "/configs", installDir: folder)
        let reader = ConfigurationReader(environment: [:])
        #expect(reader.workloads(in: installation.workloadDirectories).issues == [])
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/current", withDestinationPath: "releases/1.0")
        let issues = reader.workloads(in: installation.workloadDirectories).issues
        #expect(issues.map(\.file) == [folder + "/current"])
        #expect(issues.first?.message.contains("releases/1.0") == true)
        #expect(
            reader.workloads(in: installation.workloadDirectories)
                .uncertainty(of: "w", lastSeenIn: folder + "/current/configs/w.yaml") != nil)
        try FileManager.default.createDirectory(
            atPath: folder + "/releases/1.0/configs", withIntermediateDirectories: true)
        #expect(reader.workloads(in: installation.workloadDirectories).issues == [])
    }
}
