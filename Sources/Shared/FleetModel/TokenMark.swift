import Crypto

/// Says in a database which token a report was shown with, so that a later life of the central, or one with another
/// token, can tell whether that was the token it has. 64 bits of a hash over the client's name and the token.
package enum TokenMark {
    /// 16 hexadecimal digits.
    package static func text(of token: String, shownBy client: String) -> String {
        let digest = SHA256.hash(data: Array("\(client)\0\(token)".utf8))
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
