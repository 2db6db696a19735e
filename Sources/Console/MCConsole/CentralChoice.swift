import ConsoleCore
import FleetConfig

/// A central and what opens it. A token is only ever sent to the central that it was given for.
struct CentralChoice: Equatable {
    enum Token: Equatable {
        case none
        case value(String)
        /// Read again whenever the central refuses, as a token may have been replaced.
        case file(String)
    }

    var url: String
    var token: Token
    /// Empty where it is none of the contexts.
    var context = ""
    var isDanger = false
    var theme: String?

    static let standardURL = "http://127.0.0.1:8080"

    var identity: ConsoleIdentity {
        ConsoleIdentity(context: context, isDanger: isDanger, server: Self.server(of: url))
    }

    /// - Throws: `StartupProblem`
    init(
        central: String?, tokenFile: String?, context name: String?, environment: [String: String],
        settings: ConsoleSettings, folders: Folders
    ) throws {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let given = central ?? (name == nil ? variable("MCTL_CENTRAL_URL") : nil)
        if let name {
            guard let found = settings.contexts.first(where: { $0.name == name }) else {
                throw Self.unknown(name, settings)
            }
            try self.init(found, folders: folders)
            if let given { url = given }
        } else if let given {
            // One that is known by a name has that name, and its warnings, by whatever way it was chosen.
            if let found = settings.contexts.first(where: { Self.isSame($0.central, given) }) {
                try self.init(found, folders: folders)
            } else {
                self.init(url: given)
            }
        } else if let first = settings.contexts.first {
            try self.init(first, folders: folders)
        } else {
            self.init(url: Self.standardURL)
        }
        if let name, let given, let found = settings.contexts.first(where: { $0.name == name }),
            !Self.isSame(found.central, given)
        {
            throw StartupProblem("--central and --context name two different centrals; give one of them")
        }
        if let tokenFile {
            token = .file(tokenFile)
        } else if let value = variable("MCTL_API_TOKEN") {
            guard SecretFile.isToken(value) else {
                throw StartupProblem("the token in MCTL_API_TOKEN must be printable ASCII without spaces")
            }
            // Beside a context with a token of its own, it is for the central of the environment.
            let isForThis = variable("MCTL_CENTRAL_URL").map { Self.isSame($0, url) } ?? (token == .none)
            if isForThis { token = .value(value) }
        }
        try Self.check(url)
        _ = try readToken()
    }

    init(_ context: ConsoleContext, folders: Folders) throws {
        url = context.central
        token = context.tokenFile.map { .file(folders.resolved($0)) } ?? .none
        self.context = context.name
        isDanger = context.danger
        theme = context.theme
        try Self.check(url)
    }

    private init(url: String) {
        self.url = url
        token = .none
    }

    /// - Throws: `StartupProblem` where the file cannot be read; the token is never part of it.
    func readToken() throws -> String? {
        switch token {
        case .none: return nil
        case .value(let value): return value
        case .file(let path):
            switch SecretFile.read(path) {
            case .success(let token): return token
            case .failure(let failure): throw StartupProblem("the token cannot be read: \(failure.message)")
            }
        }
    }

    static func unknown(_ name: String, _ settings: ConsoleSettings) -> StartupProblem {
        StartupProblem(
            settings.contexts.isEmpty
                ? "there is no context '\(name)': the configuration names none"
                : "there is no context '\(name)'; there are \(settings.contexts.map(\.name).joined(separator: ", "))")
    }

    private static func check(_ url: String) throws {
        // What may be a password is not said.
        let shown = (url.split(separator: "@").last ?? "").prefix(100)
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), !server(of: url).isEmpty, url.utf8.count < 2000
        else {
            throw StartupProblem("'\(shown)' is no URL of a central: write it as http://control-host:8080")
        }
        guard !url.contains("@") else {
            throw StartupProblem("the URL of '\(shown)' must hold no name and no password; a token stands in a file")
        }
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        func bare(_ url: String) -> Substring { url.last == "/" ? url.dropLast() : url[...] }
        return bare(a).lowercased() == bare(b).lowercased()
    }

    /// `host:port`, without what may be secret in front of it.
    static func server(of url: String) -> String {
        let rest = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
        return String(rest.split(separator: "@").last ?? "")
    }
}
