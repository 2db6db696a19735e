import ArgumentParser
import Testing

@testable import MasterControl

@Suite("Names of workloads on the command line")
struct WorkloadNamesTests {
    @Test("completion gives those that begin so, and nothing a shell could run")
    func completions() {
        let names = ["collector", "counter", "report", "co$(reboot)", "co\u{1B}"]
        #expect(WorkloadNames.completions(of: "co", among: names) == ["collector", "counter"])
        #expect(WorkloadNames.completions(of: "", among: names) == ["collector", "counter", "report"])
    }

    @Test(
        "completion looks at the socket that was typed",
        arguments: [
            (["master-control", "stop", "--socket-path", "/s", "c"], "/s"),
            (["master-control", "--socket-path=/s", "stop", ""], "/s"),
            (["master-control", "stop", "--socket-path"], nil), (["master-control", "stop", "c"], nil),
        ] as [([String], String?)])
    func typedOption(_ words: [String], _ value: String?) {
        #expect(WorkloadNames.value(of: "--socket-path", in: words) == value)
    }

    @Test("a shell that asks where no daemon is gets nothing, and no error", arguments: ["stop", "logs", "status"])
    func noDaemon(_ command: String) async {
        let words = ["master-control", command, "--socket-path", "/nowhere/s", "c"]
        let asked = ["---completion", command, "--", "positional@0", "4", "1"] + words
        let answer = await #expect(throws: (any Error).self) { try await MasterControl.asyncParseAsRoot(asked) }
        // The library throws its answers.
        if let answer {
            #expect(MasterControl.exitCode(for: answer).isSuccess)
            #expect(MasterControl.fullMessage(for: answer).isEmpty)
        }
    }

    @Test(
        "an unknown name shows the one that was probably meant",
        arguments: [
            ("colector", "; did you mean 'collector'?"), ("collectro", "; did you mean 'collector'?"), ("zzz", ""),
        ])
    func hint(_ name: String, _ expected: String) {
        #expect(WorkloadNames.hint(for: name, among: ["report", "collector"]) == expected)
    }
}
