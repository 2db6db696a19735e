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

    /// The address of the other side, without its port; nil on a Unix socket.
    package var peerAddress: String? { channel.remoteAddress?.ipAddress }

    /// Whom the request counts for where there are shares by address.
    package var addressBlock: AddressBlock { connection?.address ?? AddressBlock(peerOf: channel) }

    /// True on the Unix socket: its mode is what allows or forbids.
    package var isLocalSocket: Bool {
        if case .unixDomainSocket? = channel.localAddress { true } else { false }
    }
}
