import AsyncHTTPClient
import FleetHTTP
import FleetModel
import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOHTTP1

/// An address may lead to another host than one thinks: who answers is looked at before it is believed.
extension Forwarder {
    /// Makes sure that the client that is meant is the one that is there, before anything is asked of it.
    func introduce(_ daemon: Place, within seconds: Double) async throws {
        let health = DaemonEndpoint.health
        let response = try await ask(daemon, health.route, path: health.path(), within: seconds)
        if try isNamed(response, as: daemon) { return }
        let answer = try await limited(to: seconds, daemon.client) {
            try await whole(response, of: daemon.client, upTo: ByteBudget.small)
        }
        guard let name = try? JSONDecoder().decode(Health.self, from: Data(answer.body.readableBytesView)).clientName
        else { throw Self.nameless(daemon) }
        guard name == daemon.client else { throw Self.other(name, daemon) }
    }

    /// - Returns: false where the answer does not say who gave it.
    /// - Throws: where somebody else did.
    func isNamed(_ response: HTTPClientResponse, as daemon: Place) throws -> Bool {
        let names = response.headers[ClientHeader.name]
        guard let name = names.first else {
            introduced.remove(daemon.client)
            return false
        }
        guard names == [daemon.client] else {
            introduced.remove(daemon.client)
            throw Self.other(name, daemon)
        }
        introduced.insert(daemon.client, at: daemon.address)
        return true
    }

    private static func other(_ name: String, _ daemon: Place) -> APIError {
        let name = Identifier.isName(name) ? "client '\(name)'" : "somebody else"
        return APIError(
            .badGateway,
            "\(daemon.description) is not there: what answers is \(name), and nothing was done; correct its address in "
                + "the inventory")
    }

    static func nameless(_ daemon: Place) -> APIError {
        APIError(
            .badGateway, "what answers for \(daemon.description) does not say which client it is; is that its daemon?")
    }
}
