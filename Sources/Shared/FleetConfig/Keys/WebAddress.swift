/// The parts of an http or https URL that matter here. Names of users in it are refused.
struct WebAddress: Hashable {
    var host: String
    var port: Int?
    /// From the first slash or question mark on; may be empty.
    var path: String

    init?(_ text: String) {
        var rest: Substring
        if text.hasPrefix("http://") {
            rest = text.dropFirst(7)
        } else if text.hasPrefix("https://") {
            rest = text.dropFirst(8)
        } else {
            return nil
        }
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        path = String(rest[end...])
        rest = rest[..<end]
        guard let place = HostAndPort(String(rest)) else { return nil }
        host = place.host
        port = place.port
    }
}

/// `host`, `host:port`, `[address]:port`.
struct HostAndPort: Hashable {
    /// Without brackets.
    var host: String
    var port: Int?

    init?(_ text: String) {
        var name = text[...]
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            let digits = text[text.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(digits), (1...65535).contains(number)
            else { return nil }
            port = number
            name = text[..<colon]
        }
        // An IPv6 address needs its brackets here, or its end could not be told from a port.
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        guard Plausible.isHost(String(name)), isBracketed || !name.contains(":") else { return nil }
        host = isBracketed ? String(name.dropFirst().dropLast()) : String(name)
    }
}
