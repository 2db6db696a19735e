import FleetModel
import Foundation

/// A host of its own in a folder: configuration, state, logs, and the real program run in it.
///
/// Whatever it started ends with `demolish`, by pid.
package final class TestHost: @unchecked Sendable {
    // Unchecked: one test uses it, one step after the other.
    package let folder: String
    private var daemon: Child?
    private var formerPIDs: [Int32] = []

    package init() throws {
        folder = "/tmp/mctl-e2e-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/configs", withIntermediateDirectories: true)
    }

    // MARK: - Files

    /// - Parameter mode: of a file with a token, `0o600`; nil is as the system has it.
    package func write(_ text: String, to name: String, mode: mode_t? = nil) throws {
        let path = "\(folder)/\(name)"
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        if let mode { chmod(path, mode) }
    }

    package func read(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    // MARK: - The program

    /// Runs one command of the program to its end.
    package func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Spoken {
        try await run(arguments: arguments, environment: environment)
    }

    package func run(arguments: [String], environment: [String: String] = [:]) async throws -> Spoken {
        try await speak(
            Self.program, arguments, in: folder, environment: self.environment.merging(environment) { $1 })
    }

    package func curl(_ arguments: String...) async throws -> Answer { try await curl(arguments) }

    package func curl(_ arguments: [String]) async throws -> Answer {
        let spoken = try await speak(
            "/usr/bin/curl", ["-sS", "--max-time", "20", "-w", "\n%{http_code}"] + arguments, in: folder)
        let status = spoken.output.split(separator: "\n", omittingEmptySubsequences: false).last.flatMap { Int($0) }
        let body = spoken.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "\n")
        return Answer(status: status ?? 0, body: body)
    }

    package struct Answer: Sendable {
        package var status: Int
        package var body: String
        package func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data(body.utf8))
        }
    }

    /// Starts `up` and waits until its socket answers.
    /// - Parameter wrapper: a program and its arguments that becomes the daemon (by exec), with more variables for it.
    /// - Parameter arguments: further ones of `up`.
    package func up(
        through wrapper: [String] = [], environment more: [String: String] = [:], arguments: [String] = []
    ) async throws {
        let words = wrapper + [Self.program, "up"] + arguments
        let process = try Child(
            words[0], Array(words.dropFirst()), in: folder, environment: environment.merging(more) { $1 },
            output: "\(folder)/up.out", errors: "\(folder)/up.err")
        daemon = process
        formerPIDs.append(process.pid)
        _ = try await TestSupport.until("the daemon answers") { () -> Bool? in
            guard process.isRunning else { throw Failed(text: read("up.err") + read("up.out")) }
            return try await run("list").status == 0 ? true : nil
        }
    }

    package struct Failed: Error {
        package var text: String
        package init(text: String) { self.text = text }
    }

    package var daemonPID: Int32 { daemon?.pid ?? 0 }
    package var isUp: Bool { daemon?.isRunning ?? false }

    /// Ends the daemon as a crash would.
    package func killDaemon() async throws {
        guard let daemon, daemon.isRunning else { return }
        kill(daemon.pid, SIGKILL)
        try await untilDown()
    }

    /// Ends the central as a crash would; returns its pid.
    @discardableResult
    package func killCentral(_ signal: Int32 = SIGKILL) async throws -> Int32 {
        let central = try await until("runs") { $0.status == .running && $0.pid != nil }
        let pid = central.pid ?? 0
        guard pid > 1 else { throw Failed(text: "the central has no pid") }
        kill(pid, signal)
        return pid
    }

    /// Ends daemon and central at once, as a power cut would.
    package func killAll() async throws {
        let central = try await until("runs") { $0.status == .running && $0.pid != nil }
        try await killDaemon()
        if let pid = central.pid, pid > 1 { kill(pid, SIGKILL) }
    }

    package func untilDown() async throws {
        guard let daemon else { return }
        _ = try await TestSupport.until("the daemon has gone") { daemon.isRunning ? nil : true }
    }

    package func workload(_ name: String) async throws -> Workload? {
        try await workloads().first { $0.name == name }
    }

    /// Sorted by name; none where the daemon does not answer.
    package func workloads() async throws -> [Workload] {
        let spoken = try await run("list", "--json")
        guard spoken.status == 0 else { return [] }
        return try JSONDecoder().decode(WorkloadList.self, from: Data(spoken.output.utf8)).workloads
    }

    /// The central of this host; nil where there is none or the daemon does not answer.
    package func central() async throws -> CentralProcess? {
        let spoken = try await run("list", "--json")
        guard spoken.status == 0 else { return nil }
        return try JSONDecoder().decode(WorkloadList.self, from: Data(spoken.output.utf8)).central
    }

    package func until(_ what: String, _ isSo: (CentralProcess) -> Bool) async throws -> CentralProcess {
        try await TestSupport.until("the central \(what)") {
            guard let central = try await central(), isSo(central) else { return nil }
            return central
        }
    }

    package func until(_ name: String, _ what: String, _ isSo: (Workload) -> Bool) async throws -> Workload {
        try await TestSupport.until("workload '\(name)' \(what)") {
            guard let workload = try await workload(name), isSo(workload) else { return nil }
            return workload
        }
    }

    /// The port a part of the program listens on, as its log says.
    package func port(of component: String) async throws -> Int {
        try await TestSupport.until("the log tells the port of \(component)") {
            (read("logs/daemon.log") + read("logs/central.log")).split(separator: "\n").reversed().lazy
                .compactMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
                .first { $0["message"] == "listening" && $0["server"] == component }
                .flatMap { $0["address"]?.split(separator: ":").last.flatMap { Int($0) } }
        }
    }

    /// Ends whatever it began and removes the folder.
    package func demolish() async {
        if isUp {
            _ = try? await run("down")
            try? await untilDown()
        } else if daemon != nil {
            // Workloads that a killed daemon left are ended by the next one.
            if (try? await up()) != nil { _ = try? await run("down") }
            try? await untilDown()
        }
        if isUp, daemonPID > 1 { kill(daemonPID, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private var environment: [String: String] {
        ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "MCTL_SOCKET_PATH": folder + "/s", "NO_COLOR": "1"]
    }

    package static let program = built("master-control")

    /// A program of ours: all of them were built beside the test program.
    package static func built(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return beside(own, name)
    }

    /// Another file in the folder of a file, whatever the folders above are called.
    package static func beside(_ path: String, _ name: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/" + name
    }
}

/// Gives a test a host, and takes it away whatever happens.
package func withHosts(_ count: Int = 1, _ body: ([TestHost]) async throws -> Void) async throws {
    let hosts = try (0..<count).map { _ in try TestHost() }
    do {
        try await body(hosts)
    } catch {
        for host in hosts { await host.demolish() }
        throw error
    }
    for host in hosts { await host.demolish() }
}

package func withHost(_ body: (TestHost) async throws -> Void) async throws {
    try await withHosts { try await body($0[0]) }
}
