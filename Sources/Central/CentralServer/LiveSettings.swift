import FleetConfig
import FleetHTTP
import FleetModel
import Synchronization

/// What of a central's files is taken while it runs: who may do what, and which clients there are. The rest is taken at
/// its next start.
package final class LiveSettings: Sendable {
    private struct InUse {
        var settings: CentralSettings
        var inventory: Inventory
        var files: [FileStamp]
    }

    private let inUse: Mutex<InUse>
    private let rules: Mutex<AccessPolicy>
    private let isLoopbackOnly: Bool

    /// - Parameter files: all that this was read from.
    init(_ settings: CentralSettings, _ inventory: Inventory, files: [FileStamp], isLoopbackOnly: Bool) {
        inUse = Mutex(InUse(settings: settings, inventory: inventory, files: files))
        rules = Mutex(.central(settings, isLoopbackOnly: isLoopbackOnly))
        self.isLoopbackOnly = isLoopbackOnly
    }

    var policy: AccessPolicy { rules.withLock { $0 } }

    /// What the files say that is not used yet, as a sentence; nil where they are as they were read.
    var notice: String? { inUse.withLock { $0.files }.notice }

    /// Why it cannot be taken by a central that runs, as a sentence; nil where it can.
    package func objection(to settings: CentralSettings) -> String? {
        guard !settings.hasToken, policy.hasTokens, !isLoopbackOnly, !settings.allowUnauthenticated else { return nil }
        return
            "no token is left, and whoever reaches the central could do everything: leave one, or stop the central first"
    }

    /// - Returns: what has changed, a sentence each.
    func take(
        _ settings: CentralSettings, _ inventory: Inventory, files: [FileStamp], in state: FleetState,
        _ sessions: Sessions
    ) -> [String] {
        let before = inUse.withLock { inUse in
            defer { inUse = InUse(settings: settings, inventory: inventory, files: files) }
            return inUse
        }
        rules.withLock { $0 = .central(settings.taking(before.settings), isLoopbackOnly: isLoopbackOnly) }
        state.use(inventory, apiToken: settings.apiToken, isGuarded: settings.hasToken)
        let difference = CentralDifference(
            from: (before.settings, before.inventory), to: (settings, inventory))
        sessions.end { difference.invalidTokens.contains($0.name) }
        return difference.sentences
    }
}

extension CentralSettings {
    var hasToken: Bool { apiToken != nil || !tokens.isEmpty }

    /// With what an earlier one had of all that is taken at a start alone.
    fileprivate func taking(_ earlier: CentralSettings) -> CentralSettings {
        var settings = earlier
        settings.apiToken = apiToken
        settings.tokens = tokens
        return settings
    }
}
