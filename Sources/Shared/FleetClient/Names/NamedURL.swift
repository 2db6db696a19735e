import Glibc

/// A URL whose host is a name, cut into what matters for the way there.
struct NamedURL: Hashable, Sendable {
    /// `http://` or `https://`.
    var scheme: String
    var name: String
    /// With its colon; empty where there is none.
    var port: String
    /// Path and query.
    var rest: String

    /// Nil for an address, a socket and what is no URL of ours: there is no name to look up then.
    init?(_ url: String) {
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }) else { return nil }
        let after = url.dropFirst(scheme.count)
        let authority = after.prefix { !"/?#".contains($0) }
        guard !authority.hasPrefix("["), authority.utf8.allSatisfy(Self.isPlain) else { return nil }
        let name = authority.prefix { $0 != ":" }
        guard !name.isEmpty, !Self.isAddress(String(name)) else { return nil }
        let port = authority.dropFirst(name.count)
        guard port.isEmpty || UInt16(port.dropFirst()) != nil else { return nil }
        self.scheme = scheme
        self.name = String(name)
        self.port = String(port)
        rest = String(after.dropFirst(authority.count))
    }

    /// Only then may an address take the place of the name: a certificate is for the name.
    var isPlain: Bool { scheme == "http://" }

    /// As it stands in `Host`.
    var authority: String { name + port }

    /// The same at an address.
    func url(at address: String) -> String {
        scheme + (address.contains(":") ? "[\(address)]" : address) + port + rest
    }

    /// What stands in names and ports; `@` and `%` are left to those who know what they mean.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }
}
