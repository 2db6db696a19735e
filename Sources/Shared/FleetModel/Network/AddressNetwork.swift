/// All addresses that begin with the same bits, as `10.0.0.0/8` and `fd00::/8` name them; an address alone is one too.
package struct AddressNetwork: Hashable, Sendable, CustomStringConvertible {
    private let base: IPAddress
    /// Bits of an address of IPv6 that count.
    private let length: Int

    /// Why a text names no network, following "must".
    package struct Refusal: Error, Hashable, Sendable {
        package var reason: String
    }

    package init(_ text: String) throws(Refusal) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let base = IPAddress(first) else {
            throw Refusal(reason: "be an address like 10.0.0.2 or a network like 10.0.0.0/8, not a name")
        }
        let most = base.isV4 ? 32 : 128
        self.base = base
        guard parts.count > 1 else {
            length = 128
            return
        }
        let said = parts[1]
        guard said.utf8.count <= 3, said.utf8.allSatisfy({ (48...57).contains($0) }), let bits = Int(said),
            (1...most).contains(bits)
        else { throw Refusal(reason: "have a number from 1 to \(most) behind the '/'") }
        length = 128 - most + bits
        let whole = IPAddress(bits: base.bits & mask)
        guard whole == base else { throw Refusal(reason: "be written as \(whole)/\(bits): the rest does not count") }
    }

    package func contains(_ address: IPAddress) -> Bool { address.bits & mask == base.bits }

    package var description: String {
        let bits = base.isV4 ? length - 96 : length
        return length == 128 ? "\(base)" : "\(base)/\(bits)"
    }

    private var mask: UInt128 { ~UInt128.zero << UInt128(clamping: 128 - length) }
}
