import FleetConfig
import FleetModel
import Foundation
import Testing

@Suite("Files of workloads")
struct WorkloadFilesTests {
    private static func workload(_ name: String, _ more: String = "") -> String {
        "name: \(name)\ncommand: [x]\n\(more)"
    }

    @Test("directories are read recursively, in the order of their names; other files are left alone")
    func recursion() throws {
        let folder = try ConfigFolder([
            "b.yaml": Self.workload("b"), "a/z.yml": Self.workload("z"), "a/deep/y.yaml": Self.workload("y"),
            "list.yaml": "workloads:\n- {name: l1, command: [x]}\n- {name: l2, command: [x]}\n",
            "daemon.yaml": "fleet: {}\n", "vars.yaml": "x: y\n", "inventory.yaml": "clients: []\n",
            "a/daemon.yaml": "not: read\n", ".hidden.yaml": "not: read\n", ".git/x.yaml": "not: read\n",
            "notes.txt": "not: read\n", "none.yaml": "workloads: []\n",
        ])
        let reading = folder.workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs.map(\.name) == ["y", "z", "b", "l1", "l2"])
        #expect(reading.fileCount == 5)
    }

    @Test(
        "a file that was emptied is an error: nobody said that its workloads are to go",
        arguments: [
            "", "\n", "# nothing\n", "---\n", "workloads:\n", "vars: {a: b}\n", "vars: {a: b}\nworkloads: ~\n",
            "null\n",
        ])
    func emptied(text: String) throws {
        let reading = try ConfigFolder(["a.yaml": text, "b.yaml": Self.workload("b")]).workloads()
        #expect(reading.specs.map(\.name) == ["b"])
        #expect(
            reading.issues.map(\.message) == [
                "the file holds no workload; remove the file, or write 'workloads: []' where that is meant"
            ])
    }

    @Test("of a workload that is in no valid file, it is said which file may hold it")
    func uncertainty() throws {
        let folder = try ConfigFolder([
            "a.yaml": "name: a\ncomand: [x]\n", "b.yaml": "name: b\ncommand: [x\n", "c.yaml": Self.workload("c"),
            "d.yaml": Self.workload("d", "depends_on: [b]\n"),
        ])
        let reading = folder.workloads()
        #expect(reading.specs.map(\.name) == ["c"])
        func file(_ name: String, _ last: String?) -> String? {
            reading.uncertainty(of: name, lastSeenIn: last.map { folder.path + "/" + $0 })
                .map { String($0.file.dropFirst(folder.path.count + 1)) }
        }
        #expect(file("a", nil) == "a.yaml")
        #expect(file("b", "b.yaml") == "b.yaml")
        #expect(file("d", "d.yaml") == "d.yaml")
        // Its file is there no more, or was never known: some file that is not valid may hold it now.
        #expect(file("e", "e.yaml") != nil)
        #expect(file("e", nil) != nil)
        #expect(
            try ConfigFolder(["c.yaml": Self.workload("c")]).workloads().uncertainty(of: "e", lastSeenIn: nil) == nil)
        let gone = ConfigurationReader(environment: [:]).workloads(in: [WorkloadDirectory(path: folder.path + "/gone")])
        #expect(gone.uncertainty(of: "x", lastSeenIn: folder.path + "/gone/x.yaml")?.file == folder.path + "/gone")
    }

    @Test("valid files are used even where others have errors; a file with an error is not used at all")
    func validFilesRun() throws {
        let folder = try ConfigFolder([
            "good.yaml": Self.workload("good"),
            "bad.yaml": "workloads:\n- {name: fine, command: [x]}\n- {name: wrong, command: 5}\n",
        ])
        let reading = folder.workloads()
        #expect(reading.specs.map(\.name) == ["good"])
        #expect(reading.issues.map(\.line) == [3])
        #expect(reading.issues.first?.file == folder.path + "/bad.yaml")
    }

    @Test(
        "no workload is called daemon or central, as it would write into the log of that",
        arguments: ["daemon", "central"])
    func reservedName(_ name: String) throws {
        let reading = try ConfigFolder(["a.yaml": Self.workload(name)]).workloads()
        #expect(reading.specs.isEmpty)
        #expect(
            reading.issues.short == [
                "1:7: the name '\(name)' is the \(name)'s own, whose log a workload of that name would write to; choose another one"
            ])
    }

    @Test("a name that two files use is reported in both, and neither is used")
    func duplicates() throws {
        let folder = try ConfigFolder([
            "a.yaml": Self.workload("same"),
            "b.yaml": "workloads:\n- command: [x]\n  name: same\n- {name: c, command: [x]}\n",
        ])
        let reading = folder.workloads()
        #expect(reading.specs.map(\.name) == ["c"])
        #expect(
            reading.issues.short == [
                "1:7: the name 'same' is used in \(folder.path)/b.yaml:3 too; rename one of them",
                "3:9: the name 'same' is used in \(folder.path)/a.yaml:1 too; rename one of them",
            ])
    }

    @Test("a release and the client's own files share their names, and a release marks what comes from it")
    func releases() throws {
        let own = try ConfigFolder(["a.yaml": Self.workload("a")])
        let release = try ConfigFolder(["configs/b.yaml": Self.workload("b"), "configs/c.yaml": Self.workload("a")])
        let directories = [
            WorkloadDirectory(path: own.path),
            WorkloadDirectory(path: release.path + "/configs", releaseRoot: release.path),
        ]
        let reading = ConfigurationReader(environment: [:]).workloads(in: directories)
        #expect(reading.specs.map(\.name) == ["b"])
        #expect(reading.specs.first?.releaseRoot == release.path)
        #expect(reading.issues.count == 2)
    }

    @Test("a missing directory is an error, but not where a release is not there yet")
    func missingDirectory() throws {
        let folder = try ConfigFolder()
        let missing = folder.path + "/missing"
        let reader = ConfigurationReader(environment: [:])
        let primary = reader.workloads(in: [WorkloadDirectory(path: missing)])
        #expect(primary.issues.map(\.file) == [missing])
        #expect(primary.issues.first?.message.contains("does not exist") == true)
        #expect(reader.workloads(in: [WorkloadDirectory(path: missing, releaseRoot: "/r")]).issues == [])
        try folder.write("x", to: "file")
        #expect(reader.workloads(in: [WorkloadDirectory(path: folder.path + "/file")]).issues.count == 1)
    }

    @Test("links are followed and loops of them end")
    func links() throws {
        let elsewhere = try ConfigFolder(["x.yaml": Self.workload("x")])
        let folder = try ConfigFolder(["a.yaml": Self.workload("a")])
        try folder.link("more", to: elsewhere.path)
        try folder.link("again", to: elsewhere.path)
        try folder.link("loop", to: folder.path)
        try folder.link("self.yaml", to: "self.yaml")
        try folder.link("gone.yaml", to: "nowhere")
        let reading = folder.workloads()
        #expect(reading.specs.map(\.name).sorted() == ["a", "x"])
        #expect(reading.issues.map { String($0.file.dropFirst(folder.path.count)) } == ["/gone.yaml", "/self.yaml"])
    }

    @Test("deep directories, large files, pipes and names of other files are refused, not read")
    func bounds() throws {
        let folder = try ConfigFolder(["daemon.yml": "fleet: {}\n"])
        try folder.write(Self.workload("far"), to: Array(repeating: "d", count: 20).joined(separator: "/") + "/x.yaml")
        try folder.write(Data(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1), to: "large.yaml")
        try folder.write(Data(repeating: UInt8(ascii: "#"), count: 1 << 20), to: "just-right.yaml")
        try folder.write("", to: "dir.yaml/x.txt")
        mkfifo(folder.path + "/pipe.yaml", 0o600)
        let messages = folder.workloads().issues.map(\.message).sorted()
        #expect(
            messages == [
                "directories are nested more than 16 deep here", "is larger than 1024 KiB", "is not a regular file",
                "is not read under this name; call it daemon.yaml",
                "the file holds no workload; remove the file, or write 'workloads: []' where that is meant",
            ])
    }

    @Test("a dependency must exist, and what depends on something broken cannot run either")
    func dependencies() throws {
        let folder = try ConfigFolder([
            "a.yaml": Self.workload("a", "depends_on: [b]\n"), "b.yaml": Self.workload("b"),
            "c.yaml": Self.workload("c", "depends_on: [broken]\n"), "d.yaml": Self.workload("d", "depends_on: [c]\n"),
            "e.yaml": Self.workload("e", "depends_on: [bb]\n"), "broken.yaml": Self.workload("broken", "timeout: x\n"),
        ])
        let reading = folder.workloads()
        #expect(reading.specs.map(\.name) == ["a", "b"])
        #expect(
            reading.issues.filter { !$0.file.hasSuffix("broken.yaml") }.short == [
                "3:14: 'e' depends on 'bb', which is no workload; did you mean 'b'?",
                "3:14: 'c' depends on 'broken', which cannot run because of its own errors",
                "3:14: 'd' depends on 'c', which cannot run because of its own errors",
            ])
    }

    @Test("a circle of dependencies is reported once, with the way round")
    func cycles() throws {
        let folder = try ConfigFolder([
            "w.yaml": """
            workloads:
            - {name: a, command: [x], depends_on: [b]}
            - {name: b, command: [x], depends_on: [c, d]}
            - {name: c, command: [x], depends_on: [a]}
            - {name: d, command: [x]}
            """
        ])
        let reading = folder.workloads()
        #expect(reading.issues.short == ["2:40: the dependencies go round in a circle: 'a' → 'b' → 'c' → 'a'"])
        #expect(reading.specs.map(\.name) == ["d"])
    }

    @Test("a chain of two thousand dependencies is no trouble")
    func longChain() throws {
        let lines = (0..<2000).map { "- {name: w\($0), command: [x], depends_on: [w\($0 + 1)]}" }
        let folder = try ConfigFolder([
            "w.yaml": "workloads:\n" + lines.joined(separator: "\n") + "\n- {name: w2000, command: [x]}\n"
        ])
        let reading = folder.workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs.count == 2001)
    }
}
