/// A file that holds one token.
package enum SecretFile {
    /// Far more than any token needs.
    static let limit = 16 * 1024

    /// A shorter one is guessed, or was meant for a try and forgotten.
    static let shortestToken = 12

    /// What the file holds without the white space around it. A file that others on this host can read or write is
    /// refused: whoever has an account there, or a workload, would have the token.
    /// - returns: the token, or a sentence that says what is wrong; the token is never part of it.
    package static func read(_ path: String) -> Result<String, Failure> {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: limit, isSecret: true)
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

    /// What is wrong with a token that others are to show, to follow "must"; nil where nothing is.
    static func problem(of token: String) -> String? {
        guard isToken(token) else { return "be printable ASCII characters without spaces" }
        guard token.utf8.count >= shortestToken else {
            return "have at least \(shortestToken) characters; make one with 'openssl rand -hex 24'"
        }
        return nil
    }

    package struct Failure: Error, Hashable {
        package var message: String
        init(_ message: String) { self.message = message }
    }
}
