import NIOCore

/// JSON with nothing in it that steers the terminal on which somebody looks at an answer: DEL, C1, separators of lines
/// and what turns the direction of text around are written as `\uXXXX`. (JSON itself wants that of C0.)
package enum HarmlessJSON {
    /// - Parameter json: valid, in UTF-8; what is not ASCII stands in texts only.
    package static func text(_ json: some Collection<UInt8>) -> ByteBuffer {
        // Most has none of the first bytes of such characters.
        guard json.contains(where: { $0 == 0x7f || $0 == 0xc2 || $0 == 0xd8 || $0 == 0xe2 }) else {
            return ByteBuffer(bytes: json)
        }
        var text = ByteBuffer()
        text.reserveCapacity(json.count)
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars { write(scalar, to: &text) }
        return text
    }

    static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7f...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    static func write(_ scalar: Unicode.Scalar, to text: inout ByteBuffer) {
        if steers(scalar) {
            let digits = String(scalar.value, radix: 16)
            text.writeString("\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
        } else {
            text.writeBytes(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
