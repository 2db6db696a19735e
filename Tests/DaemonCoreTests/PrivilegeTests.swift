import FleetModel
import Foundation
import Testing

@testable import DaemonCore

@Suite("Privileges of workloads")
struct PrivilegeTests {
    private let rig = ProcessRig()

    // MARK: - Who it is

    @Test(
        "user is the user with its own groups, HOME, USER, LOGNAME and SHELL",
        .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: ProcessRig.Kind.allCases)
    func user(kind: ProcessRig.Kind) async throws {
        let script = "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL; grep -E '^(Uid|Gid):' /proc/self/status"
        let found = try await rig.lines(kind, script) { $0.user = "nobody" }
        let account = try Account(user: "nobody")
        #expect(found.prefix(3) == ["\(account.uid)", "\(account.gid)", account.groups.map(String.init).joined()])
        #expect(found[3] == "\(account.home) nobody nobody \(account.shell)")
        let ids = found.suffix(2).map { $0.split(separator: "\t").dropFirst().map(String.init) }
        #expect(ids[0] == Array(repeating: "\(account.uid)", count: 4))
        #expect(ids[1] == Array(repeating: "\(account.gid)", count: 4))
    }

    @Test(
        "a number without an account is a user too, with a group beside it",
        .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: ProcessRig.Kind.allCases)
    func number(kind: ProcessRig.Kind) async throws {
        let found = try await rig.lines(kind, "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL") {
            $0.user = "54321"
            $0.group = "54322"
        }
        #expect(found == ["54321", "54322", "54322", "/ 54321 54321 /bin/sh"])
    }

    @Test(
        "group alone changes the group alone", .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: ProcessRig.Kind.allCases)
    func group(kind: ProcessRig.Kind) async throws {
        let found = try await rig.lines(kind, "id -u; id -g") { $0.group = "daemon" }
        #expect(found == ["0", "1"])
    }

    @Test(
        "who can't be found is told", .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: [
            ("no-such-user", nil, "there is no user 'no-such-user'"), (nil, "no-such-group", "there is no group"),
            ("54321", nil, "say 'group' too"),
        ] as [(String?, String?, String)])
    func strangers(user: String?, group: String?, reason: String) async throws {
        for kind in ProcessRig.Kind.allCases {
            let said = try await rig.failure(kind) {
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
        "with a user there is no capability in any set and no way to gain one",
        .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: ProcessRig.Kind.allCases)
    func capabilities(kind: ProcessRig.Kind) async throws {
        let found = status(try await rig.lines(kind, Self.status) { $0.user = "nobody" })
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(found[set] == "0000000000000000", "\(set)")
        }
        #expect(found["NoNewPrivs"] == "1")
    }

    @Test(
        "no_new_privileges is set unless it is refused, and no signal is blocked or ignored",
        arguments: ProcessRig.Kind.allCases)
    func status(kind: ProcessRig.Kind) async throws {
        for wanted in [true, false] {
            let found = status(try await rig.lines(kind, Self.status) { $0.noNewPrivileges = wanted })
            #expect(found["NoNewPrivs"] == (wanted ? "1" : "0"))
            #expect(found["SigBlk"] == "0000000000000000")
            #expect(found["SigIgn"] == "0000000000000000")
        }
    }

    @Test(
        "a setuid program gives nothing under no_new_privileges, and something without",
        .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot), arguments: ProcessRig.Kind.allCases)
    func setuid(kind: ProcessRig.Kind) async throws {
        let folder = "/tmp/mctl-setuid-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: "/usr/bin/id", toPath: folder + "/id")
        chmod(folder + "/id", 0o4755)
        for (isSafe, expected) in [(true, "65534"), (false, "0")] {
            let found = try await rig.lines(kind, "\(folder)/id -u") {
                $0.user = "65534"
                $0.group = "65534"
                $0.noNewPrivileges = isSafe
            }
            #expect(found == [expected])
        }
    }

    @Test("it has nothing open but its input and output, and a session of its own", arguments: ProcessRig.Kind.allCases)
    func descriptors(kind: ProcessRig.Kind) async throws {
        let script = "for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done; cut -d' ' -f1,5,6,7 /proc/$$/stat"
        let found = try await rig.lines(kind, script)
        // The shell may keep a copy of what it redirected, from 10 on.
        #expect(found.dropLast().allSatisfy { ["0", "1", "2"].contains($0) || (Int($0) ?? 0) >= 10 }, "\(found)")
        let ids = found.last?.split(separator: " ").map(String.init) ?? []
        #expect(ids.count == 4 && ids[1] == ids[0] && ids[2] == ids[0])
        #expect(ids.last == "0")
    }

    // MARK: - How much it may

    @Test("umask is the daemon's unless it is said, and limits are what is said", arguments: ProcessRig.Kind.allCases)
    func limits(kind: ProcessRig.Kind) async throws {
        let script = "umask; ulimit -n; ulimit -Hn; ulimit -c; ulimit -f; ulimit -v; nice"
        let found = try await rig.lines(kind, script) {
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
        #expect(try await rig.lines(kind, "umask") == ["0" + String(format: "%03o", own)])
    }

    @Test(
        "root may have a higher priority", .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: ProcessRig.Kind.allCases)
    func priority(kind: ProcessRig.Kind) async throws {
        #expect(try await rig.lines(kind, "nice") { $0.cpuNice = -3 } == ["-3"])
    }

    @Test(
        "a limit of processes is the user's", .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot),
        arguments: ProcessRig.Kind.allCases)
    func processes(kind: ProcessRig.Kind) async throws {
        let found = try await rig.lines(kind, "exec grep -E 'Max processes' /proc/self/limits") {
            $0.user = "54321"
            $0.group = "54321"
            $0.limits.processes = 33
        }
        #expect(found.first?.split(separator: " ").prefix(4).joined(separator: " ") == "Max processes 33 33")
    }

    @Test("a limit that the kernel does not allow is told with its key")
    func tooMuch() async throws {
        for kind in ProcessRig.Kind.allCases {
            let said = try await rig.failure(kind) { $0.limits.openFiles = 1_000_000_000 }
            #expect(said.contains("cannot set limits.open_files 1000000000"), "\(said)")
        }
    }

    // MARK: - Where it is

    @Test(
        "a folder that is closed to the user is closed to the workload, though root could enter",
        .enabled(if: ProcessRig.isRoot, ProcessRig.needsRoot), arguments: ProcessRig.Kind.allCases)
    func closedFolder(kind: ProcessRig.Kind) async throws {
        let said = try await rig.failure(kind) {
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
}
