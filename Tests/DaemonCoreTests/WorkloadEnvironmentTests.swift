import FleetModel
import Foundation
import Testing

@testable import DaemonCore

@Suite("The environment of a workload")
struct WorkloadEnvironmentTests {
    private let rig = ProcessRig()

    /// What a daemon may well have in its own, and no workload has business with.
    static let secrets = [
        "DB_PASSWORD": "p", "MCTL_API_TOKEN": "t", "MCTL_SOCKET_PATH": "/s", "NOTIFY_SOCKET": "/n", "LISTEN_FDS": "1",
        "INVOCATION_ID": "i", "JOURNAL_STREAM": "8:1", "SSH_AUTH_SOCK": "/a", "DBUS_SESSION_BUS_ADDRESS": "d",
        "LD_LIBRARY_PATH": "/l", "PYTHONPATH": "/p", "XDG_RUNTIME_DIR": "/x", "SUDO_USER": "u", "LANGUAGE": "l",
    ]

    @Test("the daemon's environment is not the workload's: what it gets is listed", arguments: ProcessRig.Kind.allCases)
    func environment(kind: ProcessRig.Kind) async throws {
        let daemon = Self.secrets.merging([
            "PATH": "/opt/x:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_TIME": "C", "TZ": "UTC", "HOME": "/of/the/daemon",
            "USER": "daemon", "LOGNAME": "daemon", "SHELL": "/of/the/daemon",
        ]) { $1 }
        let found = rig.variables(try await rig.lines(kind, "exec env", daemon: daemon))
        var expected = ["PATH": "/opt/x:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_TIME": "C", "TZ": "UTC"]
        expected["MCTL_WORKLOAD"] = "a"
        for name in ["HOME", "USER", "LOGNAME", "SHELL"] { expected[name] = try Account().variables[name] }
        #expect(found["MCTL_RUN_ID"]?.isEmpty == false)
        #expect(found.filter { !["MCTL_RUN_ID", "PWD", "OLDPWD", "SHLVL", "_"].contains($0.key) } == expected)
    }

    @Test("inherit_env names what it gets too, env has the last word, and who it is can be overridden")
    func inherited() async throws {
        let daemon = Self.secrets.merging(["PATH": "/usr/bin:/bin", "HOME": "/h"]) { $1 }
        let found = rig.variables(
            try await rig.lines(.run, "exec env", daemon: daemon) {
                $0.inheritEnv = ["DB_PASSWORD", "SSH_AUTH_SOCK", "HOME", "NOT_THERE", "MCTL_WORKLOAD"]
                $0.env = ["SSH_AUTH_SOCK": "own", "USER": "me", "MCTL_RUN_ID": "forged"]
            })
        #expect(found["DB_PASSWORD"] == "p")
        #expect(found["SSH_AUTH_SOCK"] == "own")
        #expect(found["HOME"] == "/h")
        #expect(found["USER"] == "me")
        #expect(found["NOT_THERE"] == nil)
        #expect(found["LISTEN_FDS"] == nil)
        #expect(found["MCTL_WORKLOAD"] == "a")
        #expect(found["MCTL_RUN_ID"] != "forged")
    }

    @Test("a daemon without a PATH gives one that finds programs", arguments: ProcessRig.Kind.allCases)
    func path(kind: ProcessRig.Kind) async throws {
        #expect(
            try await rig.lines(kind, "echo $PATH", daemon: [:]) == [
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            ])
    }

    // MARK: - env_file

    @Test("env_file comes after what is inherited and before env", arguments: ProcessRig.Kind.allCases)
    func environmentFile(kind: ProcessRig.Kind) async throws {
        let file = try scratch(
            "# who\n\nDB_PASSWORD = x\n".replacingOccurrences(of: " = ", with: "=") + "B=\"a b\"\r\nC=\n  D='#'")
        defer { unlink(file) }
        let daemon = ["PATH": "/usr/bin:/bin", "DB_PASSWORD": "daemon's"]
        let found = rig.variables(
            try await rig.lines(kind, "exec env", daemon: daemon) {
                $0.envFile = file
                $0.inheritEnv = ["DB_PASSWORD"]
                $0.env = ["B": "own"]
            })
        #expect(found["DB_PASSWORD"] == "x")
        #expect(found["B"] == "own")
        #expect(found["C"] == "")
        #expect(found["D"] == "#")
    }

    @Test(
        "an env_file that can't be trusted or read begins nothing",
        arguments: [
            ("A=1\nB\n", 0o600, "line 2"), ("A=1\n B C=1\n", 0o600, "line 2"),
            ("A=1", 0o666, "not everybody may write"),
            ("A=\0", 0o600, "zero byte"), (String(repeating: "A=1\n", count: 20_000), 0o600, "larger than 64 KiB"),
        ] as [(String, mode_t, String)])
    func badEnvironmentFile(text: String, mode: mode_t, reason: String) async throws {
        let file = try scratch(text)
        chmod(file, mode)
        defer { unlink(file) }
        for kind in ProcessRig.Kind.allCases {
            let said = try await rig.failure(kind) { $0.envFile = file }
            #expect(said.contains(reason), "\(said)")
        }
    }

    @Test("an env_file that is no file, or none that the user may read, begins nothing")
    func noEnvironmentFile() async throws {
        #expect(try await rig.failure(.run) { $0.envFile = "/no/such/file" }.contains("No such file"))
        #expect(try await rig.failure(.run) { $0.envFile = "/dev/zero" }.contains("not a regular file"))
        guard ProcessRig.isRoot else { return }
        // It is read by the workload's user: a link to what is root's gives nothing away.
        let link = try scratch("")
        unlink(link)
        symlink("/etc/shadow", link)
        defer { unlink(link) }
        let said = try await rig.failure(.run) {
            $0.user = "nobody"
            $0.envFile = link
        }
        #expect(said.contains("Permission denied"), "\(said)")
    }

    private func scratch(_ text: String) throws -> String {
        let path = "/tmp/mctl-env-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
