import FleetModel

extension ValueKind where Value == String {
    /// Longest text that is read, in bytes.
    static var longestText: Int { 4096 }

    /// A scalar, not empty and without control characters.
    /// - parameter refuse: Says what is wrong with a text, following the name of the key: "must …".
    static func text(
        _ label: String, isSecret: Bool = false, refuse: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Self {
        ValueKind(label, isSecret: isSecret) { node in
            guard let text = node.text else { return .failure(.kind) }
            guard !text.isEmpty else { return .failure(.because("must not be empty")) }
            guard text.utf8.count <= longestText else {
                return .failure(.because("must have at most \(longestText) characters"))
            }
            guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                return .failure(.because("must have no control characters and no line breaks"))
            }
            if let reason = refuse(text) { return .failure(.because(reason)) }
            return .success(text)
        }
    }

    static var path: Self { text("path") }

    /// Workloads and clients.
    static var name: Self {
        text("name") { Identifier.isName($0) ? nil : "must be \(Identifier.nameRule), not '\(excerpt($0))'" }
    }

    static var version: Self {
        text("version") { text in
            Identifier.isVersion(text)
                ? nil
                : "must be up to 64 letters, digits, '.', '_', '+' and '-', beginning with a letter or a digit, "
                    + "not '\(excerpt(text))'"
        }
    }

    static var token: Self {
        text("token", isSecret: true) {
            SecretFile.problem(of: $0).map { "must \($0)" }
        }
    }

    /// An address or a name of a host. Never looks like an option of a command. Brackets are for URLs alone.
    static var host: Self {
        let written = text("host name or address") {
            Plausible.isHost($0) ? nil : "must be a host name or an address, not '\(excerpt($0))'"
        }
        return ValueKind(written.label) { node in written.read(node).map { String(Plausible.withoutBrackets($0)) } }
    }

    /// A workload, or as the older documents have it, the file of one.
    static var nameOrFile: Self {
        text("name or file of a workload") {
            $0.unicodeScalars.contains(",") ? "must have no comma" : nil
        }
    }

    static var user: Self {
        text("user name") {
            Plausible.isUser($0)
                ? nil
                : "must be the name of a user: up to 32 letters, digits, '.', '_' and '-', beginning with a letter or "
                    + "'_', not '\(excerpt($0))'"
        }
    }

    /// `http://host:port`, without anything behind; a slash at the end is dropped.
    static var serverURL: Self {
        ValueKind("URL like 'http://control-host:8080'") { node in
            guard var text = node.text else { return .failure(.kind) }
            if text.hasSuffix("/") { text.removeLast() }
            guard let url = WebAddress(text), url.path.isEmpty else {
                return .failure(.because("must be a URL like 'http://control-host:8080', with nothing behind the port"))
            }
            return .success(text)
        }
    }

    static var pageURL: Self {
        text("URL that begins with 'http://' or 'https://'") {
            WebAddress($0) == nil ? "must be a URL like 'http://127.0.0.1:8000/health', not '\(excerpt($0))'" : nil
        }
    }

    static var timezone: Self {
        text("name of a time zone like 'Europe/Berlin'") {
            ZoneName.problem(with: $0, shown: excerpt($0))
        }
    }

    static var module: Self {
        text("name of a Python module") { text in
            text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { Plausible.isWord(String($0)) }
                ? nil : "must be the name of a Python module like 'agents.collector', not '\(excerpt(text))'"
        }
    }

    static var function: Self {
        text("name of a Python function") {
            Plausible.isWord($0) ? nil : "must be the name of a Python function like 'run', not '\(excerpt($0))'"
        }
    }

    /// A folder on another host: it goes through that host's shell.
    static var remotePath: Self {
        text("absolute path") { text in
            let isPlain = text.utf8.allSatisfy { Plausible.isAlphanumeric($0) || "/._+@-".utf8.contains($0) }
            return isPlain && text.hasPrefix("/")
                ? nil : "must be an absolute path of letters, digits and '/._+@-', not '\(excerpt(text))'"
        }
    }

    /// A path that is handed to a command and must not look like an option.
    static var pathArgument: Self {
        text("path") { $0.hasPrefix("-") ? "must not begin with '-'" : nil }
    }
}

extension ValueKind where Value == CronExpression {
    static var schedule: Self {
        ValueKind("schedule like '*/5 * * * *' or '@daily'") { node in
            guard let text = node.text else { return .failure(.kind) }
            do throws(CronError) {
                return .success(try CronExpression(text.trimmingSpaces()))
            } catch {
                return .failure(.because("is no schedule: \(excerpt(error.message, upTo: 300))"))
            }
        }
    }
}

extension ValueKind where Value == StopSignal {
    /// With or without `SIG`, in any case.
    static var signal: Self {
        let names = StopSignal.allCases.map(\.rawValue)
        return ValueKind("one of \(names.joined(separator: ", "))") { node in
            var text = node.text?.uppercased() ?? ""
            if text.hasPrefix("SIG") { text.removeFirst(3) }
            return StopSignal(rawValue: text).map { .success($0) } ?? .failure(.kind)
        }
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
    /// One of the words of an enumeration.
    static func word(_ type: Value.Type) -> Self {
        let words = type.allCases.map(\.rawValue)
        return ValueKind("one of \(words.joined(separator: ", "))") { node in
            guard let text = node.text, let value = Value(rawValue: text) else { return .failure(.kind) }
            return .success(value)
        }
    }
}
