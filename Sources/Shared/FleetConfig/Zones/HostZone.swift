import FoundationEssentials

/// The `TZ` of an environment. The C library takes UTC for what it can't read, and says nothing.
package enum HostZone {
    /// Where the database of zones is, if `TZDIR` does not say.
    private static let folder = "/usr/share/zoneinfo"

    /// What is taken for UTC rightly, also on a host without the database.
    private static let alwaysKnown: Set<String> = ["UTC", "UCT", "GMT", "Universal", "Zulu", "Etc/UTC", "Etc/GMT"]

    /// Why schedules could not be read in the host's zone, as a sentence that says what to do; nil where they can.
    package static func problem(in environment: [String: String]) -> String? {
        guard let value = environment["TZ"], !value.isEmpty else { return nil }
        let name = value.hasPrefix(":") ? String(value.dropFirst()) : value
        if alwaysKnown.contains(name) || isRule(name) || isFile(name, environment) { return nil }
        return "the variable TZ is '\(excerpt(value))', which is neither a file of '\(base(environment))' nor a rule "
            + "like 'CET-1CEST,M3.5.0,M10.5.0/3'; set a name like 'Europe/Berlin', or unset it to have the host's zone"
    }

    private static func base(_ environment: [String: String]) -> String {
        environment["TZDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? folder
    }

    private static func isFile(_ name: String, _ environment: [String: String]) -> Bool {
        guard !name.isEmpty else { return false }
        let path = name.hasPrefix("/") ? name : "\(base(environment))/\(name)"
        // Each file of a zone begins so.
        return FileManager.default.contents(atPath: path)?.starts(with: Array("TZif".utf8)) ?? false
    }

    /// `std offset [dst [offset] [,start[/time],end[/time]]]`, as in chapter 8.3 of POSIX, with the names in angle
    /// brackets and the hours up to 167 of its later versions.
    private static func isRule(_ text: String) -> Bool {
        let name = #"([A-Za-z]{3,}|<[A-Za-z0-9+\-]{3,}>)"#
        let time = #"\d{1,3}(:\d{2}(:\d{2})?)?"#
        let date = #"(M(1[0-2]|[1-9])\.[1-5]\.[0-6]|J?\d{1,3})(/[+\-]?"# + time + ")?"
        let rule = "\(name)[+\\-]?\(time)(\(name)([+\\-]?\(time))?(,\(date),\(date))?)?"
        guard let pattern = try? Regex(rule) else { return false }
        return (try? pattern.wholeMatch(in: text)) != nil
    }
}
