/// A moment in UTC with the resolution of the wire: milliseconds since 1970-01-01T00:00:00Z.
///
/// On the wire it is RFC 3339 with milliseconds and `Z`; a text without a zone is read as UTC.
/// The arithmetic is our own because it stands on the hot path of every heartbeat. It is total: a moment is always
/// within the years 1 to 9999, whatever number a peer, a file or the store had, so that no sum of two overflows and
/// each can be written.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    /// 0001-01-01T00:00:00.000Z
    package static let earliest = Timestamp(milliseconds: -62_135_596_800_000)
    /// 9999-12-31T23:59:59.999Z
    package static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    /// The nearest moment there is.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999)
    }

    /// The nearest moment there is; 1970 for what is no number.
    package init(seconds: Double) { self.init(milliseconds: Int64(clamping: (seconds * 1000).rounded())) }

    package var seconds: Double { Double(milliseconds) / 1000 }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// This moment moved by a number of seconds, which may be negative; as far as there are moments.
    package func advanced(seconds: Double) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(Int64(clamping: (seconds * 1000).rounded()))
        return overflow ? (seconds < 0 ? .earliest : .latest) : Timestamp(milliseconds: sum)
    }

    /// Seconds from `other` until this moment.
    package func seconds(since other: Timestamp) -> Double {
        Double(milliseconds - other.milliseconds) / 1000
    }
}

extension Timestamp: CustomStringConvertible {
    /// `2026-01-31T23:59:59.123Z`
    package var description: String {
        let civil = CivilTime(utcSeconds: floorDivide(milliseconds, 1000))
        let fraction = milliseconds - floorDivide(milliseconds, 1000) * 1000
        var text = [UInt8]()
        text.reserveCapacity(24)
        appendDigits(civil.year, 4, to: &text)
        text.append(UInt8(ascii: "-"))
        appendDigits(civil.month, 2, to: &text)
        text.append(UInt8(ascii: "-"))
        appendDigits(civil.day, 2, to: &text)
        text.append(UInt8(ascii: "T"))
        appendDigits(civil.hour, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendDigits(civil.minute, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendDigits(civil.second, 2, to: &text)
        text.append(UInt8(ascii: "."))
        appendDigits(Int(fraction), 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }
}

extension Timestamp: LosslessStringConvertible {
    /// Reads RFC 3339: a date, `T` or a space, a time with or without a fraction, then `Z`, an offset or nothing.
    /// Nil also for what the offset puts outside the years 1 to 9999.
    package init?(_ text: String) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.skip("-"),
            let month = reader.number(2), (1...12).contains(month), reader.skip("-"),
            let day = reader.number(2), (1...31).contains(day),
            reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), hour <= 23, reader.skip(":"),
            let minute = reader.number(2), minute <= 59, reader.skip(":"),
            let second = reader.number(2), second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if reader.skip(".") {
            guard let read = reader.milliseconds() else { return nil }
            fraction = read
        }
        var offset = 0
        if reader.skip("Z") || reader.skip("z") {
            offset = 0
        } else if let sign = reader.sign() {
            guard let hours = reader.number(2), hours <= 23, reader.skip(":") || true,
                let minutes = reader.number(2), minutes <= 59
            else { return nil }
            offset = sign * (hours * 3600 + minutes * 60)
        }
        guard reader.atEnd, day <= CivilTime.daysIn(month: month, year: year) else { return nil }
        let civil = CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        let read = (civil.secondsAsUTC - Int64(offset)) * 1000 + fraction
        self.init(milliseconds: read)
        guard milliseconds == read else { return nil }
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a time is written as 2026-01-31T23:59:59.000Z")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func appendDigits(_ value: Int, _ width: Int, to text: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<width { divisor *= 10 }
    var rest = value
    for _ in 0..<width {
        text.append(UInt8(ascii: "0") + UInt8(rest / divisor % 10))
        rest %= divisor
        divisor = max(divisor / 10, 1)
    }
}

/// Reads the fixed-width numbers of a time from its bytes.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = text[...] }

    var atEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func sign() -> Int? { skip("+") ? 1 : skip("-") ? -1 : nil }

    mutating func number(_ width: Int) -> Int? {
        var value = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Any number of digits of a fraction; what is finer than a millisecond is cut off.
    mutating func milliseconds() -> Int64? {
        guard let first = digit() else { return nil }
        var value = Int64(first) * 100
        var weight: Int64 = 10
        while let next = digit() {
            value += Int64(next) * weight
            weight /= 10
        }
        return value
    }

    private mutating func digit() -> Int? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest = rest.dropFirst()
        return Int(byte - UInt8(ascii: "0"))
    }
}
