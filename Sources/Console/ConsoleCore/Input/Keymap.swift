/// Which key does what, with the user's own on top.
package struct Keymap: Sendable {
    package private(set) var commands: [Key: Command] = [:]
    private var keys: [Command: [Key]] = [:]

    /// - Parameters:
    ///   - own: keys of commands by their names, as the configuration has them; these replace the usual ones.
    ///   - isReadOnly: leaves out what changes the fleet.
    /// - Returns: the map, and a sentence for each thing that is wrong with the user's own.
    package static func make(own: [String: [String]] = [:], isReadOnly: Bool = false) -> (Keymap, [String]) {
        var map = Keymap()
        var problems: [String] = []
        var chosen: [Command: [Key]] = [:]
        for (name, texts) in own.sorted(by: { $0.key < $1.key }) {
            guard let command = Command(rawValue: name) else {
                problems.append("keys: there is no command '\(name)'; '?' in the console lists them")
                continue
            }
            for text in texts {
                guard let key = Key(name: text) else {
                    problems.append("keys: '\(text)' of '\(name)' is no key; write 'x', 'Ctrl-X', 'PgUp' or 'Space'")
                    continue
                }
                if let refusal = key.refusal {
                    problems.append("keys: \(refusal), so that '\(name)' cannot have it")
                } else {
                    chosen[command, default: []].append(key)
                }
            }
        }
        for command in Command.allCases where !(isReadOnly && command.isChange) {
            let keys = chosen[command] ?? command.facts.keys
            for key in keys {
                if let other = map.commands[key] {
                    problems.append("keys: \(key.name) is both '\(other.rawValue)' and '\(command.rawValue)'")
                } else {
                    map.commands[key] = command
                    map.keys[command, default: []].append(key)
                }
            }
        }
        return (map, problems)
    }

    package static let standard = make().0

    /// nil where it has none.
    package func key(of command: Command) -> Key? { keys[command]?.first }
    /// For a sentence: the key, or the command as it is typed.
    func name(of command: Command) -> String { key(of: command)?.name ?? ":\(command.rawValue)" }
    package func keys(of command: Command) -> [Key] { keys[command] ?? [] }
}
