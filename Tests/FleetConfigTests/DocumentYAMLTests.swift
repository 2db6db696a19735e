import FleetModel
import Foundation
import TestSupport
import Testing

@testable import FleetConfig

@Suite("The YAML of the documents")
struct DocumentYAMLTests {
    @Test("is valid as the file that it is part of", arguments: Document.all + ["CONTRIBUTING.md"])
    func isValid(path: String) throws {
        let page = try Document(path)
        let blocks = page.blocks("yaml") + Self.written(page)
        for block in blocks { #expect(try Self.problems(block) == [], "\(path):\n\(block)") }
        if path == "docs/operations.md" { #expect(blocks.count > 5) }
    }

    @Test(
        "a key that is not there is found",
        arguments: ["nme: x\ncommand: [x]", "central: {prt: 1}", "clients: [{nme: x}]"])
    func isFound(text: String) throws { #expect(try !Self.problems(text).isEmpty) }

    /// What `cat > configs/x.yaml <<'YAML'` of an example writes.
    private static func written(_ page: Document) -> [String] {
        page.blocks("bash").flatMap { block in
            block.components(separatedBy: "<<'YAML'\n").dropFirst().compactMap {
                $0.components(separatedBy: "\nYAML\n").first
            }
        }
    }

    private static func problems(_ text: String) throws -> [String] {
        let keys = Set(
            text.split(separator: "\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("#") }
                .compactMap { $0.split(separator: ":").first.map(String.init) })
        // Tokens of examples stand in files that are nowhere.
        let files = Set(text.matches(of: /token_file: (\S+?)[,}\n]/).map { String($0.output.1) })
        let folder = try ConfigFolder(["vars.yaml": "unit: x\n"])
        var text = text
        for (number, file) in files.sorted().enumerated() {
            try folder.write("a-token-of-its-own-\(number)\n", to: "token-\(number)")
            folder.close("token-\(number)")
            text = text.replacing(/token_file: (\S+?)([,}\n])/) { match in
                match.output.1 == file ? "token_file: \(folder.path)/token-\(number)\(match.output.2)" : match.output.0
            }
        }
        if !keys.isDisjoint(with: ["fleet", "central"]) {
            try folder.write(text, to: "daemon.yaml")
            folder.close("daemon.yaml")
            return folder.daemon().issues.short
        }
        if keys.contains("clients") {
            try folder.write(text, to: "inventory.yaml")
            folder.close("inventory.yaml")
            return folder.inventory().issues.short
        }
        if !keys.isDisjoint(with: ["contexts", "keys"]) {
            try folder.write(text, to: "config.yaml")
            return ConfigurationReader.consoleSettings(at: folder.path + "/config.yaml", environment: [:]).issues.short
        }
        if !keys.isDisjoint(with: ["palette", "roles", "extends"]) {
            return ConfigurationReader.theme(named: "own", bytes: Array(text.utf8)).issues.short
        }
        // Of another program.
        if keys == ["scrape_configs"] { return [] }
        try folder.write(text, to: "workload.yaml")
        return folder.workloads(environment: ["HOME": "/root"]).issues.short
    }
}
