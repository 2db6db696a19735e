import Foundation

/// The commands of a program as Markdown, from what swift-argument-parser says of them (`_dumpHelp`).
package struct CommandReference {
    private struct Dump: Decodable { var command: Command }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    private struct Argument: Decodable, Hashable {
        struct Name: Decodable, Hashable {
            var kind: String
            var name: String

            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        var kind: String
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
        var discussion: String?

        var value: String { (valueName ?? "").uppercased().replacing("-", with: "_") }
        /// `-n`, `--lines COUNT`
        var title: String {
            guard kind != "positional" else { return "`\(value)`" }
            let names = (names ?? []).map(\.text)
            return names.enumerated()
                .map { "`\($0.element)\(kind == "option" && $0.offset == names.count - 1 ? " \(value)" : "")`" }
                .joined(separator: ", ")
        }

        /// As it stands on a command line.
        var usage: String {
            guard kind != "positional" else {
                let text = isRepeating ? "\(value) ..." : value
                return isOptional ? "[\(text)]" : text
            }
            let name = names?.first { $0.kind == "long" } ?? names?.first
            return "[\(name?.text ?? "")\(kind == "option" ? " \(value)" : "")]"
        }
    }

    private let root: Command
    /// Options that every command has: they are said once, and nowhere else.
    private let shared: Set<String>
    /// Options that several commands have: they are said once, and each command only names them.
    private let named: [String]

    /// - Parameters:
    ///   - dump: JSON of `_dumpHelp()`.
    ///   - shared: long names of options that every command has.
    ///   - named: long names of options that several commands have.
    package init(_ dump: String, shared: [String] = [], named: [String] = []) throws {
        root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
        self.shared = Set(shared + ["help", "version"])
        self.named = named
    }

    package var commands: [String] { (root.subcommands ?? []).map(\.commandName).filter { $0 != "help" } }

    /// The sections of some commands, by their names and with blanks in between; nil where there is none of a name.
    package func sections(_ names: String) -> String? {
        var text = ""
        for name in names.split(separator: " ") {
            guard let command = root.subcommands?.first(where: { $0.commandName == name }) else { return nil }
            text += "\n" + section(command)
        }
        return text
    }

    /// The table of all options of a program without commands, or of those options of a command that are shared.
    package func options(_ names: [String]? = nil, of command: String? = nil) -> String? {
        let command = command.map { name in root.subcommands?.first { $0.commandName == name } } ?? root
        guard let arguments = command?.arguments else { return nil }
        guard let names else { return "\n" + table(arguments.filter { !isShared($0) }) }
        let chosen = names.compactMap { name in arguments.first { $0.names?.contains { $0.name == name } == true } }
        return chosen.count == names.count ? "\n" + table(chosen) : nil
    }

    private func isShared(_ argument: Argument) -> Bool {
        argument.names?.contains { shared.contains($0.name) } == true
    }

    private func isNamed(_ argument: Argument) -> Bool {
        argument.names?.contains { named.contains($0.name) } == true
    }

    /// A flag and the one that says the opposite are one line.
    private static func joined(_ arguments: [Argument]) -> [Argument] {
        var joined: [Argument] = []
        for argument in arguments {
            if let before = joined.last?.names?.first?.name, argument.names?.first?.name == "no-\(before)" {
                joined[joined.count - 1].names? += argument.names ?? []
            } else {
                joined.append(argument)
            }
        }
        return joined
    }

    private func section(_ command: Command) -> String {
        let all = Self.joined((command.arguments ?? []).filter { !isShared($0) })
        let own = all.filter { !isNamed($0) }
        let options = own.filter { $0.kind != "positional" }
        let usage =
            ([root.commandName, command.commandName]
            + (options.count > 3 ? ["[options]"] : options.map(\.usage))
            + own.filter { $0.kind == "positional" }.map(\.usage)).joined(separator: " ")
        var text = "### `\(command.commandName)`\n\n```\n\(usage)\n```\n\n\(command.abstract ?? "")\n"
        if let discussion = command.discussion, !discussion.isEmpty { text += "\n\(discussion)\n" }
        if !own.isEmpty { text += "\n" + table(own) }
        let others = all.filter(isNamed).map(\.title)
        return others.isEmpty ? text : text + "\nAlso \(others.joined(separator: ", ")).\n"
    }

    private func table(_ arguments: [Argument]) -> String {
        "| | |\n|---|---|\n"
            + arguments.map { argument in
                let standard = argument.kind == "flag" ? nil : argument.defaultValue
                let texts = [argument.abstract, argument.discussion, standard.map { "Default: \($0)." }]
                let text = texts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
                return "| \(argument.title) | \(text.replacing("|", with: "\\|")) |\n"
            }.joined()
    }
}
