import FleetModel
import NIOCore

/// JSON written by hand, for what is written thousands of times a second; a general encoder takes ten times as long.
extension ByteBuffer {
    /// A text in quotes.
    package mutating func writeJSON(_ text: String) {
        writeInteger(UInt8(ascii: "\""))
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain {
            writeString(text)
        } else {
            for scalar in text.unicodeScalars {
                if scalar.value < 0x7f {
                    writeEscaped(UInt8(truncatingIfNeeded: scalar.value))
                } else {
                    HarmlessJSON.write(scalar, to: &self)
                }
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }

    package mutating func writeJSON(_ number: Int) { writeString(String(number)) }

    /// - Parameter number: finite; what is not becomes null, for JSON has no word for it.
    package mutating func writeJSON(_ number: Double) {
        guard number.isFinite else { return writeNull() }
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 {
            writeString(String(whole))
        } else {
            writeString(number.description)
        }
    }

    package mutating func writeJSON(_ time: Timestamp) {
        writeInteger(UInt8(ascii: "\""))
        writeString(time.description)
        writeInteger(UInt8(ascii: "\""))
    }

    package mutating func writeNull() { writeStaticString("null") }

    /// A value, or null.
    package mutating func writeJSON<Value>(_ value: Value?, _ write: (inout ByteBuffer, Value) -> Void) {
        if let value { write(&self, value) } else { writeNull() }
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString(#"\""#)
        case UInt8(ascii: "\\"): writeStaticString(#"\\"#)
        case UInt8(ascii: "\n"): writeStaticString(#"\n"#)
        case UInt8(ascii: "\r"): writeStaticString(#"\r"#)
        case UInt8(ascii: "\t"): writeStaticString(#"\t"#)
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            writeStaticString(#"\u00"#)
            writeBytes([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        default: writeInteger(byte)
        }
    }
}
