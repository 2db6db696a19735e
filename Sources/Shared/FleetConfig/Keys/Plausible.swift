/// Coarse rules for names that others define. What passes can be handed to a command as one argument.
enum Plausible {
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
    }

    /// Letters, digits and `_`, the first no digit: Python names and environment variables.
    static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    static func isUser(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 32,
            first == UInt8(ascii: "_") || (isAlphanumeric(first) && first > UInt8(ascii: "9"))
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    /// A DNS name, an IPv4 address, or an IPv6 address with or without its brackets; one of a link with its zone, as
    /// `fe80::1%br-lan`.
    static func isHost(_ text: String) -> Bool {
        let inner = withoutBrackets(text)
        guard let first = inner.utf8.first, (1...253).contains(inner.utf8.count) else { return false }
        if inner.utf8.contains(UInt8(ascii: ":")) {
            let parts = inner.split(separator: "%", omittingEmptySubsequences: false)
            guard let address = parts.first, parts.count <= 2 else { return false }
            return address.utf8.filter { $0 == UInt8(ascii: ":") }.count >= 2
                && address.utf8.allSatisfy { isAlphanumeric($0) || ":.".utf8.contains($0) }
                && parts.dropFirst().allSatisfy { zone in
                    (1...15).contains(zone.utf8.count)
                        && zone.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
                }
        }
        return inner.utf8.count == text.utf8.count && (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && inner.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    /// An address as it stands in a URL, by itself.
    static func withoutBrackets(_ text: String) -> Substring {
        text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
    }
}
