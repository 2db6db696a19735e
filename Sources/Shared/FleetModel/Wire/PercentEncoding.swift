/// Text as part of a URL: bytes that do not stand for themselves there as `%` and two digits.
package enum PercentEncoding {
    package static let alphanumeric = Set(
        [UInt8](UInt8(ascii: "0")...UInt8(ascii: "9")) + [UInt8](UInt8(ascii: "a")...UInt8(ascii: "z"))
            + [UInt8](UInt8(ascii: "A")...UInt8(ascii: "Z")))
    /// What may stand in a part of a path; `+` is one of them there, and versions have it.
    package static let unreserved = alphanumeric.union([
        UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"), UInt8(ascii: "+"),
    ])

    package static func encode(_ text: String, keeping kept: Set<UInt8>) -> String {
        var encoded = [UInt8]()
        for byte in text.utf8 {
            if kept.contains(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
