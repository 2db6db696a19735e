import FleetHTTP
import FleetModel
import HTTPTypes

/// Where a report came from, as far as its connection tells. Pure.
///
/// A daemon that names no `advertise_host` is reached where its reports come from. That holds only where nobody stands
/// in between: commands for the client would go to the proxy, which as often as not is this very host.
enum ReportOrigin: Hashable, Sendable {
    case known(String?)
    /// It came through somebody else: who, and why they are not believed.
    case unknown(through: String, because: String)

    /// - Parameters:
    ///   - peer: whom it is from, by the connection or by a proxy that is believed.
    ///   - isForwarded: a proxy that is believed said so.
    ///   - bootID: of this host. Every daemon on it has the same.
    init(_ headers: HTTPFields, of heartbeat: Heartbeat, peer: String?, isForwarded: Bool, bootID: String) {
        guard let peer else {
            self = .known(nil)
            return
        }
        if !isForwarded, headers.showProxy {
            self = .unknown(through: peer, because: "a proxy that central.trusted_proxies does not name")
        } else if IPAddress(peer)?.isLoopback == true, let boot = heartbeat.bootID, Self.isOfKernel(boot),
            Self.isOfKernel(bootID), boot != bootID
        {
            self = .unknown(through: peer, because: "a proxy or a tunnel that does not say where it is from")
        } else {
            self = .known(peer)
        }
    }

    var address: String? {
        if case .known(let address) = self { address } else { nil }
    }

    /// For whoever looks after that client; nil where its address is known otherwise.
    func warning(for heartbeat: Heartbeat, isInInventory: @autoclosure () -> Bool) -> String? {
        guard case .unknown(let through, let because) = self, heartbeat.advertiseHost == nil, !isInInventory() else {
            return nil
        }
        return "its address is not known, as it came by way of \(through), \(because): no command reaches this client "
            + "until one of central.trusted_proxies, the inventory and fleet.advertise_host says more"
    }

    /// As the kernel gives it, `1f0c5e9a-…`; what a report says otherwise tells nothing of its host.
    private static func isOfKernel(_ text: String) -> Bool {
        text.utf8.count == 36
            && zip(0..., text.utf8).allSatisfy { place, byte in
                (place == 8 || place == 13 || place == 18 || place == 23) == (byte == UInt8(ascii: "-"))
            }
    }
}
