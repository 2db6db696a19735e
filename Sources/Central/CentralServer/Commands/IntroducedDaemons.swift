import Synchronization

/// Daemons that name themselves in each answer, by client, and where they were when they last did: these refuse by
/// themselves what is meant for another client.
final class IntroducedDaemons: Sendable {
    /// Beyond that it begins anew, at the price of one more question a client.
    private static let most = 20_000
    private let addresses = Mutex<[String: String]>([:])

    func contains(_ client: String, at address: String) -> Bool { addresses.withLock { $0[client] == address } }

    func insert(_ client: String, at address: String) {
        addresses.withLock { addresses in
            if addresses.count >= Self.most, addresses[client] == nil { addresses = [:] }
            addresses[client] = address
        }
    }

    func remove(_ client: String) { addresses.withLock { $0[client] = nil } }
}
