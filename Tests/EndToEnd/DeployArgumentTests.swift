import Foundation
import TestSupport
import Testing

/// What the deploy script is given on the control host: by the command line, by the inventory, and by the folder it works in.
@Suite("The deploy script and what it is given", .serialized, .timeLimit(.minutes(10)))
struct DeployArgumentTests {
    static func run(_ host: TestHost, _ arguments: [String], _ more: [String: String] = [:]) async throws -> Spoken {
        try await speak(
            DeployFleet.script, arguments, in: host.folder,
            environment: ["MCTL_PROGRAM": "/bin/false"].merging(more) { $1 })
    }

    @Test(
        "--central takes what is the URL of a central, and nothing else",
        arguments: [
            ("http://control-host:8080", true), ("http://control-host", true), ("https://central.example.org", true),
            ("http://192.168.1.2:8080", true), ("http://[fd00::1]:8080", true), ("https://[::1]", true),
            ("http://control_host:8080/", true), ("control-host:8080", false), ("ftp://control-host", false),
            ("http://", false), ("http://a b", false), ("http://a\"b", false), ("http://a\nb: c", false),
            ("http://a:port", false), ("http://a:123456", false), ("http://user@host", false),
            ("http://a/$(id)", false),
            ("http://a\\", false), ("http://[::1", false), ("http://a]", false),
        ])
    func central(url: String, isTaken: Bool) async throws {
        try await withHost { host in
            try host.write("clients: []\n", to: "inventory.yaml")
            // What is taken fails at the next step: there is no such client.
            let spoken = try await Self.run(host, ["--client", "n1", "--dry-run", "--central", url])
            #expect(spoken.status == (isTaken ? 1 : 2), "\(spoken.errors)")
            #expect(spoken.errors.contains("is no URL of a central") != isTaken, "\(spoken.errors)")
        }
    }

    @Test(
        "each field of the inventory is looked at before it is used",
        arguments: [
            (1, "-oProxyCommand=touch taken", "a host that is none"), (1, "a b", "a host that is none"),
            (1, "$(touch taken)", "a host that is none"), (1, "root@host", "a host that is none"),
            (1, "[-oProxyCommand=touch]", "a host that is none"), (3, "-l", "an ssh_user that is none"),
            (3, "$(touch taken)", "an ssh_user that is none"), (3, "a b", "an ssh_user that is none"),
            (4, "22x", "an ssh_port that is none"), (4, "a[$(touch taken)]", "an ssh_port that is none"),
            (4, "-1", "an ssh_port that is none"), (4, "100000", "an ssh_port that is none"),
            (5, "-F/dev/null", "an ssh_key that is no path"), (5, "a\u{1b}b", "an ssh_key that is no path"),
            (6, "opt/x", "an install_dir that"), (6, "/opt/../x", "an install_dir that"),
            (6, "/", "an install_dir that"),
            (6, "/opt/x/..", "an install_dir that"), (6, "/opt/$(touch taken)", "an install_dir that"),
            (6, "/opt/a b", "an install_dir that"), (6, "/opt/'x", "an install_dir that"),
            (6, "/opt/./x", "an install_dir that"),
            (0, "n2", "is no client"), (9, "", "too little"),
        ])
    func fields(field: Int, value: String, says: String) async throws {
        try await withHost { host in
            try host.write("clients: []\n", to: "inventory.yaml")
            try host.write("name: app\n", to: "releases/1/configs/app.yaml")
            var fields = ["n1", "127.0.0.1", "9100", "-", "\(try freePort())", "-", "/opt/x", "-", "-"]
            if field < fields.count { fields[field] = value } else { fields = Array(fields.prefix(5)) }
            // By the central, and by the program.
            try host.write("#!/bin/sh\ncat \"$0.line\"\n", to: "program")
            try host.write(fields.joined(separator: "\t") + "\n", to: "program.line")
            chmod(host.folder + "/program", 0o755)
            for more in [
                ["MCTL_INVENTORY_ENTRY": fields.joined(separator: "\t")], ["MCTL_PROGRAM": host.folder + "/program"],
            ] {
                let spoken = try await Self.run(host, ["--client", "n1", "--sync-only", "--version", "1"], more)
                #expect(spoken.status == 1)
                if field > 0 { #expect(spoken.errors.contains(says), "\(spoken.errors)") }
                #expect(!FileManager.default.fileExists(atPath: host.folder + "/taken"))
                #expect(spoken.errors.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) })
            }
        }
    }

    @Test("a lock that is a link is not followed")
    func plantedLock() async throws {
        try await ScriptRig.with { rig in
            try rig.host.write("of somebody", to: "target")
            try await rig.shell("ln -s target .deploying-n1")
            let spoken = try await rig.sync("1")
            #expect(spoken.status == 1)
            #expect(spoken.errors.contains("is a link; remove it"), "\(spoken.errors)")
            #expect(rig.host.read("target") == "of somebody")
        }
    }

    @Test(
        "root leaves nothing in a folder of the central's user, and what it left once keeps nobody out",
        .enabled(if: SSHServer.canBeApart, "needs root and mounts"))
    func locks() async throws {
        try await ScriptRig.with(apart: DeployOwnerTests.machine() + "useradd --create-home --shell /bin/sh central\n")
        { rig in
            rig.inTheFolder(mode: 0o755)
            try await rig.shell("cp '\(rig.ssh.key)' key; cp -r '\(Self.scripts)' scripts")
            let own = try await rig.ssh.there("chown -R central \"$1\"; chmod 600 \"$1/key\"", rig.host.folder)
            #expect(own.status == 0, "\(own.errors)")
            let root = try await rig.sync("1", user: "pi")
            #expect(root.status == 2)
            #expect(root.errors.contains("run this as that user"), "\(root.errors)")
            // As an older script left it.
            try await rig.shell(": >.deploying-n1; chmod 644 .deploying-n1")
            var entry = rig.entry(user: "root")
            entry[5] = rig.host.folder + "/key"
            entry[6] = "/opt/here"
            let command = """
                cd "$1"
                export HOME="$1" MCTL_PROGRAM="$1/bin/master-control" MCTL_INVENTORY_ENTRY="$2"
                exec setpriv --reuid=central --regid=central --clear-groups \
                    scripts/deploy-clients.sh --client n1 --sync-only --version 1
                """
            let central = try await rig.ssh.there(command, rig.host.folder, entry.joined(separator: "\t"))
            #expect(central.status == 0, "\(central.output)\(central.errors)")
            // One that nobody else can open is named.
            try await rig.shell("chmod 600 .deploying-n1")
            let closed = try await rig.ssh.there(command, rig.host.folder, entry.joined(separator: "\t"))
            #expect(closed.status == 1)
            #expect(closed.errors.contains("the lock '\(rig.host.folder)/.deploying-n1' cannot be used by central"))
        }
    }

    static let scripts = (DeployFleet.script as NSString).deletingLastPathComponent

    @Test("what `make install` puts on a control host has the deploy script with all of its parts")
    func installed() async throws {
        try await withHost { host in
            let built = (TestHost.program as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: host.folder + "/built", withIntermediateDirectories: true)
            for (name, path) in [
                ("master-control", built + "/master-control"), ("mc-keeper", "/bin/true"), ("mc-console", "/bin/true"),
            ] {
                try FileManager.default.createSymbolicLink(
                    atPath: host.folder + "/built/" + name, withDestinationPath: path)
            }
            let installed = try await speak(
                Self.scripts + "/install", [], in: host.folder,
                environment: ["DESTDIR": host.folder + "/dest", "BUILT": host.folder + "/built"])
            #expect(installed.status == 0, "\(installed.errors)")
            try host.write(
                "clients: [{name: n1, host: 127.0.0.1, ssh_port: \(try freePort())}]\n", to: "inventory.yaml")
            try host.write("name: app\n", to: "releases/1/configs/app.yaml")
            let script = host.folder + "/dest/usr/local/share/master-control/deploy-clients.sh"
            // It finds the program that was installed with it, and gets as far as a port where nobody listens.
            let spoken = try await speak(script, ["--client", "n1", "--version", "1"], in: host.folder)
            #expect(spoken.status == 1)
            #expect(spoken.errors.contains("refused"), "\(spoken.errors)")
            let guide = try String(contentsOfFile: Self.scripts + "/../docs/operations.md", encoding: .utf8)
            #expect(guide.contains("deploy_script_path: \"/usr/local/share/master-control/deploy-clients.sh\""))
        }
    }
}

extension ScriptRig {
    /// Others may look into the folder of the test.
    func inTheFolder(mode: mode_t) { chmod(host.folder, mode) }
}
