/// All keys and commands, from the list of commands: the help, and the key card of the documentation.
package enum HelpText {
    package static func lines(_ keymap: Keymap) -> [String] {
        var lines: [String] = []
        for group in Command.Group.allCases {
            let commands = Command.allCases.filter { $0.facts.group == group && !keymap.keys(of: $0).isEmpty }
            guard !commands.isEmpty else { continue }
            if !lines.isEmpty { lines.append("") }
            lines.append(group.rawValue)
            for command in commands {
                let keys = keymap.keys(of: command).map(\.name).joined(separator: " ")
                lines.append("  \(padded(keys, 16)) \(padded(command.rawValue, 16)) \(command.facts.help)")
            }
        }
        lines += ["", "Typed behind :"]
        for word in TypedCommand.Word.allCases {
            lines.append("  \(padded("\(word.rawValue) \(word.argument)", 33)) \(word.help)")
        }
        lines += ["", "What the signs say"]
        lines += [
            "  >  the cursor      *  marked      !  something is wrong      -  not known",
            "  STALE: has not reported lately      OFFLINE: has not for long, and is told nothing",
            "  CAPITALS are bad news. R/S/F: running, stopped and others, failed.",
        ]
        return lines
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
