import FleetModel
import NIOCore

/// Whom an address stands for when shares are counted: an IPv4 address, or a /64 of IPv6, which is what one household
/// or machine is given and may number as it likes.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: UInt8 {
        case local, v4, v6, v6Site
    }

    private var kind: Kind
    /// IPv4: the address. IPv6: its first half.
    private var bits: UInt64

    /// The owner of a Unix socket.
    package static let local = AddressBlock(kind: .local, bits: 0)

    private init(kind: Kind, bits: UInt64) {
        self.kind = kind
        self.bits = bits
    }

    /// Of the other side of a connection. One that has hung up has no address any more, and counts for none in particular.
    package init(peerOf channel: any Channel) {
        if case .unixDomainSocket? = channel.localAddress { self = .local } else { self.init(channel.remoteAddress) }
    }

    package init(_ address: SocketAddress?) {
        guard let address = IPAddress(address) else {
            self.init(kind: .v4, bits: 0)
            return
        }
        self.init(address)
    }

    package init(_ address: IPAddress) {
        if address.isV4 {
            self.init(kind: .v4, bits: UInt64(truncatingIfNeeded: address.bits & 0xffff_ffff))
        } else {
            self.init(kind: .v6, bits: UInt64(truncatingIfNeeded: address.bits >> 64))
        }
    }

    /// The /48 of IPv6 that it is a part of, which one customer may be given whole; nil for what is not of IPv6.
    package var site: AddressBlock? { kind == .v6 ? AddressBlock(kind: .v6Site, bits: bits & ~0xffff) : nil }

    package var isLocal: Bool { kind == .local }

    package var description: String {
        switch kind {
        case .local: "local"
        case .v4: [24, 16, 8, 0].map { "\(bits >> UInt64(clamping: $0) & 0xff)" }.joined(separator: ".")
        case .v6: words([48, 32, 16, 0]) + "::/64"
        case .v6Site: words([48, 32, 16]) + "::/48"
        }
    }

    private func words(_ places: [UInt64]) -> String {
        places.map { String(bits >> $0 & 0xffff, radix: 16) }.joined(separator: ":")
    }
}

extension IPAddress {
    /// Nil for a Unix socket, and for one that has hung up.
    init?(_ address: SocketAddress?) {
        guard let address, address.ipAddress != nil else { return nil }
        self = address.withSockAddr { pointer, size in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
            // `sockaddr_in` and `sockaddr_in6`: the address is behind family and port, there with the flow between.
            guard case .v6 = address else {
                return IPAddress(v4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            }
            return IPAddress(bits: UInt128(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt128.self)))
        }
    }
}
