import FleetModel
import Hummingbird
import Logging
import NIOCore

/// What a handler knows of a request beyond its text.
package struct FleetContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let channel: any Channel
    /// What the request came on, and whom that counts for; nil where it came on none.
    package var connection: Connection?
    /// Who asks; set before the handler is called.
    package var principal: Principal = .anonymous
    /// The names in the path, in their order, percent-decoded and checked.
    package var names: [String] = []

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// What a proxy says of the request, if one passed it on that is believed.
    package var forwarded: Forwarded?

    /// The address of whoever sent the request, without its port; nil on a Unix socket.
    package var peerAddress: String? {
        forwarded.map { "\($0.address)" } ?? channel.remoteAddress?.ipAddress
    }

    /// Whom the request counts for where there are shares by address.
    package var addressBlock: AddressBlock {
        forwarded.map { AddressBlock($0.address) } ?? connection?.address ?? AddressBlock(peerOf: channel)
    }

    /// Whoever asks has shown who they are: by this request, or by an earlier one on a connection of their own.
    var isInsider: Bool {
        guard forwarded == nil, let connection else { return principal.isAuthenticated }
        return connection.isInsider
    }

    /// Whoever asks has shown who they are.
    /// - Parameter client: which one reports, where that is known. A connection of a proxy has many of them, and is none's.
    package func proved(client: String? = nil) { connection?.proved(client: forwarded == nil ? client : nil) }

    /// True on the Unix socket: its mode is what allows or forbids.
    package var isLocalSocket: Bool {
        if case .unixDomainSocket? = channel.localAddress { true } else { false }
    }
}
