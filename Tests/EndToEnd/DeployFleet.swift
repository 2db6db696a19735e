import FleetModel
import Foundation
import TestSupport

/// A central and clients, each the real program, with a real sshd between them and the real script.
struct DeployFleet {
    static let token = "a-token-of-the-test"
    static let own = """
        name: own
        command: [sleep, infinity]
        stop_timeout: 1

        """
    let ssh: SSHServer
    let control: TestHost
    /// By name: n1, n2, …
    let clients: [TestHost]
    let port: Int

    /// The script of this source tree.
    static let script: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/scripts/deploy-clients.sh"
    }()

    /// - Parameters:
    ///   - central: further lines of the section `central`, indented as they are in the file.
    ///   - before: shell that runs on the control host before each run of the script, in its folder.
    static func with(
        clients count: Int, central more: String = "", before: String = "", _ body: (DeployFleet) async throws -> Void
    ) async throws {
        let ssh = try await SSHServer.start()
        defer { ssh.stop() }
        try await withHosts(count + 1) { hosts in
            let fleet = DeployFleet(
                ssh: ssh, control: hosts[0], clients: Array(hosts[1...]), port: try freePort())
            try await fleet.begin(central: more, before: before)
            try await body(fleet)
        }
    }

    private func begin(central more: String, before: String) async throws {
        let script = control.folder + "/deploy.sh"
        try control.write(
            """
            #!/bin/sh
            \(before)
            exec '\(Self.script)' "$@"

            """, to: "deploy.sh")
        chmod(script, 0o755)
        var inventory = """
            defaults: {ssh_port: \(ssh.port), ssh_user: \(ssh.user), ssh_key: \(ssh.key)}
            clients:

            """
        for (index, host) in clients.enumerated() {
            let api = try freePort()
            inventory += """
                  - {name: n\(index + 1), host: 127.0.0.1, api_port: \(api), install_dir: \(host.folder)}

                """
            try host.write(Self.own, to: "configs/own.yaml")
            try host.write(
                """
                fleet:
                  enabled: true
                  client_name: n\(index + 1)
                  api_host: 127.0.0.1
                  api_port: \(api)
                  central_api_url: http://127.0.0.1:\(port)
                  heartbeat_interval_seconds: 2
                  api_token: \(Self.token)
                """, to: "configs/daemon.yaml")
        }
        try control.write(inventory, to: "inventory.yaml")
        try control.write(
            """
            central:
              enabled: true
              host: 127.0.0.1
              port: \(port)
              api_token: \(Self.token)
              deploy_script_path: \(script)
            \(more)
            """, to: "configs/daemon.yaml")
        for version in ["1.0", "1.1"] { try release(version, command: "echo app \(version); exec sleep infinity") }
        try release("broken", command: "echo dying; exit 3")
        try await control.up()
        for host in clients { try await host.up() }
    }

    /// - Parameter more: further lines of the workload's file.
    func release(_ version: String, command: String, more: String = "") throws {
        try control.write(
            """
            name: app
            command: [sh, -c, "\(command)"]
            restart_delay: 0.5
            stop_timeout: 1
            \(more)
            """, to: "releases/\(version)/configs/app.yaml")
        for number in 1...20 { try control.write("\(version) \(number)\n", to: "releases/\(version)/files/\(number)") }
    }

    /// Deploys from the command line to all clients and waits for the end.
    func deploy(_ version: String, _ more: String...) async throws -> Spoken {
        try await speak(
            TestHost.program,
            [
                "deploy", version, "--clients", names.joined(separator: ","), "--min-healthy-seconds", "0.3",
                "--health-check-timeout", "10", "--watch",
            ] + more, in: control.folder)
    }

    /// Begins one and does not wait.
    func begin(_ version: String, _ more: [String] = []) async throws -> DeploymentStatus {
        let spoken = try await speak(
            TestHost.program,
            [
                "deploy", version, "--clients", names.joined(separator: ","), "--min-healthy-seconds", "0.3",
                "--health-check-timeout", "10", "--json",
            ] + more, in: control.folder)
        guard spoken.status == 0 else { throw TestHost.Failed(text: spoken.errors) }
        return try JSONDecoder().decode(DeploymentStatus.self, from: Data(spoken.output.utf8))
    }

    func until(
        _ id: String?, _ what: String, _ isSo: (DeploymentStatus) -> Bool
    ) async throws -> DeploymentStatus {
        try await TestSupport.until("the deployment \(what)") {
            let spoken = try await control.run("deployment", id ?? "-", "--json")
            guard spoken.status == 0,
                let status = try? JSONDecoder().decode(DeploymentStatus.self, from: Data(spoken.output.utf8))
            else { return nil }
            return isSo(status) ? status : nil
        }
    }

    var names: [String] { clients.indices.map { "n\($0 + 1)" } }

    /// What `current` points to on each client.
    var current: [String?] {
        clients.map { host in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: host.folder + "/current"))?
                .split(separator: "/").last.map(String.init)
        }
    }
}
