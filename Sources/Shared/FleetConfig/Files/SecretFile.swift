/// A file that holds one token.
package enum SecretFile {
    /// Far more than any token needs.
    static let limit = 16 * 1024

    /// What the file holds without the white space around it.
    /// - returns: the token, or a sentence that says what is wrong; the token is never part of it.
    package static func read(_ path: String) -> Result<String, Failure> {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: limit)
        } catch {
            switch error {
            case .missing: return .failure(Failure("the file '\(excerpt(path))' does not exist"))
            case .unreadable(let reason): return .failure(Failure("the file '\(excerpt(path))' \(reason)"))
            }
        }
        let blanks = Array(" \t\r\n".utf8)
        let trimmed = bytes.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
        guard !trimmed.isEmpty else { return .failure(Failure("the file '\(excerpt(path))' is empty")) }
        let token = String(decoding: trimmed, as: UTF8.self)
        guard isToken(token) else {
            return .failure(
                Failure("the file '\(excerpt(path))' must hold one token: printable ASCII without spaces"))
        }
        return .success(token)
    }

    /// What can stand in an Authorization header.
    package static func isToken(_ text: String) -> Bool {
        (1...4096).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    package struct Failure: Error, Hashable {
        package var message: String
        init(_ message: String) { self.message = message }
    }
}
