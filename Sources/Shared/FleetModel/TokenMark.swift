/// Says which token something was done with, where another life of a process has to know it again: 64 bits of a hash over
/// the token and the name that goes with it. `TokenHash` is for one process alone.
///
/// It is kept in the central's database and in the report of a central to its daemon, files of mode 0600 beside the
/// token itself, and shown nowhere. The name in it keeps two marks of one token apart and ready-made tables useless. A
/// random key in the same file would add nothing to that: whoever has the file would have the key.
package enum TokenMark {
    /// 16 hexadecimal digits.
    package static func text(of token: String, shownBy name: String) -> String {
        String(Digest.text(of: "\(name)\0\(token)").prefix(16))
    }
}
