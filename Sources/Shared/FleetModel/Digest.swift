import Crypto

/// SHA-256, for what must be known again and not be read.
package enum Digest {
    /// 64 hexadecimal digits.
    package static func text(of text: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: SHA256.hash(data: Array(text.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
