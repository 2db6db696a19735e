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

    /// A DNS name, an IPv4 address, or an IPv6 address with or without its brackets.
    static func isHost(_ text: String) -> Bool {
        var inner = text[...]
        if inner.hasPrefix("["), inner.hasSuffix("]") { inner = inner.dropFirst().dropLast() }
        guard let first = inner.utf8.first, (1...253).contains(inner.utf8.count) else { return false }
        if inner.utf8.contains(UInt8(ascii: ":")) {
            return inner.utf8.filter { $0 == UInt8(ascii: ":") }.count >= 2
                && inner.utf8.allSatisfy { isAlphanumeric($0) || ":.%".utf8.contains($0) }
        }
        return inner.utf8.count == text.utf8.count && (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && inner.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }
}
