import NIOHTTP1

extension HTTPRequestHead {
    /// Makes a target with its host in it, `http://name/path`, one without, and its host the request's `Host`.
    ///
    /// A server has to take such a target, and its host is the one that counts, whatever the header says (RFC 9112,
    /// 3.2.2). So nobody behind this has to know that there are two places for it.
    /// - Returns: why the target is none.
    mutating func takeApart() -> APIError? {
        if uri == "*" { return nil }
        guard let scheme = ["http://", "https://"].first(where: { uri.lowercased().hasPrefix($0) }) else {
            return .badRequest("the target of a request is a path that begins with '/', or a whole http address")
        }
        let rest = uri.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard Self.isAuthority(String(authority)) else {
            return .badRequest("the target has no name or address for a host, with or without a port")
        }
        guard headers["Host"].count == 1 || (headers["Host"].isEmpty && isOld) else {
            return .badRequest("a request has one header 'Host'")
        }
        headers.replaceOrAdd(name: "Host", value: String(authority))
        let path = rest.dropFirst(authority.count)
        uri = path.first == "/" ? String(path) : "/\(path)"
        return nil
    }

    /// A name or address; in brackets one with colons. Then a port, perhaps.
    static func isAuthority(_ text: String) -> Bool {
        guard text.utf8.count <= 300 else { return false }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var name = text.utf8[...]
        if let colon = name.lastIndex(of: UInt8(ascii: ":")), name[colon...].dropFirst().allSatisfy(digits.contains) {
            let port = String(name[colon...].dropFirst()) ?? ""
            guard port.isEmpty || UInt16(port, radix: 10) != nil else { return false }
            name = name[..<colon]
        }
        let isBracketed = name.first == UInt8(ascii: "[") && name.last == UInt8(ascii: "]")
        if isBracketed { name = name.dropFirst().dropLast() }
        return !name.isEmpty
            && name.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), digits,
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"):
                    true
                case UInt8(ascii: ":"): isBracketed
                default: false
                }
            }
    }
}
