import FleetModel
import FoundationEssentials
import NIOCore

/// Steps through JSON text whose shape is known beforehand.
///
/// It is strict and knows no errors: whatever it does not expect, it answers with nil, and the caller asks a general
/// decoder, which then finds the words. So it may leave out what is rare, and must never read anything differently.
struct JSONCursor {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Whether the text is one JSON object; the general decoder has the word on what is merely unusual.
    static func isObject(_ text: ByteBuffer) -> Bool {
        let isPlain = text.withUnsafeReadableBytes { bytes in
            var cursor = JSONCursor(bytes.bindMemory(to: UInt8.self))
            return cursor.object { cursor, _ in cursor.skip() } && cursor.isAtEnd()
        }
        return isPlain
            || (try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.readableBytesView))) != nil
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { place += 1 }
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func consume(word: StaticString) -> Bool {
        skipSpace()
        let count = word.utf8CodeUnitCount
        guard bytes.count - place >= count else { return false }
        for index in 0..<count where bytes[place + index] != word.utf8Start[index] { return false }
        place += count
        return true
    }

    /// True where nothing follows.
    mutating func isAtEnd() -> Bool {
        skipSpace()
        return place == bytes.count
    }

    mutating func null() -> Bool { consume(word: "null") }

    mutating func bool() -> Bool? { consume(word: "true") ? true : consume(word: "false") ? false : nil }

    /// Calls the closure for each key, after which it stands before the value; false ends it.
    mutating func object(_ member: (inout JSONCursor, String) -> Bool) -> Bool {
        guard consume("{") else { return false }
        if consume("}") { return true }
        repeat {
            guard let bytes = plainString(), let key = String(validating: bytes, as: UTF8.self), consume(":"),
                member(&self, key)
            else { return false }
        } while consume(",")
        return consume("}")
    }

    /// Calls the closure before each element; false ends it.
    mutating func array(_ element: (inout JSONCursor) -> Bool) -> Bool {
        guard consume("[") else { return false }
        if consume("]") { return true }
        repeat {
            guard element(&self) else { return false }
        } while consume(",")
        return consume("]")
    }

    /// A text without escapes: the bytes between its quotes, not yet known to be UTF-8.
    mutating func plainString() -> UnsafeBufferPointer<UInt8>? {
        guard consume("\"") else { return nil }
        let start = place
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                place += 1
                return UnsafeBufferPointer(rebasing: bytes[start..<(place - 1)])
            }
            guard byte >= 0x20, byte != UInt8(ascii: "\\") else { return nil }
            place += 1
        }
        return nil
    }

    mutating func string() -> String? {
        let start = place
        if let plain = plainString() { return String(validating: plain, as: UTF8.self) }
        place = start
        return escapedString()
    }

    private mutating func escapedString() -> String? {
        guard consume("\"") else { return nil }
        var text = [UInt8]()
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escape = next else { return nil }
                place += 1
                switch escape {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
                case UInt8(ascii: "n"): text.append(0x0a)
                case UInt8(ascii: "r"): text.append(0x0d)
                case UInt8(ascii: "t"): text.append(0x09)
                // The rest, `\u` above all, is rare.
                default: return nil
                }
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// A whole number without fraction or exponent, of at most 18 digits.
    mutating func integer() -> Int64? {
        skipSpace()
        let start = place
        guard let number = decimal(), number.scale == 0, !number.hasPoint else {
            place = start
            return nil
        }
        return number.isNegative ? -number.digits : number.digits
    }

    /// Arithmetic of doubles gives a number exactly where its digits are below 2^53 and its power of ten is within
    /// 10^±22; others are left to the standard library.
    mutating func number() -> Double? {
        skipSpace()
        let start = place
        guard let number = decimal() else { return nil }
        guard number.digits < 1 << 53, number.scale <= 22 else {
            return Double(String(decoding: bytes[start..<place], as: UTF8.self))
        }
        let size = Double(number.digits) / powersOfTen[number.scale]
        return number.isNegative ? -size : size
    }

    private struct Decimal {
        var isNegative: Bool
        var digits: Int64
        /// How many of the digits stand behind the point.
        var scale: Int
        var hasPoint: Bool
    }

    private mutating func decimal() -> Decimal? {
        skipSpace()
        var number = Decimal(isNegative: consume("-"), digits: 0, scale: 0, hasPoint: false)
        var count = 0
        let first = next
        while let byte = next {
            if byte == UInt8(ascii: "."), !number.hasPoint, count > 0 {
                number.hasPoint = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                count += 1
                // No zero leads but a lone one, and what might not fit is left to others.
                guard count <= 18, count != 2 || number.hasPoint || first != UInt8(ascii: "0") else { return nil }
                number.digits = number.digits * 10 + Int64(byte - UInt8(ascii: "0"))
                if number.hasPoint { number.scale += 1 }
            } else {
                break
            }
            place += 1
        }
        guard count > 0, !number.hasPoint || number.scale > 0 else { return nil }
        // An exponent.
        if let byte = next, byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") { return nil }
        return number
    }

    /// Passes over any value, at most `depth` levels deep.
    mutating func skip(depth: Int = 16) -> Bool {
        skipSpace()
        guard depth > 0, let byte = next else { return false }
        switch byte {
        case UInt8(ascii: "{"): return object { cursor, _ in cursor.skip(depth: depth - 1) }
        case UInt8(ascii: "["): return array { $0.skip(depth: depth - 1) }
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "n"): return null()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return bool() != nil
        default: return number() != nil
        }
    }
}

private let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
