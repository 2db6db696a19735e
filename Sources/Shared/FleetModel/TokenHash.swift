import Crypto

/// What is kept of a token that others show: enough to know it again, not enough to show it.
///
/// SHA-256 of a random salt of this process and the token. The salt keeps two processes' hashes apart, and whoever
/// reads one from memory or a core dump from looking it up in a table.
package struct TokenHash: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil for an empty text, which is no token.
    package init?(of token: String) {
        guard !token.isEmpty else { return nil }
        var function = SHA256()
        Self.salt.withUnsafeBytes { function.update(bufferPointer: $0) }
        var token = token
        token.withUTF8 { function.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        words = function.finalize().withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// Looks at every bit, wherever the first difference is.
    package static func == (a: TokenHash, b: TokenHash) -> Bool {
        (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2) | (a.words.3 ^ b.words.3) == 0
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    private static let salt = (0..<4).map { _ in UInt64.random(in: .min ... .max) }
}

extension TokenHash: CustomStringConvertible {
    /// Nothing of it: a hash in a log would be a token to be guessed at leisure.
    package var description: String { Secret.placeholder }
}
