import ArgumentParser
import FleetModel
import TestSupport
import Testing

@testable import MasterControl

@Suite("docs/cli.md")
struct CommandReferenceTests {
    private static let common = ["config-dir", "db-path", "socket-path", "log-dir"]
    private static let several = ["central", "token-file", "json"]

    @Test("has each command as its definition says it: MCTL_REFRESH_DOCS=1 writes it anew")
    func isCurrent() throws {
        let reference = try CommandReference(MasterControl._dumpHelp(), shared: Self.common, named: Self.several)
        var page = try Document("docs/cli.md")
        let sections = try page.check("commands") { reference.sections($0) }
        let options = try page.check("options") { name in
            switch name {
            case "every command": reference.options(Self.common, of: "list")
            case "several commands": reference.options(Self.several, of: "clients")
            default: nil
            }
        }
        #expect(sections + options == [])
        let told = page.parts("commands").flatMap { $0.name.split(separator: " ").map(String.init) }
        #expect(told.sorted() == reference.commands.sorted(), "each command once")
        #expect(page.parts("options").count == 2)
    }

    @Test("what every command has, every command has")
    func commonOptions() throws {
        let reference = try CommandReference(MasterControl._dumpHelp())
        for command in reference.commands where command != "config-reference" {
            #expect(reference.options(Self.common, of: command) != nil, "\(command)")
        }
    }
}
