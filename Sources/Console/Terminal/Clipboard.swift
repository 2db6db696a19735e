import FoundationEssentials

/// The clipboard of whoever looks at the terminal, by OSC 52.
enum Clipboard {
    /// Bytes; terminals refuse much more.
    static let most = 100_000

    /// - Returns: what to send to the terminal; nil where this kind cannot do it.
    static func sequence(for text: String, environment: [String: String]) -> String? {
        let kind = environment["TERM"] ?? ""
        guard kind != "linux", !kind.hasPrefix("vt") else { return nil }
        let encoded = Data(text.utf8.prefix(most)).base64EncodedString()
        let plain = "\u{1B}]52;c;\(encoded)\u{07}"
        // screen passes on only what is wrapped; tmux knows the sequence itself.
        return kind.hasPrefix("screen") && environment["TMUX"] == nil ? "\u{1B}P\(plain)\u{1B}\\" : plain
    }
}
