import FleetConfig
import FleetModel
import Foundation
import Testing

@Suite("Text that is not good YAML")
struct YAMLErrorsTests {
    @Test(
        "errors have their line and column",
        arguments: [
            ("name: a\ncommand: [x\n", "3:1: this is not valid YAML: did not find expected ',' or ']'"),
            ("name: a\n\tcommand: [x]\n", "2:1: this is not valid YAML"),
            ("name: a: b\n", "1:8: this is not valid YAML: mapping values are not allowed"),
            ("name: \"a\n", "2:1: this is not valid YAML"),
            ("name: *nobody\n", "1:7: this is not valid YAML: found undefined alias"),
            ("name: a\ncommand: [x]\n---\nname: b\n", "3:1: a file holds one document"),
            ("- a\n", "1:1: a workload file is a mapping"),
            ("just text\n", "1:1: a workload file is a mapping"),
            ("name: a\ncommand: [x, \"a\\0b\"]\n", "2:14: 'command' has an argument with a zero byte"),
            ("name: a\ncommand: [x]\nenv: {A: \"\\0\"}\n", "3:10: 'env' has a zero byte in 'A'"),
            ("name: a\ncommand: [x]\nname: b\n", "3:1: the key 'name' stands twice; the first is in line 1"),
            ("name: a\ncommand: [x]\n\"name\": b\n", "3:1: the key 'name' stands twice; the first is in line 1"),
            ("name: a\u{7}\n", "1:8: the control character U+7 cannot stand in a file"),
            ("name: a\ncommand: [x]\nworkloads: 5\n", "3:12: 'workloads' must be a list"),
            ("workloads:\n- 5\n", "2:3: a workload must be a mapping of keys to values, not a number"),
            (
                "workloads: []\nname: a\n",
                "2:1: unknown key 'name'; the keys of a file with 'workloads' are workloads, vars"
            ),
        ])
    func positions(text: String, expected: String) throws {
        let issues = try ConfigFolder(["a.yaml": text]).workloads().issues.short
        #expect(issues.contains { $0.hasPrefix(expected) }, "\(issues)")
    }

    @Test("a key that stands twice does not hide the other errors")
    func duplicateKeys() throws {
        let text =
            "workloads:\n  - name: a\n    command: [x]\n    tags: [a]\n    tags: [b]\n    tags: [c]\n    timeout: x\n"
        let reading = try ConfigFolder(["a.yaml": text]).workloads()
        #expect(reading.issues.map(\.line) == [5, 6, 7])
        #expect(reading.specs == [])
    }

    @Test(
        "a key of one mapping is not taken for that of another",
        arguments: [
            ("workloads:\n- {name: a, name: b, command: [x]}\n- {name: c, command: [x]}\n", [2]),
            ("workloads:\n- name: a\n  command: [x]\n  env: {A: b, A: c}\n- name: b\n  command: [x]\n", [4]),
            ("workloads:\n- name: a\n  command: [x]\n  name: b\n- name: c\n  command: [x]\n  tagz: 1\n", [4, 7]),
            ("name: a\n# name: b\n\ncommand: [x]\nparams:\n  name: x\nname : c\n", [5, 7]),
        ])
    func duplicatesOfOneMapping(text: String, lines: [Int]) throws {
        #expect(try ConfigFolder(["a.yaml": text]).workloads().issues.map(\.line) == lines)
    }

    @Test("a key of the private use area is as unknown as any other")
    func privateUse() throws {
        let reading = try ConfigFolder(["a.yaml": "name: a\ncommand: [x]\n\u{E000}x: y\n"]).workloads()
        #expect(reading.issues.map(\.line) == [3])
    }

    @Test("bytes that are not UTF-8 are found")
    func encoding() throws {
        let folder = try ConfigFolder()
        try folder.write(Data("name: ä\nx: ".utf8) + Data([0xFF, 0xFE]), to: "a.yaml")
        #expect(folder.workloads().issues.short == ["2:4: the file is not UTF-8 here; save it as UTF-8"])
    }

    @Test("a byte order mark and line ends of other systems are no errors")
    func otherSystems() throws {
        let folder = try ConfigFolder(["a.yaml": "\u{FEFF}name: a\r\ncommand: [x]\r\n"])
        let reading = folder.workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs.map(\.name) == ["a"])
    }

    @Test("aliases are read")
    func aliases() throws {
        let folder = try ConfigFolder([
            "a.yaml": "workloads:\n- {name: a, command: &c [x, 'y: z'], env: {A: '*'}}\n- {name: b, command: *c}\n"
        ])
        let reading = folder.workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs.map(\.program) == [.command(["x", "y: z"]), .command(["x", "y: z"])])
    }

    @Test(
        "aliases that multiply end in an error, as values and as keys",
        arguments: [
            "v: *l24", "? *l24\n: v", "{*l24: v}", "[*l24, *l24]: v", "  t: |\n    '\n? *l24\n: '",
            "# '\n[*l24]: v # '", "{? *l24 : v}", "*l24 : v", "?\n  - *l24\n: v",
        ])
    func bomb(last: String) throws {
        var text = "name: a\nmodule: m\nparams:\n  l0: &l0 [x]\n"
        for level in 1...24 { text += "  l\(level): &l\(level) [*l\(level - 1), *l\(level - 1)]\n" }
        let clock = ContinuousClock()
        let folder = try ConfigFolder(["a.yaml": text + last + "\n"])
        let spent = clock.measure { #expect(folder.workloads().issues.count >= 1) }
        #expect(spent < .seconds(5))
    }

    @Test("values that are nested without end are refused", arguments: [40, 900, 20_000])
    func nesting(depth: Int) throws {
        let text =
            "name: a\nmodule: m\nparams: {a: \(String(repeating: "[", count: depth))"
            + "\(String(repeating: "]", count: depth))}\n"
        #expect(try ConfigFolder(["a.yaml": text]).workloads().issues.count == 1)
        let block = "name: a\nmodule: m\nparams:\n  \(String(repeating: "- ", count: depth))x\n"
        #expect(try ConfigFolder(["a.yaml": block]).workloads().issues.count >= 1)
    }

    @Test("no more than a hundred errors of a file are listed")
    func many() throws {
        let text = "name: a\ncommand: [x]\n" + (0..<500).map { "wrong\($0): 1\n" }.joined()
        let issues = try ConfigFolder(["a.yaml": text]).workloads().issues
        #expect(issues.count == 101)
        #expect(issues.contains { $0.message == "there is more; repair the errors above first" })
    }

    @Test("what a message shows of a file is short and has no control characters")
    func excerpts() throws {
        let key = String(repeating: "k", count: 5000)
        let issues = try ConfigFolder(["a.yaml": "name: \"a\\e[31m\\u202E\"\n\(key): 1\n"]).workloads().issues
        #expect(issues.allSatisfy { $0.message.count < 700 })
        #expect(!issues.contains { $0.message.contains("\u{1B}") || $0.message.contains("\u{202E}") })
    }
}
