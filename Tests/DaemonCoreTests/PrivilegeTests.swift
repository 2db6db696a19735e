import FleetModel
import Foundation
import Testing

@testable import DaemonCore

/// What a process of a workload gets, as the process itself sees it.
///
/// Each test asks all kinds of processes: what holds for a run holds for its probe.
@Suite("Privileges of workloads")
struct PrivilegeTests {
    /// Where a process comes from that is asked.
    enum Kind: String, CaseIterable, Sendable { case run, probe }

    static let isRoot = geteuid() == 0
    static let needsRoot: Comment = "only root can become another user"

    /// Runs a script as such a process and returns what it wrote into `$1`.
    private func lines(
        _ kind: Kind, _ script: String, daemon: [String: String] = ["PATH": "/usr/bin:/bin"],
        _ change: (inout WorkloadSpec) -> Void = { _ in }
    ) async throws -> [String] {
        let shop = try Workshop(environment: daemon)
        let words = ["/bin/sh", "-c", "{ \(script)\n} >\"$1\" 2>&1", "sh", shop.path + "/said"]
        // Whoever it is may write there.
        try Data().write(to: URL(fileURLWithPath: shop.path + "/said"))
        chmod(shop.path + "/said", 0o666)
        var spec = WorkloadSpec(name: "a", program: .command(words))
        change(&spec)
        switch kind {
        case .run:
            spec.runMode = .nTimes
            try await shop.supervisor.begin([spec])
            let done = try await shop.until("a") { [.completed, .failed].contains($0.status) }
            if done.status == .failed { throw Said(reason: done.lastError ?? "") }
        case .probe:
            let plan = await shop.supervisor.plan(for: spec, generation: 1)
            switch await shop.errands.run(words, for: "ready", beside: plan, seconds: 60) {
            case .ended(.exited(0)): break
            case .failed(let reason): throw Said(reason: reason)
            case let other: throw Said(reason: "\(other)")
            }
        }
        let text = try String(contentsOfFile: shop.path + "/said", encoding: .utf8)
        await shop.close()
        return text.split(separator: "\n").map(String.init)
    }

    struct Said: Error { var reason: String }

    private func failure(_ kind: Kind, _ change: @escaping (inout WorkloadSpec) -> Void) async throws -> String {
        do {
            return "it ran: \(try await lines(kind, "true", change))"
        } catch let said as Said {
            return said.reason
        }
    }

    private func variables(_ lines: [String]) -> [String: String] {
        Dictionary(
            lines.compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: - Environment

    /// What a daemon may well have in its own, and no workload has business with.
    static let secrets = [
        "DB_PASSWORD": "p", "MCTL_API_TOKEN": "t", "MCTL_SOCKET_PATH": "/s", "NOTIFY_SOCKET": "/n", "LISTEN_FDS": "1",
        "INVOCATION_ID": "i", "JOURNAL_STREAM": "8:1", "SSH_AUTH_SOCK": "/a", "DBUS_SESSION_BUS_ADDRESS": "d",
        "LD_LIBRARY_PATH": "/l", "PYTHONPATH": "/p", "XDG_RUNTIME_DIR": "/x", "SUDO_USER": "u", "LANGUAGE": "l",
    ]

    @Test("the daemon's environment is not the workload's: what it gets is listed", arguments: Kind.allCases)
    func environment(kind: Kind) async throws {
        let daemon = Self.secrets.merging([
            "PATH": "/opt/x:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_TIME": "C", "TZ": "UTC", "HOME": "/of/the/daemon",
            "USER": "daemon", "LOGNAME": "daemon", "SHELL": "/of/the/daemon",
        ]) { $1 }
        let found = variables(try await lines(kind, "exec env", daemon: daemon))
        var expected = ["PATH": "/opt/x:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_TIME": "C", "TZ": "UTC"]
        expected["MCTL_WORKLOAD"] = "a"
        for name in ["HOME", "USER", "LOGNAME", "SHELL"] { expected[name] = try Account().variables[name] }
        #expect(found["MCTL_RUN_ID"]?.isEmpty == false)
        #expect(found.filter { !["MCTL_RUN_ID", "PWD", "OLDPWD", "SHLVL", "_"].contains($0.key) } == expected)
    }

    @Test("inherit_env names what it gets too, env has the last word, and who it is can be overridden")
    func inherited() async throws {
        let daemon = Self.secrets.merging(["PATH": "/usr/bin:/bin", "HOME": "/h"]) { $1 }
        let found = variables(
            try await lines(.run, "exec env", daemon: daemon) {
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

    @Test("a daemon without a PATH gives one that finds programs", arguments: Kind.allCases)
    func path(kind: Kind) async throws {
        #expect(
            try await lines(kind, "echo $PATH", daemon: [:]) == [
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            ])
    }

    // MARK: - Who it is

    @Test(
        "user is the user with its own groups, HOME, USER, LOGNAME and SHELL", .enabled(if: isRoot, needsRoot),
        arguments: Kind.allCases)
    func user(kind: Kind) async throws {
        let script = "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL; grep -E '^(Uid|Gid):' /proc/self/status"
        let found = try await lines(kind, script) { $0.user = "nobody" }
        let account = try Account(user: "nobody")
        #expect(found.prefix(3) == ["\(account.uid)", "\(account.gid)", account.groups.map(String.init).joined()])
        #expect(found[3] == "\(account.home) nobody nobody \(account.shell)")
        let ids = found.suffix(2).map { $0.split(separator: "\t").dropFirst().map(String.init) }
        #expect(ids[0] == Array(repeating: "\(account.uid)", count: 4))
        #expect(ids[1] == Array(repeating: "\(account.gid)", count: 4))
    }

    @Test(
        "a number without an account is a user too, with a group beside it", .enabled(if: isRoot, needsRoot),
        arguments: Kind.allCases)
    func number(kind: Kind) async throws {
        let found = try await lines(kind, "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL") {
            $0.user = "54321"
            $0.group = "54322"
        }
        #expect(found == ["54321", "54322", "54322", "/ 54321 54321 /bin/sh"])
    }

    @Test("group alone changes the group alone", .enabled(if: isRoot, needsRoot), arguments: Kind.allCases)
    func group(kind: Kind) async throws {
        let found = try await lines(kind, "id -u; id -g") { $0.group = "daemon" }
        #expect(found == ["0", "1"])
    }

    @Test(
        "who can't be found is told", .enabled(if: isRoot, needsRoot),
        arguments: [
            ("no-such-user", nil, "there is no user 'no-such-user'"), (nil, "no-such-group", "there is no group"),
            ("54321", nil, "say 'group' too"),
        ] as [(String?, String?, String)])
    func strangers(user: String?, group: String?, reason: String) async throws {
        for kind in Kind.allCases {
            let said = try await failure(kind) {
                $0.user = user
                $0.group = group
            }
            #expect(said.contains(reason), "\(said)")
        }
    }

    // MARK: - What it may

    private static let status = "exec grep -E '^(Cap|NoNew|Sig(Blk|Ign|Cgt)|Groups)' /proc/self/status"

    private func status(_ lines: [String]) -> [String: String] {
        Dictionary(
            lines.map { line in
                let words = line.split(separator: ":", maxSplits: 1)
                return (String(words[0]), words[1].trimmingCharacters(in: .whitespaces))
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test(
        "with a user there is no capability in any set and no way to gain one", .enabled(if: isRoot, needsRoot),
        arguments: Kind.allCases)
    func capabilities(kind: Kind) async throws {
        let found = status(try await lines(kind, Self.status) { $0.user = "nobody" })
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(found[set] == "0000000000000000", "\(set)")
        }
        #expect(found["NoNewPrivs"] == "1")
    }

    @Test(
        "no_new_privileges is set unless it is refused, and no signal is blocked or ignored", arguments: Kind.allCases)
    func status(kind: Kind) async throws {
        for wanted in [true, false] {
            let found = status(try await lines(kind, Self.status) { $0.noNewPrivileges = wanted })
            #expect(found["NoNewPrivs"] == (wanted ? "1" : "0"))
            #expect(found["SigBlk"] == "0000000000000000")
            #expect(found["SigIgn"] == "0000000000000000")
        }
    }

    @Test(
        "a setuid program gives nothing under no_new_privileges, and something without",
        .enabled(if: isRoot, needsRoot), arguments: Kind.allCases)
    func setuid(kind: Kind) async throws {
        let folder = "/tmp/mctl-setuid-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: "/usr/bin/id", toPath: folder + "/id")
        chmod(folder + "/id", 0o4755)
        for (isSafe, expected) in [(true, "65534"), (false, "0")] {
            let found = try await lines(kind, "\(folder)/id -u") {
                $0.user = "65534"
                $0.group = "65534"
                $0.noNewPrivileges = isSafe
            }
            #expect(found == [expected])
        }
    }

    @Test("it has nothing open but its input and output, and a session of its own", arguments: Kind.allCases)
    func descriptors(kind: Kind) async throws {
        let script = "for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done; cut -d' ' -f1,5,6,7 /proc/$$/stat"
        let found = try await lines(kind, script)
        // The shell may keep a copy of what it redirected, from 10 on.
        #expect(found.dropLast().allSatisfy { ["0", "1", "2"].contains($0) || (Int($0) ?? 0) >= 10 }, "\(found)")
        let ids = found.last?.split(separator: " ").map(String.init) ?? []
        #expect(ids.count == 4 && ids[1] == ids[0] && ids[2] == ids[0])
        #expect(ids.last == "0")
    }

    // MARK: - How much it may

    @Test("umask is the daemon's unless it is said, and limits are what is said", arguments: Kind.allCases)
    func limits(kind: Kind) async throws {
        let script = "umask; ulimit -n; ulimit -Hn; ulimit -c; ulimit -f; ulimit -v; nice"
        let found = try await lines(kind, script) {
            $0.umask = 0o027
            $0.limits.openFiles = 50
            $0.limits.coreMB = 0
            $0.limits.fileMB = 2
            $0.memoryLimitMB = 300
            $0.cpuNice = 7
        }
        #expect(found == ["0027", "50", "50", "0", "4096", "307200", "7"])
        let own = umask(0)
        umask(own)
        #expect(try await lines(kind, "umask") == ["0" + String(format: "%03o", own)])
    }

    @Test("root may have a higher priority", .enabled(if: isRoot, needsRoot), arguments: Kind.allCases)
    func priority(kind: Kind) async throws {
        #expect(try await lines(kind, "nice") { $0.cpuNice = -3 } == ["-3"])
    }

    @Test("a limit of processes is the user's", .enabled(if: isRoot, needsRoot), arguments: Kind.allCases)
    func processes(kind: Kind) async throws {
        let found = try await lines(kind, "exec grep -E 'Max processes' /proc/self/limits") {
            $0.user = "54321"
            $0.group = "54321"
            $0.limits.processes = 33
        }
        #expect(found.first?.split(separator: " ").prefix(4).joined(separator: " ") == "Max processes 33 33")
    }

    @Test("a limit that the kernel does not allow is told with its key")
    func tooMuch() async throws {
        for kind in Kind.allCases {
            let said = try await failure(kind) { $0.limits.openFiles = 1_000_000_000 }
            #expect(said.contains("cannot set limits.open_files 1000000000"), "\(said)")
        }
    }

    // MARK: - Where it is

    @Test(
        "a folder that is closed to the user is closed to the workload, though root could enter",
        .enabled(if: isRoot, needsRoot), arguments: Kind.allCases)
    func closedFolder(kind: Kind) async throws {
        let said = try await failure(kind) {
            $0.user = "nobody"
            $0.workingDir = "/root"
        }
        #expect(said.contains("cannot enter the working directory '/root' as user 'nobody'"), "\(said)")
    }

    @Test("a daemon that runs as root says in whose folders it relies on others")
    func rootFolders() {
        #expect(RootFolders.notice("/f", owner: 0, mode: 0o755) == nil)
        #expect(RootFolders.notice("/f", owner: 0, mode: 0o1777) == nil)
        #expect(
            RootFolders.notice("/f", owner: 65534, mode: 0o755)
                == "the daemon runs as root, and so can 'nobody', whose folder '/f' is; make it root's alone, or run "
                + "the daemon as a user of its own")
        #expect(RootFolders.notice("/f", owner: 0, mode: 0o775)?.contains("everybody who may write") == true)
        #expect(RootFolders.notice("/f", owner: 0, mode: 0o777)?.contains("everybody who may write") == true)
    }

    // MARK: - env_file

    @Test("env_file comes after what is inherited and before env", arguments: Kind.allCases)
    func environmentFile(kind: Kind) async throws {
        let file = try scratch(
            "# who\n\nDB_PASSWORD = x\n".replacingOccurrences(of: " = ", with: "=") + "B=\"a b\"\r\nC=\n  D='#'")
        defer { unlink(file) }
        let daemon = ["PATH": "/usr/bin:/bin", "DB_PASSWORD": "daemon's"]
        let found = variables(
            try await lines(kind, "exec env", daemon: daemon) {
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
            ("A=1\nB\n", 0o600, "line 2"), ("A=1\n B C=1\n", 0o600, "line 2"), ("A=1", 0o666, "nobody else may write"),
            ("A=\0", 0o600, "zero byte"), (String(repeating: "A=1\n", count: 20_000), 0o600, "larger than 64 KiB"),
        ] as [(String, mode_t, String)])
    func badEnvironmentFile(text: String, mode: mode_t, reason: String) async throws {
        let file = try scratch(text)
        chmod(file, mode)
        defer { unlink(file) }
        for kind in Kind.allCases {
            let said = try await failure(kind) { $0.envFile = file }
            #expect(said.contains(reason), "\(said)")
        }
    }

    @Test("an env_file that is no file, or none that the user may read, begins nothing")
    func noEnvironmentFile() async throws {
        #expect(try await failure(.run) { $0.envFile = "/no/such/file" }.contains("No such file"))
        #expect(try await failure(.run) { $0.envFile = "/dev/zero" }.contains("not a regular file"))
        guard Self.isRoot else { return }
        // It is read by the workload's user: a link to what is root's gives nothing away.
        let link = try scratch("")
        unlink(link)
        symlink("/etc/shadow", link)
        defer { unlink(link) }
        let said = try await failure(.run) {
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
