import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("Privileges of workloads, with the real program")
struct PrivilegeTests {
    static let isRoot = geteuid() == 0
    static let needsRoot: Comment = "only root can become another user"

    /// Says who it is and what it has, as `key=value` lines.
    private static let look = """
        echo "ids=$(id -u) $(id -g) $(id -G)"; echo "umask=$(umask)"; echo "files=$(ulimit -Hn)"
        printf open=; for f in /proc/$$/fd/?; do [ -e $f ] && printf %s ${f##*/}; done; echo
        sed -nE 's/^(CapBnd|CapEff|NoNewPrivs|SigIgn|SigBlk):[[:space:]]*/\\1=/p' /proc/self/status
        pwd | sed 's/^/cwd=/'; env
        """

    private func fields(_ text: String) -> [String: String] {
        Dictionary(
            text.split(separator: "\n").compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }, uniquingKeysWith: { first, _ in first })
    }

    private func expectNobody(_ found: [String: String], in folder: String, _ comment: Comment) {
        #expect(found["ids"] == "65534 65534 65534", comment)
        #expect(found["umask"] == "0027", comment)
        #expect(found["files"] == "100", comment)
        #expect(found["CapBnd"] == "0000000000000000", comment)
        #expect(found["CapEff"] == "0000000000000000", comment)
        #expect(found["NoNewPrivs"] == "1", comment)
        #expect(found["SigIgn"] == "0000000000000000", comment)
        #expect(found["SigBlk"] == "0000000000000000", comment)
        #expect(found["open"] == "012", comment)
        #expect(found["cwd"] == folder, comment)
        #expect(found["HOME"] == "/nonexistent", comment)
        #expect(found["USER"] == "nobody", comment)
        #expect(found["LOGNAME"] == "nobody", comment)
        #expect(found["SHELL"] == "/usr/sbin/nologin", comment)
        #expect(found["OWN"] == "1", comment)
        #expect(found["WANTED"] == "w", comment)
        for name in ["DB_PASSWORD", "MCTL_API_TOKEN", "NOTIFY_SOCKET", "MCTL_SOCKET_PATH"] {
            #expect(found[name] == nil, comment)
        }
    }

    @Test(
        "a run, its probe and a run in the foreground are the same user with the same rights",
        .enabled(if: isRoot, needsRoot))
    func threeWays() async throws {
        try await withHost { host in
            let secrets = [
                "DB_PASSWORD": "p", "MCTL_API_TOKEN": "token-of-the-daemon", "NOTIFY_SOCKET": "/n", "WANTED": "w",
            ]
            try host.write(Self.look, to: "look.sh")
            try host.write("", to: "probe")
            chmod("\(host.folder)/probe", 0o666)
            try host.write(
                """
                name: a
                command: [sh, -c, "sh ./look.sh; exec sleep $LONG"]
                user: nobody
                umask: 027
                limits: {open_files: 100}
                inherit_env: [WANTED]
                env: {OWN: 1, LONG: 300}
                ready: {exec: [sh, -c, "sh ./look.sh >probe"]}

                """, to: "configs/a.yaml")
            try host.write(
                "name: after\ncommand: [sleep, 300]\ndepends_on: [a]\n", to: "configs/after.yaml")
            // A daemon with open files, ignored and blocked signals, as whoever started it may have left them.
            let wrapper =
                "exec 7</etc/passwd 8>/dev/null; exec env --ignore-signal=USR1,QUIT --block-signal=USR2 \"$@\""
            try await host.up(through: ["/bin/sh", "-c", wrapper, "sh"], environment: secrets)
            _ = try await host.until("after", "runs, since the probe said so") { $0.status == .running }
            expectNobody(fields(host.read("logs/a.log")), in: host.folder, "run")
            expectNobody(fields(host.read("probe")), in: host.folder, "probe")

            let file = host.read("configs/a.yaml").replacingOccurrences(of: "LONG: 300", with: "LONG: 0")
            try host.write(file, to: "configs/a.yaml")
            let spoken = try await host.run("run", "a", environment: secrets)
            #expect(spoken.status == 0, "\(spoken.errors)")
            expectNobody(fields(spoken.output), in: host.folder, "foreground")
        }
    }

    @Test("a daemon that is killed in the middle of a probe leaves nothing of the probe, and all of the run")
    func killedDaemon() async throws {
        try await withHost { host in
            try host.write(
                """
                name: a
                command: [sleep, 300]
                ready:
                  exec:
                    - sh
                    - -c
                    - echo $$ >probe.new; setsid sh -c 'echo $$ >child.new; mv child.new child; exec sleep 300' &
                      mv probe.new probe; exec sleep 300

                """, to: "configs/a.yaml")
            try await host.up()
            let run = try #require(try await host.until("a", "runs") { $0.pid != nil }.pid)
            let pids = try await until("the probe is under way") {
                let pids = ["probe", "child"].compactMap {
                    Int32(host.read($0).trimmingCharacters(in: .whitespacesAndNewlines))
                }
                // One that took too long has gone, and the next one comes.
                return pids.count == 2 && pids.allSatisfy { kill($0, 0) == 0 } ? pids : nil
            }
            try await host.killDaemon()
            _ = try await until("the probe has gone") { pids.allSatisfy { kill($0, 0) != 0 } ? true : nil }
            #expect(kill(run, 0) == 0)
        }
    }

    @Test("a keeper has no environment, and its arguments are a name")
    func keeper() async throws {
        try await withHost { host in
            try host.write("name: a\ncommand: [sleep, 300]\nenv: {PASSWORD: p}\n", to: "configs/a.yaml")
            try await host.up(environment: ["DB_PASSWORD": "p"])
            let pid = try #require(try await host.until("a", "runs") { $0.pid != nil }.pid)
            let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            let keeper = try #require(stat.split(separator: ")").last?.split(separator: " ").dropFirst().first)
            #expect(try Data(contentsOf: URL(fileURLWithPath: "/proc/\(keeper)/environ")).isEmpty)
            let words = try String(contentsOfFile: "/proc/\(keeper)/cmdline", encoding: .utf8).split(separator: "\0")
            #expect(words == ["mc-keeper", "a"])
        }
    }

    @Test(
        "what a process has is compared at reload: each of these keys restarts",
        arguments: [
            "umask: '077'", "inherit_env: [WANTED]", "no_new_privileges: false", "limits: {core_mb: 1}",
            "env_file: /dev/null",
        ])
    func reload(line: String) async throws {
        try await withHost { host in
            try host.write("name: a\ncommand: [sleep, 300]\n", to: "configs/a.yaml")
            try await host.up()
            _ = try await host.until("a", "runs") { $0.pid != nil }
            try host.write("name: a\ncommand: [sleep, 300]\n\(line)\n", to: "configs/a.yaml")
            let spoken = try await host.run("reload", "--json")
            let answer = try JSONDecoder().decode(ReloadResult.self, from: Data(spoken.output.utf8))
            #expect(answer.changes.restarted == ["a"])
        }
    }

    @Test(
        "a Python function runs as another user, however tight the daemon's umask is",
        .enabled(if: isRoot, needsRoot))
    func module() async throws {
        try await withHost { host in
            try host.write("import os\n\ndef run():\n    print(os.getuid(), flush=True)\n", to: "whoami_module.py")
            try host.write(
                "name: a\nmodule: whoami_module\nrun_mode: n_times\nuser: nobody\n", to: "configs/a.yaml")
            try await host.up(through: ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"])
            let done = try await host.until("a", "has ended") { [.completed, .failed].contains($0.status) }
            #expect(done.status == .completed, "\(done.lastError ?? "")")
            #expect(host.read("logs/a.log") == "65534\n")
        }
    }

    @Test(
        "a daemon that runs as root says that another user can make it run anything", .enabled(if: isRoot, needsRoot))
    func reliance() async throws {
        try await withHost { host in
            try host.write("name: a\ncommand: [sleep, 300]\nenabled: false\n", to: "configs/a.yaml")
            try await host.up()
            #expect(!host.read("logs/daemon.log").contains("runs as root"))
            _ = try await host.run("down")
            try await host.untilDown()
            chown(host.folder + "/configs", 65534, 65534)
            chmod(host.folder, 0o777)
            try await host.up()
            #expect(host.read("logs/daemon.log").contains("so can 'nobody', whose folder '\(host.folder)/configs' is"))
            #expect(host.read("logs/daemon.log").contains("everybody who may write to its folder '\(host.folder)'"))
        }
    }

    /// Settings under which a process keeps what it may when it becomes another user, or hands it down.
    private static let keeping = [
        "setpriv", "--securebits", "+no_setuid_fixup", "--inh-caps", "+net_admin,+setuid", "--ambient-caps",
        "+net_admin,+setuid",
    ]

    @Test(
        "no setting of the process that begins it lets a workload with a user keep what root may",
        .enabled("only root can make such settings") {
            try await speak("/usr/bin/env", keeping + ["true"], in: "/").status == 0
        })
    func securebits() async throws {
        try await withHost { host in
            try host.write(
                """
                name: a
                command: [grep, -E, ^Cap, /proc/self/status]
                run_mode: n_times
                user: nobody

                """, to: "configs/a.yaml")
            let spoken = try await speak(
                "/usr/bin/env", Self.keeping + [TestHost.program, "run", "a"], in: host.folder)
            try await host.up(through: ["/usr/bin/env"] + Self.keeping)
            _ = try await host.until("a", "has ended") { $0.status == .completed }
            for text in [spoken.output, host.read("logs/a.log")] {
                let sets = text.split(separator: "\n").map { $0.split(separator: "\t").last ?? "" }
                #expect(sets == Array(repeating: "0000000000000000", count: 5))
            }
        }
    }

    // MARK: - Without root

    /// Another user can execute the program only where all folders above it can be entered.
    static let canBeNobody =
        isRoot
        && sequence(first: TestHost.program) { path in
            path.lastIndex(of: "/").map { String(path[..<$0]) }.flatMap { $0.isEmpty ? nil : $0 }
        }.allSatisfy { path in
            let mode = (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]) as? Int
            return mode.map { $0 & 1 == 1 } ?? false
        }

    @Test(
        "without root, what needs it is told and what is its own already works",
        .enabled(if: canBeNobody, "the program must be within reach of another user"),
        arguments: [
            ("user: nobody", nil), ("user: 65534", nil), ("group: 65534", nil), ("umask: 077", nil),
            ("limits: {open_files: 20}", nil),
            ("user: root", "only a daemon that runs as root can run a workload as user 'root'"),
            ("user: 0", "only a daemon that runs as root"),
            ("group: root", "only a daemon that runs as root can run a workload in group 'root'"),
            ("cpu_nice: -1", "cannot set cpu_nice -1: only root may raise the priority"),
            (
                "limits: {open_files: 1000}",
                "cannot set limits.open_files 1000: the daemon itself has less, and only root may raise it"
            ),
            ("working_dir: /root", "cannot enter the working directory '/root'"),
        ] as [(String, String?)])
    func withoutRoot(line: String, refusal: String?) async throws {
        try await withHost { host in
            try host.write("name: a\ncommand: [id, -u]\n\(line)\n", to: "configs/a.yaml")
            let spoken = try await speak(
                "/bin/sh",
                [
                    "-c", "ulimit -n 500; exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"", "sh",
                    TestHost.program, "run", "a",
                ], in: host.folder)
            if let refusal {
                #expect(spoken.status == 1)
                #expect(spoken.errors.contains(refusal), "\(spoken.errors)")
            } else {
                #expect(spoken.output == "65534\n", "\(spoken.errors)")
            }
        }
    }
}
