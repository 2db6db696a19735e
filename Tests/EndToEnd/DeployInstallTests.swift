import FleetModel
import Foundation
import TestSupport
import Testing

/// How an installation begins and ends: nothing of it on a client that the program is not made for, and a daemon that the
/// central has heard of at the end.
@Suite(
    "The deploy script and the program it installs", .serialized, .timeLimit(.minutes(10)),
    .enabled(if: SSHServer.canBeApart, "needs root, mounts and sudo"))
struct DeployInstallTests {
    /// What systemd does of it: the one unit there is, until it says that it has begun or ends.
    static let machine =
        DeployOwnerTests.machine() + """
            mount -t tmpfs none /run
            mkdir -p /run/sshd /run/systemd/system
            cat >/usr/local/bin/systemctl <<'SYSTEMCTL'
            #!/bin/bash
            [[ $1 == restart ]] || exit 0
            here=/run/systemd
            if [[ -f $here/pid ]]; then
                kill -USR1 "$(cat $here/pid)" 2>/dev/null && while kill -0 "$(cat $here/pid)" 2>/dev/null; do sleep 0.05; done
            fi
            install -d -o master-control -g master-control /run/master-control
            cd /opt/master-control
            export MCTL_SOCKET_PATH=/run/master-control/master_control.sock
            setpriv --reuid=master-control --regid=master-control --clear-groups /usr/local/bin/master-control up \\
                </dev/null >$here/journal 2>&1 &
            echo $! >$here/pid
            for ((i = 0; i < 600; i++)); do
                if /usr/local/bin/master-control list >/dev/null 2>&1; then exit 0; fi
                kill -0 $! 2>/dev/null || exit 1
                sleep 0.05
            done
            exit 1
            SYSTEMCTL
            printf '#!/bin/sh\\ncat /run/systemd/journal\\n' >/usr/local/bin/journalctl
            chmod 755 /usr/local/bin/systemctl /usr/local/bin/journalctl

            """

    @Test("the end is a daemon that the central has heard of, otherwise status 1 and why")
    func online() async throws {
        try await withHost { host in
            let control = try ControlHost.prepare(host)
            try await host.up()
            _ = try await control.untilOnline()
            try await ScriptRig.with(apart: Self.machine) { rig in
                let nobody = try freePort()
                /// Installs the real program on a client with this section, and says how that ended.
                func install(_ fleet: String, seconds: Int = 2) async throws -> Spoken {
                    try rig.host.write(fleet, to: "daemon.yaml")
                    _ = try await rig.ssh.there(
                        """
                        id master-control >/dev/null 2>&1 || useradd --system --user-group master-control
                        install -d -o master-control -g master-control /opt/master-control /opt/master-control/configs
                        install -o master-control -m 600 "$1/daemon.yaml" /opt/master-control/configs/
                        """, rig.host.folder)
                    return try await rig.run(
                        [], user: "pi",
                        ["MCTL_PROGRAM": TestHost.program, "MCTL_ONLINE_SECONDS": "\(seconds)"])
                }
                func section(port: Int, token: String = ControlHost.token) -> String {
                    """
                    fleet:
                      enabled: true
                      client_name: n1
                      api_host: 127.0.0.1
                      api_port: 0
                      central_api_url: http://127.0.0.1:\(port)
                      heartbeat_interval_seconds: 1
                      api_token: \(token)

                    """
                }
                let cases: [(fleet: String, says: [String])] = [
                    (section(port: nobody), ["has taken no report of 'n1' yet", "is not online at its central"]),
                    (section(port: control.port, token: "another-token"), ["the token is not known here"]),
                    ("fleet: {enabled: true, client_name: n1, api_port: 0}\n", ["this daemon reports to nobody"]),
                    ("flet: {}\n", ["daemon.yaml", "the new daemon does not start"]),
                ]
                for (fleet, says) in cases {
                    let failed = try await install(fleet)
                    #expect(failed.status == 1, "\(fleet): \(failed.output)\(failed.errors)")
                    for words in says { #expect(failed.errors.contains(words), "\(failed.output)\(failed.errors)") }
                    #expect(!failed.output.contains("installed the program"))
                }
                let done = try await install(section(port: control.port), seconds: 60)
                #expect(done.status == 0, "\(done.output)\(done.errors)")
                #expect(done.errors.contains("'n1' is online at http://127.0.0.1:\(control.port)"))
                let clients = try #require(try await control.get("/api/fleet/clients")).decoded([ClientOverview].self)
                #expect(clients.first { $0.name == "n1" }?.status == .online)
                _ = try await rig.ssh.there("kill \"$(cat /run/systemd/pid)\"")
            }
        }
    }

    @Test("a client that nothing would start it on is told of, and so is one that reports to nobody")
    func told() async throws {
        try await ScriptRig.with(apart: DeployOwnerTests.machine()) { rig in
            let alone = try await rig.run([], user: "pi")
            #expect(alone.status == 1)
            #expect(alone.errors.contains("there is no systemd here"), "\(alone.errors)")
            for words in ["no --central was given", "no --token-file was given"] {
                #expect(alone.errors.contains(words), "\(alone.errors)")
            }
            let meant = try await rig.run(["--no-start"], user: "pi")
            #expect(meant.status == 0, "\(meant.errors)")
            #expect(meant.errors.contains("the daemon is left as it is"))
        }
    }

    /// The header of a program that Linux would run elsewhere: where its machine is written.
    @Test("a program for another machine is refused before anything is changed", arguments: [[], ["--dry-run"]])
    func otherMachine(more: [String]) async throws {
        try await ScriptRig.with(apart: DeployOwnerTests.machine()) { rig in
            var program = try Data(contentsOf: URL(filePath: "/bin/true"))
            let isARM = program[18] == 0xb7
            program[18] = isARM ? 0x3e : 0xb7
            try program.write(to: URL(filePath: rig.host.folder + "/bin/master-control"))
            let state = "ls -lA /opt /var/tmp /usr/local/bin; cat /etc/passwd"
            let before = try await rig.ssh.there(state).output
            let refused = try await rig.run(["--version", "1"] + more, user: "pi")
            #expect(refused.status == 1)
            #expect(
                refused.errors.contains("the program is made for \(isARM ? "x86_64" : "arm64"), and this client is of"),
                "\(refused.errors)")
            #expect(try await rig.ssh.there(state).output == before)
            // What it brings without a program is nobody's machine's business.
            if more.isEmpty {
                _ = try await rig.ssh.there("mkdir /opt/master-control; chown pi /opt/master-control")
                #expect(try await rig.sync("1", user: "pi").status == 0)
            }
        }
    }

    @Test("`make install` puts no program in place that does not run on that host")
    func installHere() async throws {
        try await ScriptRig.with(apart: DeployOwnerTests.machine()) { rig in
            rig.inTheFolder(mode: 0o755)
            func install(_ program: String) async throws -> Spoken {
                for name in ["master-control", "mc-console"] { try rig.program(program, as: name) }
                return try await rig.ssh.there(
                    "export BUILT=\"$1/bin\"; exec \"$2/install\"", rig.host.folder, DeployArgumentTests.scripts)
            }
            let first = try await install("echo one")
            #expect(first.status == 0, "\(first.errors)")
            let broken = try await install("echo no such library >&2; exit 127")
            #expect(broken.status == 1)
            #expect(broken.errors.contains("does not run here, and nothing was changed: no such library"))
            #expect(try await rig.ssh.there("/usr/local/bin/master-control").output == "one\n")
        }
    }

    @Test("a session that cannot be opened says who was to log in, and with whose keys")
    func whose() async throws {
        try await ScriptRig.with { rig in
            let port = try freePort()
            func sync(user: String, key: String) async throws -> String {
                var entry = rig.entry(user: user)
                entry[4] = "\(port)"
                entry[5] = key
                return try await rig.sync("1", ["MCTL_INVENTORY_ENTRY": entry.joined(separator: "\t")]).errors
            }
            let me = rig.ssh.user
            #expect(try await sync(user: "pi", key: "-").contains("as pi by the keys of \(me): "))
            #expect(try await sync(user: "-", key: "-").contains("as \(me) by the keys of \(me): "))
            #expect(try await sync(user: "pi", key: "/a/key").contains("as pi by the key /a/key: "))
        }
    }
}
