/// Finds the grant of a token in a time that tells nothing of the tokens there are.
///
/// A thousand clients may each have a token of their own, so that comparing with all of them would cost more than the
/// heartbeat itself. The offered token is therefore looked up by its hash: `Hasher` is keyed with a random number of
/// this process, so that nobody outside can choose a token by its hash or learn a part of one from a hit. What the
/// hash finds, none or one, is then compared in constant time.
struct TokenRing: Sendable {
    private var grants: [Int: [TokenGrant]] = [:]

    init(_ grants: [TokenGrant]) {
        for grant in grants where !grant.token.isEmpty { self.grants[hash(grant.token), default: []].append(grant) }
    }

    var isEmpty: Bool { grants.isEmpty }

    func grant(of token: String) -> TokenGrant? {
        var found: TokenGrant?
        for grant in grants[hash(token)] ?? [] where isSame(grant.token, token) { found = grant }
        return found
    }

    private func hash(_ token: String) -> Int {
        var hasher = Hasher()
        for byte in token.utf8 { hasher.combine(byte) }
        return hasher.finalize()
    }

    /// Looks at every byte, wherever the first difference is; only the length of what was offered shows in the time.
    private func isSame(_ ours: String, _ offered: String) -> Bool {
        let ours = Array(ours.utf8)
        let offered = Array(offered.utf8)
        var difference = ours.count ^ offered.count
        for (index, byte) in offered.enumerated() { difference |= Int(byte ^ ours[index % ours.count]) }
        return difference == 0
    }
}
