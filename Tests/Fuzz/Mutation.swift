import TestSupport

/// Makes of an input another one that is nearly right.
struct Mutation {
    /// No input grows beyond this. Bytes.
    static let longest = 1 << 16

    private static let numbers = [
        "0", "-1", "1", "-0", "1e300", "-1e300", "1e999", "NaN", "Infinity", "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "2147483647",
        "2147483648", "-2147483649", "4294967296", "65535", "65536", "255", "256", "0.1", "1e-300", "9007199254740993",
        "00", "01", "1.", ".5", "0x7fffffffffffffff", "281474976710657", "99999999999999999999999999999999", "1e18",
        "253402300799999", "253402300800000", "0000", "9999",
    ].map { Array($0.utf8) }

    var fuzzer: Fuzzer
    var seeds: [[UInt8]]

    func next(_ chance: inout SeededRandom) -> [UInt8] {
        var bytes = chance.pick(seeds) ?? []
        for _ in 0..<(1 + chance.below(chance.below(4) == 0 ? 12 : 3)) { damage(&bytes, &chance) }
        if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        return bytes
    }

    private func damage(_ bytes: inout [UInt8], _ chance: inout SeededRandom) {
        let place = chance.below(bytes.count + 1)
        let end = min(bytes.count, place + 1 + chance.below(40))
        switch chance.below(12) {
        case 0: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: chance.next()) }
        case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8(chance.below(8)) }
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: chance.below(bytes.count + 1))
        case 4: bytes.removeSubrange(place...)
        case 5, 6: replaceNumber(&bytes, from: place, &chance)
        case 7, 8: bytes.insert(contentsOf: chance.pick(fuzzer.pieces) ?? [], at: place)
        case 9:
            // The end of another one.
            let other = chance.pick(seeds) ?? []
            bytes.replaceSubrange(place..., with: other[chance.below(other.count + 1)...])
        case 10:
            // Nesting, repetition.
            let part = chance.below(2) == 0 ? chance.pick(fuzzer.pieces) ?? [] : Array(bytes[place..<end])
            let times = 1 + chance.below(chance.below(20) == 0 ? 3000 : 30)
            bytes.insert(contentsOf: [[UInt8]](repeating: part, count: times).joined().prefix(Self.longest), at: place)
        default: repeatPart(&bytes, from: place, &chance)
        }
    }

    private func replaceNumber(_ bytes: inout [UInt8], from place: Int, _ chance: inout SeededRandom) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard
            let start = bytes[place...].firstIndex(where: digits.contains) ?? bytes.firstIndex(where: digits.contains)
        else { return }
        let end = bytes[start...].firstIndex { !digits.contains($0) && $0 != UInt8(ascii: ".") } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: chance.pick(Self.numbers) ?? [])
    }

    /// A key, a line, an element twice: from one separator to the next.
    private func repeatPart(_ bytes: inout [UInt8], from place: Int, _ chance: inout SeededRandom) {
        let separators = Array(",\n;&{[ ".utf8)
        guard let start = bytes[place...].firstIndex(where: separators.contains) else { return }
        let end = bytes[(start + 1)...].firstIndex(where: separators.contains) ?? bytes.count
        bytes.insert(contentsOf: bytes[start..<end], at: start)
    }
}
