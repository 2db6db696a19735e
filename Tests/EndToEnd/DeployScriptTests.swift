import Foundation
import TestSupport
import Testing

/// The script alone, over a real sshd, to a folder.
@Suite("The deploy script", .serialized, .timeLimit(.minutes(10)))
struct DeployScriptTests {
    struct Rig {
        let ssh: SSHServer
        let host: TestHost

        static func with(_ body: (Rig) async throws -> Void) async throws {
            let ssh = try await SSHServer.start()
            defer { ssh.stop() }
            try await withHost { host in
                let rig = Rig(ssh: ssh, host: host)
                try rig.inventory(port: ssh.port)
                for version in ["1", "2", "3", "4", "5", "6", "7"] {
                    for number in 1...50 {
                        try host.write("file \(number)\n", to: "releases/\(version)/data/\(number)")
                    }
                    try host.write("name: app\nversion: \(version)\n", to: "releases/\(version)/configs/app.yaml")
                }
                try await body(rig)
            }
        }

        func inventory(port: Int) throws {
            try host.write(
                """
                clients:
                  - {name: n1, host: 127.0.0.1, ssh_port: \(port), ssh_user: \(ssh.user), ssh_key: \(ssh.key),
                     install_dir: \(host.folder)/there}
                """, to: "inventory.yaml")
        }

        func sync(_ version: String, _ more: String...) async throws -> Spoken {
            try await run(["--client", "n1", "--sync-only", "--version", version] + more)
        }

        func run(_ arguments: [String]) async throws -> Spoken {
            try await speak(
                DeployFleet.script, arguments, in: host.folder, environment: ["MCTL_PROGRAM": TestHost.program])
        }

        var current: String? {
            try? FileManager.default.destinationOfSymbolicLink(atPath: host.folder + "/there/current")
        }

        var kept: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: host.folder + "/there/releases")) ?? [])
                .filter { !$0.hasPrefix(".") }.sorted()
        }
    }

    @Test("brings a release, then only what differs, shares the rest, and keeps five")
    func releases() async throws {
        try await Rig.with { rig in
            let plan = try await rig.sync("1", "--dry-run")
            #expect(plan.status == 0, "\(plan.errors)")
            #expect(plan.output.contains("would bring release 1"))
            #expect(rig.current == nil, "a dry run changes nothing")
            let first = try await rig.sync("1")
            #expect(first.status == 0, "\(first.errors)")
            #expect(rig.current == "releases/1")
            #expect(rig.host.read("there/current/data/7") == "file 7\n")
            try rig.host.write("other\n", to: "releases/2/data/7")
            let second = try await rig.sync("2")
            #expect(second.status == 0, "\(second.errors)")
            #expect(rig.host.read("there/current/data/7") == "other\n")
            #expect(rig.host.read("there/releases/1/data/7") == "file 7\n")
            for version in ["3", "4", "5", "6", "7"] { #expect(try await rig.sync(version).status == 0) }
            #expect(rig.kept == ["3", "4", "5", "6", "7"])
            // One that the control host no longer has, but the client.
            try FileManager.default.removeItem(atPath: rig.host.folder + "/releases/4")
            let back = try await rig.sync("4")
            #expect(back.status == 0, "\(back.errors)")
            #expect(rig.current == "releases/4")
            let gone = try await rig.sync("1-gone")
            #expect(gone.status == 1)
            #expect(gone.errors.contains("nor on the client"), "\(gone.errors)")
        }
    }

    @Test("a file that was changed on the client is found by its checksum and brought anew")
    func damage() async throws {
        try await Rig.with { rig in
            #expect(try await rig.sync("1").status == 0)
            #expect(try await rig.sync("2").status == 0)
            let path = rig.host.folder + "/there/releases/1/data/9"
            let times = try FileManager.default.attributesOfItem(atPath: path)
            try Data("FILE 9\n".utf8).write(to: URL(fileURLWithPath: path))
            // Same size, same time: rsync alone would not see it.
            try FileManager.default.setAttributes(
                [.modificationDate: times[.modificationDate] ?? Date()], ofItemAtPath: path)
            let back = try await rig.sync("1")
            #expect(back.status == 0, "\(back.errors)")
            #expect(back.output.contains("damaged"), "\(back.output)")
            #expect(rig.host.read("there/current/data/9") == "file 9\n")
        }
    }

    @Test("what cannot be brought leaves the client as it is, with a sentence")
    func failures() async throws {
        try await Rig.with { rig in
            #expect(try await rig.sync("1").status == 0)
            for bad in ["../1", "1;touch x", "$(touch x)", "", "-1", "a b"] {
                let answer = try await rig.sync(bad)
                #expect(answer.status == 2, "\(bad): \(answer.output)\(answer.errors)")
            }
            #expect(try await rig.run(["--client", "n2", "--sync-only", "--version", "1"]).status == 1)
            #expect(try await rig.run(["--client", "n1", "--client", "n1", "--version", "1"]).status == 2)
            #expect(try await rig.run(["--nonsense"]).status == 2)
            try FileManager.default.createDirectory(
                atPath: rig.host.folder + "/releases/nothing", withIntermediateDirectories: true)
            let nothing = try await rig.sync("nothing")
            #expect(nothing.status == 1)
            #expect(nothing.errors.contains("there is nothing in"), "\(nothing.errors)")
            // The folder of releases is a file there: whatever step comes to it fails.
            try FileManager.default.moveItem(
                atPath: rig.host.folder + "/there/releases", toPath: rig.host.folder + "/there/aside")
            try rig.host.write("", to: "there/releases")
            #expect(try await rig.sync("2").status == 1)
            try FileManager.default.removeItem(atPath: rig.host.folder + "/there/releases")
            try FileManager.default.moveItem(
                atPath: rig.host.folder + "/there/aside", toPath: rig.host.folder + "/there/releases")
            #expect(rig.current == "releases/1")
            try rig.inventory(port: try freePort())
            let away = try await rig.sync("2")
            #expect(away.status == 1)
            #expect(away.errors.contains("refused"), "\(away.errors)")
            #expect(rig.kept == ["1"])
        }
    }

    @Test("a host key that has changed is refused")
    func hostKey() async throws {
        try await Rig.with { rig in
            #expect(try await rig.sync("1").status == 0)
            let known = rig.host.read("known_hosts")
            let other = try await SSHServer.start()
            defer { other.stop() }
            let key = try String(contentsOfFile: other.folder + "/host.pub", encoding: .utf8)
                .split(separator: " ").prefix(2).joined(separator: " ")
            try rig.host.write("[127.0.0.1]:\(rig.ssh.port) \(key)\n", to: "known_hosts")
            let refused = try await rig.sync("2")
            #expect(refused.status == 1)
            #expect(refused.errors.lowercased().contains("host key"), "\(refused.errors)")
            #expect(rig.current == "releases/1")
            try rig.host.write(known, to: "known_hosts")
            #expect(try await rig.sync("2").status == 0)
        }
    }
}
