/// A token stands in the file itself or in one of its own, never in both.
enum TokenRule {
    /// - parameter key: `api_token` or `token`; the key of the file is the same with `_file`.
    /// - returns: what the file holds, where there is one and it is right.
    static func resolve(_ present: PresentKeys, key: String, file: String?, log: inout IssueLog) -> String? {
        let fileKey = key + "_file"
        if present.contains(key), present.contains(fileKey) {
            log.report("'\(key)' is set already; keep one of the two", at: present.position(of: fileKey))
            return nil
        }
        guard let file else { return nil }
        switch SecretFile.read(file) {
        case .success(let token):
            guard let problem = SecretFile.problem(of: token) else { return token }
            log.report("the token in '\(excerpt(file))' must \(problem)", at: present.valuePosition(of: fileKey))
            return nil
        case .failure(let failure):
            log.report("'\(fileKey)': \(failure.message)", at: present.valuePosition(of: fileKey))
            return nil
        }
    }
}
