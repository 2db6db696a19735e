import FleetModel
import Hummingbird

/// A name out of a path, checked before anything is done with it.
enum PathName {
    static func read(_ placeholder: Substring, from parameters: Parameters) throws -> String {
        guard let raw = parameters.get(String(placeholder)), let name = percentDecoded(raw), Identifier.isName(name)
        else {
            throw APIError.notFound("there is nothing of that name: a name is \(Identifier.nameRule)")
        }
        return name
    }

    /// Nil where a `%` has no two digits after it, or the bytes are no UTF-8.
    static func percentDecoded(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var decoded = [UInt8]()
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = bytes.next().flatMap(hexDigit), let low = bytes.next().flatMap(hexDigit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
