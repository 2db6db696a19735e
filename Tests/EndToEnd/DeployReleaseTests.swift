import Foundation
import TestSupport
import Testing

/// What a release may hold, and that all of it is what is compared.
@Suite("The deploy script and what is in a release", .serialized, .timeLimit(.minutes(10)))
struct DeployReleaseTests {
    /// Changes of `releases/1` that leave the contents of its files as they are.
    static let changes: [(change: String, seen: String)] = [
        ("chmod 755 data/same", "[ -x data/same ]"),
        ("chmod 600 data/version", "[ \"$(stat -c %a data/version)\" = 600 ]"),
        ("chmod 700 data", "[ \"$(stat -c %a data)\" = 700 ]"),
        ("chmod 750 .", "[ \"$(stat -c %a .)\" = 750 ]"),
        ("ln -s data/same link", "[ \"$(readlink link)\" = data/same ]"),
        ("ln -sfn data/version link", "[ \"$(readlink link)\" = data/version ]"),
        ("rm link", "[ ! -L link ]"),
        ("mkdir -p empty/deep", "[ -d empty/deep ]"),
        ("rmdir empty/deep empty", "[ ! -e empty ]"),
        ("mv data/same 'data/other name'", "[ -f 'data/other name' ]"),
        ("ln -s nowhere data/dangling", "[ -L data/dangling ]"),
    ]

    @Test("the same version with another mode, link, name or empty folder is brought")
    func changes() async throws {
        try await ScriptRig.with { rig in
            #expect(try await rig.sync("1").status == 0)
            for (change, seen) in Self.changes {
                let changed = try await rig.shell("cd releases/1; \(change)")
                #expect(changed.status == 0, "\(change): \(changed.errors)")
                let spoken = try await rig.sync("1")
                #expect(spoken.status == 0, "\(change): \(spoken.errors)")
                #expect(!spoken.output.contains("lies there already"), "\(change): \(spoken.output)")
                #expect(try await rig.shell("cd there/current/; \(seen)").status == 0, "\(change)")
            }
            let again = try await rig.sync("1")
            #expect(again.output.contains("lies there already"), "\(again.output)\(again.errors)")
        }
    }

    /// What makes `releases/1` none, and what is said of it.
    static let refused: [(does: String, says: String)] = [
        ("chmod u+s data/same", "'./data/same' is setuid, setgid or sticky"),
        ("chmod g+s data/same", "is setuid, setgid or sticky"),
        ("chmod g+s data", "'./data' is setuid, setgid or sticky"), ("chmod +t data", "is setuid, setgid or sticky"),
        ("mkfifo data/fifo", "'./data/fifo' is neither a file nor a folder nor a link"),
        ("ln -s /etc/passwd data/link", "the link './data/link' leads out of the release"),
        ("ln -s ../../x data/link", "leads out of the release"), ("ln -s .. link", "leads out of the release"),
        ("ln -s ../1/data link", "leads out of the release"),
        ("ln -s data/../../1/data link", "leads out of the release"),
        ("ln -s . data/a; ln -s a/a/../../x data/link", "leads through others out of the release"),
        ("ln -s .. data/up; ln -s data/up/.. out", "leads through others out of the release"),
        ("touch \"$(printf 'data/two\\nlines')\"", "'./data/two?lines' has a control character in its name"),
        ("touch \"$(printf 'data/\\033[2J')\"", "has a control character in its name"),
        ("ln -s \"$(printf 'a\\nb')\" link", "has a control character in its target"),
        ("chmod 555 data", "not readable and writable by its owner"),
        ("chmod 200 data/same", "not readable by its owner"),
        ("rm -r data configs", "there is nothing in"),
    ]

    @Test("what could do harm or cannot be compared is refused here, with a sentence", arguments: refused)
    func refusedHere(bad: (does: String, says: String)) async throws {
        try await withHost { host in
            try host.write("clients: []\n", to: "inventory.yaml")
            for name in ["data/same", "configs/app.yaml"] { try host.write("text\n", to: "releases/1/\(name)") }
            let made = try await speak("/bin/sh", ["-euc", "cd releases/1; \(bad.does)"], in: host.folder)
            #expect(made.status == 0, "\(made.errors)")
            let spoken = try await speak(
                DeployFleet.script, ["--client", "n1", "--sync-only", "--version", "1"], in: host.folder,
                environment: [
                    "MCTL_PROGRAM": "/bin/true",
                    "MCTL_INVENTORY_ENTRY": "n1\t127.0.0.1\t9100\t-\t\(try freePort())\t-\t/opt/x\t-\t-",
                ])
            #expect(spoken.status == 1)
            #expect(spoken.errors.contains(bad.says), "\(spoken.errors)")
            #expect(spoken.errors.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) }, "\(spoken.errors)")
            _ = try await speak("/bin/chmod", ["-R", "u+rwX", "releases"], in: host.folder)
        }
    }

    @Test("links within a release go along, also such as lead up and in circles")
    func links() async throws {
        try await ScriptRig.with { rig in
            try await rig.shell(
                "cd releases/1; mkdir -p a/b; ln -s ../../data/same a/b/up; ln -s a dir; ln -s dir/b/up far; ln -s me me"
            )
            let spoken = try await rig.sync("1")
            #expect(spoken.status == 0, "\(spoken.errors)")
            #expect(rig.host.read("there/current/far") == "the same\n")
        }
    }

    @Test("what became odd on the client is not switched to")
    func refusedThere() async throws {
        try await ScriptRig.with { rig in
            for version in ["1", "2"] { #expect(try await rig.sync(version).status == 0) }
            try await rig.shell("chmod u+s there/releases/1/data/same; mv releases/1 aside")
            let spoken = try await rig.sync("1")
            #expect(spoken.status == 1)
            #expect(spoken.errors.contains("release 1 is refused: './data/same' is setuid"), "\(spoken.errors)")
            #expect(rig.current == "releases/2")
            try await rig.shell("mv aside releases/1")
            let brought = try await rig.sync("1")
            #expect(brought.status == 0, "\(brought.errors)")
            #expect(brought.output.contains("is damaged; bringing it anew"), "\(brought.output)")
            #expect(try await rig.shell("[ ! -u there/releases/1/data/same ]").status == 0)
        }
    }

    @Test("both texts that go to clients say the same under every shell", arguments: ["dash", "bash", "busybox"])
    func shells(shell: String) async throws {
        try await withHost { host in
            let made = try await speak(
                "/bin/sh",
                [
                    "-euc",
                    "mkdir -p r/a/b r/empty; echo 1 >'r/a/b/x y'; ln -s b/x r/a/l; chmod 711 r/empty; mkfifo r/f",
                ],
                in: host.folder)
            #expect(made.status == 0, "\(made.errors)")
            let text = ". '\((DeployFleet.script as NSString).deletingLastPathComponent)/deploy/release.sh'\n"
            let program = "release_refusal r; rm -f r/f; release_refusal r; release_sum r; release_manifest r"
            let words = shell == "busybox" ? ["busybox", "sh", "-euc"] : [shell, "-euc"]
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/" + words[0]) else { return }
            let spoken = try await speak(
                "/usr/bin/" + words[0], Array(words.dropFirst()) + [text + program], in: host.folder)
            #expect(spoken.status == 0, "\(spoken.errors)")
            #expect(spoken.lines.first == "'./f' is neither a file nor a folder nor a link")
            #expect(
                spoken.lines.dropFirst(2).joined(separator: "\n").hasPrefix("d 711 empty\nd 755 \nd 755 a\nd 755 a/b"))
            #expect(spoken.output.contains("l a/l//b/x\n"))
            // Known beforehand: a change of the form would make every client's releases count as changed.
            #expect(spoken.lines.dropFirst().first?.count == 64)
        }
    }

    @Test("a list of checksums that an older script left is as good, with the release here and without it")
    func olderList() async throws {
        try await ScriptRig.with { rig in
            for version in ["1", "2"] { #expect(try await rig.sync(version).status == 0) }
            let older = """
                cd there/releases
                (cd 1 && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum) >.checksums/1
                """
            try await rig.shell(older)
            let there = try await rig.sync("1")
            #expect(there.status == 0, "\(there.errors)")
            #expect(there.output.contains("lies there already"), "\(there.output)")
            try await rig.shell(older + "\nmv ../../releases/1 ../../aside")
            #expect(try await rig.sync("2").status == 0)
            let alone = try await rig.sync("1")
            #expect(alone.status == 0, "\(alone.errors)")
            #expect(rig.current == "releases/1")
            #expect(try await rig.sync("2").status == 0)
            try await rig.shell(older + "\necho more >1/data/more")
            let more = try await rig.sync("1")
            #expect(more.status == 1, "one more file than the list has")
            #expect(rig.current == "releases/2")
        }
    }

    @Test("a version that ends like our own folders once did is a version like others, and folders of others stay")
    func names() async throws {
        try await ScriptRig.with { rig in
            let versions = ["4.0.replaced", "4.0", "incoming-1", "checksums.new"]
            for version in versions { try rig.release(version) }
            for version in versions {
                let spoken = try await rig.sync(version)
                #expect(spoken.status == 0, "\(version): \(spoken.errors)")
            }
            try FileManager.default.createDirectory(
                atPath: rig.home + "/releases/9.replaced", withIntermediateDirectories: true)
            for version in ["1", "2", "4.0"] { #expect(try await rig.sync(version).status == 0) }
            let kept = try FileManager.default.contentsOfDirectory(atPath: rig.home + "/releases")
            #expect(
                Set(kept.filter { !$0.hasPrefix(".") }) == [
                    "4.0", "incoming-1", "checksums.new", "1", "2", "9.replaced",
                ])
            // A crash between two renames, of this script and of an older one.
            try await rig.shell("cd there/releases; mv 1 .replaced-1; mv 2 2.replaced")
            #expect(try await rig.sync("4.0").status == 0)
            for version in ["1", "2"] {
                #expect(rig.host.read("there/releases/\(version)/data/version") == "\(version)\n")
            }
        }
    }
}
