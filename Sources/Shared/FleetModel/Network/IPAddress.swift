import Glibc

/// An address of IPv4 or IPv6. One of IPv4 that is written as one of IPv6, `::ffff:192.0.2.1`, is the former.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// As of IPv6, the first byte of the address as the highest.
    package let bits: UInt128

    package init(bits: UInt128) { self.bits = bits }
    package init(v4 bits: UInt32) { self.bits = Self.v4 << 32 | UInt128(bits) }

    /// The address alone, without brackets, port and zone; nil where it is none.
    package init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(v4: UInt32(bigEndian: four.s_addr))
            return
        }
        var six = UInt128.zero
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(bits: UInt128(bigEndian: six))
    }

    /// What stands before the address of IPv4 that is written as one of IPv6.
    private static let v4: UInt128 = 0xffff

    package var isV4: Bool { bits >> 32 == Self.v4 }

    package var isLoopback: Bool { isV4 ? bits >> 24 & 0xff == 127 : bits == 1 }

    package var description: String {
        if isV4 { return [24, 16, 8, 0].map { (place: UInt128) in "\(bits >> place & 0xff)" }.joined(separator: ".") }
        var six = bits.bigEndian
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &six, &text, socklen_t(INET6_ADDRSTRLEN)) != nil else { return "::" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
