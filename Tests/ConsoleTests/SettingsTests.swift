import ArgumentParser
import FleetConfig
import FleetModel
import Foundation
import TestSupport
import Testing

@testable import ConsoleCore
@testable import MCConsole

/// Keys, themes, contexts and tokens.
@Suite struct SettingsTests {
    @Test("The keys have no conflict, and none is one that terminals keep for themselves") func standardKeys() {
        #expect(Keymap.make().1.isEmpty)
        #expect(Command.allCases.allSatisfy { Keymap.standard.key(of: $0) != nil })
        for letter in "sqab\\" { #expect(Keymap.standard.commands[.control(letter)] == nil) }
    }

    @Test("Capitals change the fleet, small letters look") func capitals() {
        for command in Command.allCases {
            for case .character(let letter) in command.facts.keys where letter.isLetter && command.isChange {
                #expect(letter.isUppercase, "\(command)")
            }
        }
    }

    @Test(
        "What is wrong with own keys is told",
        arguments: [
            (["stop": ["j"]], "j is both"), (["stopp": ["x"]], "no command 'stopp'"),
            (["stop": ["Ctrl-S"]], "stops the output"),
            (["stop": ["nonsense"]], "is no key"),
        ]) func wrongKeys(_ own: [String: [String]], _ word: String)
    {
        let problems = Keymap.make(own: own).1
        #expect(problems.count == 1 && problems[0].contains(word), "\(problems)")
    }

    @Test("An own key takes the place of the usual one") func ownKey() {
        let map = Keymap.make(own: ["stop": ["F", "Ctrl-X"]]).0
        #expect(map.commands[.character("F")] == .stop && map.commands[.control("x")] == .stop)
        #expect(map.commands[.character("X")] == nil)
    }

    @Test("Each theme that comes with the program says all, and shows the cursor", arguments: Theme.shippedNames)
    func themes(_ name: String) throws {
        let file = try #require(Theme.file(named: name))
        let (theme, issues) = Theme.read(file, name: name, extending: { Theme.file(named: $0) })
        #expect(issues.isEmpty)
        for role in Role.allCases { #expect(theme.looks[role] != nil, "\(role)") }
        let (cursor, text) = (theme.look(of: .cursor), theme.look(of: .text))
        for count in [1 << 24, 256, 16, 8] {
            #expect(cursor.isReversed || cursor.background.number(of: count) != text.background.number(of: count))
            #expect(cursor.isReversed || cursor.foreground.number(of: count) != cursor.background.number(of: count))
        }
        let match = theme.look(of: .match)
        #expect(match.isReversed || match.isUnderlined || match.background != text.background)
    }

    @Test("A mono theme uses attributes alone") func mono() {
        for look in Theme.mono.looks.values { #expect(look.foreground == .standard && look.background == .standard) }
    }

    @Test("An own theme takes the rest from the one it extends, and what is wrong has its line") func ownTheme() {
        let text = "extends: light\npalette: {mine: '#102030'}\nroles:\n  ok: mine\n  nonsense: red\n  bad: colourful\n"
        let file = ConfigurationReader.theme(named: "own", bytes: Array(text.utf8)).value
        let (theme, issues) = Theme.read(file, name: "own", source: "own.yaml", extending: { Theme.file(named: $0) })
        #expect(theme.look(of: .ok).foreground == .rgb(0x10, 0x20, 0x30))
        #expect(theme.look(of: .header) == Theme.shipped("light").look(of: .header))
        #expect(issues.map(\.description).sorted().joined().contains("own.yaml:5"))
        #expect(issues.count == 2, "\(issues)")
    }

    @Test(
        "A colour becomes the nearest that there is",
        arguments: [
            ("#ff0000", 256, 196), ("#ff0000", 8, 1), ("#5f87af", 256, 67), ("#000000", 16, 0), ("bright_red", 8, 1),
            ("bright_red", 16, 9), ("default", 256, -1), ("#0a0b0c", 1 << 24, 0x0a0b0c),
        ]) func colours(_ text: String, _ count: Int, _ number: Int)
    {
        #expect(Colour(text)?.number(of: count) == number)
    }

    // MARK: Contexts

    static func settings() -> ConsoleSettings {
        var settings = ConsoleSettings()
        var lab = ConsoleContext()
        lab.name = "lab"
        lab.central = "http://lab:8080"
        var shop = ConsoleContext()
        shop.name = "shop"
        shop.central = "http://shop:8080"
        shop.danger = true
        settings.contexts = [lab, shop]
        return settings
    }

    static func choice(
        central: String? = nil, context: String? = nil, environment: [String: String] = [:],
        settings: ConsoleSettings = settings()
    ) throws -> CentralChoice {
        try CentralChoice(
            central: central, tokenFile: nil, context: context, environment: environment, settings: settings,
            folders: Folders(environment: ["HOME": "/home/x"]))
    }

    @Test("The central is that of the option, the environment, the context, the first context, or this host")
    func precedence() throws {
        #expect(try Self.choice().context == "lab")
        #expect(try Self.choice(context: "shop").url == "http://shop:8080")
        #expect(try Self.choice(environment: ["MCTL_CENTRAL_URL": "http://x:1"]).url == "http://x:1")
        #expect(
            try Self.choice(central: "http://y:1", environment: ["MCTL_CENTRAL_URL": "http://x:1"]).url == "http://y:1")
        #expect(try Self.choice(settings: ConsoleSettings()).url == "http://127.0.0.1:8080")
        #expect(throws: StartupProblem.self) { try Self.choice(context: "attic") }
        #expect(throws: StartupProblem.self) { try Self.choice(central: "http://lab:8080", context: "shop") }
        #expect(throws: StartupProblem.self) { try Self.choice(central: "lab:8080") }
    }

    @Test("A central that is dangerous is so by whatever way it was chosen") func danger() throws {
        #expect(try Self.choice(central: "http://SHOP:8080/").isDanger)
    }

    @Test("A token goes to the central it was given for, and to no other") func tokens() throws {
        let environment = ["MCTL_CENTRAL_URL": "http://x:1", "MCTL_API_TOKEN": "secret-of-x"]
        #expect(try Self.choice(environment: environment).token == .value("secret-of-x"))
        #expect(try Self.choice(context: "lab", environment: environment).token == .none)
        #expect(try Self.choice(central: "http://y:1", environment: environment).token == .none)
        #expect(try Self.choice(environment: ["MCTL_API_TOKEN": "t"]).token == .value("t"))
        #expect(throws: StartupProblem.self) { try Self.choice(environment: ["MCTL_API_TOKEN": "two words"]) }
    }

    @Test(
        "A URL with a password is refused, and the password is not said",
        arguments: ["http://me:secret@host:8080", "me:secret@host"])
    func password(_ url: String) {
        do {
            _ = try Self.choice(central: url)
            Issue.record("it was taken")
        } catch {
            let text = "\(error)"
            #expect(text.contains("host") && !text.contains("secret"))
        }
    }

    @Test("What a URL may have of secrets is not shown") func server() {
        #expect(CentralChoice.server(of: "http://me:secret@host:8080/x") == "host:8080")
    }

    @Test("Waits grow to half a minute, and begin anew behind a good connection") func backoff() {
        var reconnection = Reconnection()
        let waits = (0..<8).map { _ in reconnection.pause(lasted: 0, chance: 0.5) }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30, 30])
        #expect(reconnection.pause(lasted: 3, chance: 1) == 30)
        #expect(reconnection.pause(lasted: 11, chance: 0) == 0.8)
    }

    @Test("A file that is there is never written over, nor is a link followed") func saving() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(FileSaver.save("text\n", to: "\(folder)/a") == nil)
        #expect(FileSaver.save("other\n", to: "\(folder)/a")?.contains("is there already") == true)
        #expect(try String(contentsOfFile: "\(folder)/a", encoding: .utf8) == "text\n")
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "\(folder)/b")
        #expect(FileSaver.save("x", to: "\(folder)/link") != nil)
        #expect(FileSaver.save("x", to: "\(folder)/none/b")?.contains("no such folder") == true)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/b"))
    }

    @Test("docs/console.md has the key card, as the list of commands makes it: MCTL_REFRESH_SCREENS=1 writes it anew")
    func keyCard() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/console.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let card =
            (["<!-- key card -->", "```"] + HelpText.lines(.standard) + ["```", "<!-- end of the key card -->"])
            .joined(separator: "\n")
        let begin = try #require(text.range(of: "<!-- key card -->"))
        let end = try #require(text.range(of: "<!-- end of the key card -->"))
        if ProcessInfo.processInfo.environment["MCTL_REFRESH_SCREENS"] != nil {
            let fresh = text.replacingCharacters(in: begin.lowerBound..<end.upperBound, with: card)
            try fresh.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(String(text[begin.lowerBound..<end.upperBound]) == card)
        }
        for role in Role.allCases { #expect(text.contains("`\(role.rawValue)`"), "the roles of a theme are listed") }
    }

    @Test("docs/console.md has the options, as the program defines them: MCTL_REFRESH_DOCS=1 writes them anew")
    func options() throws {
        let reference = try CommandReference(ConsoleCommand._dumpHelp())
        var page = try Document("docs/console.md")
        #expect(try page.check("options") { $0 == "all" ? reference.options() : nil } == [])
        #expect(page.parts("options").count == 1)
    }
}
