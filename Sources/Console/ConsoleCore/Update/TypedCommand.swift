import FleetModel

/// The commands that are typed behind `:`, besides all those that have keys.
enum TypedCommand {
    enum Word: String, CaseIterable {
        case client, logs, info, deployment, filter, theme, context, dump, q

        /// What comes behind it, for the help.
        var argument: String {
            switch self {
            case .client: "NAME"
            case .logs, .info: "CLIENT/WORKLOAD"
            case .deployment: "ID or VERSION"
            case .filter: "TEXT"
            case .theme: "NAME or FILE"
            case .context: "NAME"
            case .dump: "FILE"
            case .q: ""
            }
        }

        var help: String {
            switch self {
            case .client: "Opens a client"
            case .logs: "Opens the log of a workload"
            case .info: "Shows all that is known of a workload"
            case .deployment: "Opens a deployment"
            case .filter: "Filters what is shown; without a text all is shown again"
            case .theme: "Another theme"
            case .context: "Another central of the configuration"
            case .dump: "Writes what is on the screen into a file"
            case .q: "Quits"
            }
        }
    }

    /// Whole lines that what is typed so far may become.
    static func completions(of text: String, _ model: ConsoleModel) -> [String] {
        guard let space = text.firstIndex(of: " ") else {
            let names = Word.allCases.map { $0.argument.isEmpty ? $0.rawValue : "\($0.rawValue) " }
            let others = Command.allCases.filter { model.isAllowed($0) && Word(rawValue: $0.rawValue) == nil }
            return (names.sorted() + others.map(\.rawValue).sorted()).filter { $0.hasPrefix(text) }
        }
        let word = text[..<space]
        let start = text[text.index(after: space)...]
        let arguments: [String]
        switch Word(rawValue: String(word)) {
        case .client: arguments = Array(model.fleet.clients.keys)
        case .logs, .info:
            arguments = model.fleet.clients.flatMap { name, client in client.workloads.keys.map { "\(name)/\($0)" } }
        case .deployment: arguments = model.fleet.deployments.compactMap(\.id)
        case .theme: arguments = Theme.shippedNames
        case .context: arguments = model.options.contexts
        default: arguments = []
        }
        return arguments.filter { $0.hasPrefix(start) }.sorted().map { "\(word) \($0)" }
    }
}
