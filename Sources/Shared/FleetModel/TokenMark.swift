/// Says which token something was done with, where another life of a process has to know it again: 64 bits of a hash over
/// the token and the name that goes with it. `TokenHash` is for one process alone.
package enum TokenMark {
    /// 16 hexadecimal digits.
    package static func text(of token: String, shownBy name: String) -> String {
        String(Digest.text(of: "\(name)\0\(token)").prefix(16))
    }
}
