import Foundation
import TestSupport

/// The deploy script alone, with a client `n1` on a server that a test has made.
struct ScriptRig {
    let ssh: SSHServer
    let host: TestHost
    /// Where it is installed, as the client says; `there` beside the releases where nothing else is said.
    var home: String

    /// - Parameter apart: see `SSHServer.start`; then the home is the one of the script.
    static func with(settings: String = "", apart: String? = nil, _ body: (ScriptRig) async throws -> Void) async throws
    {
        let ssh = try await SSHServer.start(settings: settings, apart: apart)
        defer { ssh.stop() }
        try await withHost { host in
            let rig = ScriptRig(
                ssh: ssh, host: host, home: apart == nil ? host.folder + "/there" : "/opt/master-control")
            try host.write("clients: []\n", to: "inventory.yaml")
            for program in ["master-control", "mc-keeper"] {
                try rig.program("echo \(program)", as: program)
            }
            for version in ["1", "2"] { try rig.release(version) }
            try await body(rig)
        }
    }

    func release(_ version: String) throws {
        try host.write("name: app\n", to: "releases/\(version)/configs/app.yaml")
        try host.write("\(version)\n", to: "releases/\(version)/data/version")
        try host.write("the same\n", to: "releases/\(version)/data/same")
    }

    /// A program to install, small enough to be brought a dozen times.
    func program(_ script: String, as name: String) throws {
        try host.write("#!/bin/sh\n\(script)\n", to: "bin/\(name)")
        chmod(host.folder + "/bin/" + name, 0o755)
    }

    /// What the central gives along of the inventory.
    func entry(user: String? = nil) -> [String] {
        ["n1", "127.0.0.1", "9100", user ?? ssh.user, "\(ssh.port)", ssh.key, home, "-", "-"]
    }

    func run(_ arguments: [String], user: String? = nil, _ more: [String: String] = [:]) async throws -> Spoken {
        let variables = [
            "MCTL_PROGRAM": host.folder + "/bin/master-control",
            "MCTL_INVENTORY_ENTRY": entry(user: user).joined(separator: "\t"),
        ]
        return try await speak(
            DeployFleet.script, ["--client", "n1"] + arguments, in: host.folder,
            environment: variables.merging(more) { $1 })
    }

    func sync(_ version: String, user: String? = nil, _ more: [String: String] = [:]) async throws -> Spoken {
        try await run(["--sync-only", "--version", version], user: user, more)
    }

    /// A shell on the control host, in its folder.
    @discardableResult
    func shell(_ script: String) async throws -> Spoken {
        try await speak("/bin/sh", ["-euc", script], in: host.folder)
    }

    var current: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: ssh.path(home) + "/current") }
}
