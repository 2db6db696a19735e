import FleetModel
import Testing

@testable import FleetConfig

/// Much of anything in a file takes time in proportion. The limits are far above what it takes, and far below what it
/// took where each was compared with each.
@Suite("Very much in one file", .serialized)
struct ManyTests {
    private static func lines(_ count: Int, _ line: (Int) -> String) -> String {
        (0..<count).map(line).joined(separator: "\n") + "\n"
    }

    static let texts: [(String, String)] = [
        ("equal keys", lines(100_000) { _ in "a: 1" }),
        ("equal keys at the end", lines(50_000) { "k\($0): 1" } + lines(25_000) { _ in "name: 1" }),
        ("two of each key", lines(50_000) { "k\($0 / 2): 1" }),
        ("unknown keys", lines(49_000) { "k\($0): 1" }),
        ("undefined templates", lines(60_000) { "k\($0): {{ v\($0) }}" }),
        ("templates on one line", "vars: {v: x}\nname: a" + String(repeating: "{{ v }}", count: 100_000) + "\n"),
        (
            "templates of nothing in one list",
            "vars: {v: ''}\nworkloads: ["
                + lines(9000) { _ in "{x: '{{ v }}{{ v }}'}," }
                .filter { $0 != "\n" } + "]\n"
        ),
        ("blanks in a template", "name: {{" + String(repeating: " ", count: 900_000) + "}}\n"),
        ("braces", "name: " + String(repeating: "{{", count: 400_000) + "\n"),
        ("nested lists", "a: " + String(repeating: "[", count: 500_000) + "\n"),
        ("nested mappings", "a: " + String(repeating: "{a: ", count: 200_000) + "\n"),
        ("nested dashes", String(repeating: "- ", count: 400_000) + "a\n"),
        ("a long list", "a: [" + String(repeating: "a,", count: 400_000) + "]\n"),
        ("anchors", lines(30_000) { "k\($0): &a\($0) [1]" } + lines(30_000) { "l\($0): *a\($0)" }),
        (
            "a billion laughs",
            "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
                + lines(30) { "a\($0 + 1): &a\($0 + 1) [\(String(repeating: "*a\($0),", count: 9))]" }
        ),
        ("comments", lines(300_000) { _ in "#" }), ("question marks", lines(200_000) { _ in "? a" }),
        ("tags", lines(49_000) { "k\($0): !x 1" }),
        ("quotes", "a: \"" + String(repeating: "\\u0041", count: 150_000) + "\"\n"),
        ("a block", "a: |\n" + lines(200_000) { _ in "  x" }),
        ("control characters", String(repeating: "\u{1}", count: 1 << 20)),
        ("documents", lines(200_000) { _ in "---" }), ("one word", String(repeating: "x", count: 1 << 20)),
    ]

    @Test("time goes with the size, and few errors are told", arguments: texts)
    func linear(name: String, text: String) throws {
        let bytes = Array(text.utf8.prefix(name == "equal keys" ? 1 << 20 : 1 << 18))
        let spent = ContinuousClock().measure {
            var file = ConfigFile(name: "a.yaml", bytes: bytes, variables: [:], environment: [:])
            if let root = file.root { _ = WorkloadFileKeys.read(root, log: &file.log) }
            #expect(file.log.issues.count <= IssueLog.most + 1)
        }
        // Unoptimised, beside other tests, on a small machine.
        #expect(spent < .seconds(15), "\(name): \(spent)")
    }

    private static func set(_ count: Int, _ dependencies: (Int) -> [String]) -> WorkloadSet {
        WorkloadSet(
            entries: (0..<count).map { number in
                WorkloadSet.Entry(
                    file: "a.yaml", namePosition: Position(line: number + 1, column: 1),
                    dependencies: dependencies(number).map { Located(value: $0, position: .start) },
                    spec: WorkloadSpec(name: "w\(number)", program: .command(["x"])), isUsable: true)
            })
    }

    @Test("a chain that hangs on one that is missing is refused link by link, and a hundred of them are named")
    func chain() {
        let count = 10_000
        let spent = ContinuousClock().measure {
            let checked = Self.set(count) { [$0 + 1 < count ? "w\($0 + 1)" : "missing"] }.checked()
            #expect(checked.specs.isEmpty)
            #expect(checked.issues.count == 1 + IssueLog.most + 1)
            #expect(
                checked.issues.contains { $0.message.hasSuffix("(and \(count - 1 - IssueLog.most - 1) more like it)") })
        }
        #expect(spent < .seconds(15), "\(spent)")
    }

    @Test("circles without number keep out all that are in them, and some are told of")
    func circles() {
        let count = 2000
        let spent = ContinuousClock().measure {
            let checked = Self.set(count) { number in
                (0..<20).map { "w\((number + 1 + $0 * 37) % count)" }
            }.checked()
            #expect(checked.specs.isEmpty)
            #expect(checked.issues.count <= DependencyGraph.most + 1 + IssueLog.most + 1)
            #expect(checked.issues.allSatisfy { $0.message.utf8.count < 500 })
            #expect(checked.issues.contains { $0.message.hasPrefix("there are more circles") })
        }
        #expect(spent < .seconds(15), "\(spent)")
    }

    @Test("many that want what is missing are told in a hundred errors, and how many more there are")
    func missing() {
        let checked = Self.set(5000) { ["missing\($0)"] }.checked()
        #expect(checked.specs.isEmpty)
        #expect(checked.issues.count == IssueLog.most + 1)
        #expect(checked.issues.last?.message.hasSuffix("(and 4899 more like it)") == true)
    }
}
