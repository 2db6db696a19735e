import NIOCore
import TerminalText

/// JSON with nothing in it that steers the terminal on which somebody looks at an answer: what `SafeText` takes for a
/// control is written as `\uXXXX`. (JSON itself wants that of C0.)
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

    static func write(_ scalar: Unicode.Scalar, to text: inout ByteBuffer) {
        if scalar.value >= 0x7f, SafeText.isControl(scalar) {
            let digits = String(scalar.value, radix: 16)
            text.writeString("\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
        } else {
            text.writeBytes(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
