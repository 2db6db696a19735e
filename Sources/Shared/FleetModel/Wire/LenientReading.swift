/// Numbers as the wire may have them: far beyond what anything counts, and small enough for sums of many thousands.
extension Int {
    package var bounded: Int { Swift.min(Swift.max(self, -1 << 48), 1 << 48) }
}

extension Int64 {
    package var bounded: Int64 { Swift.min(Swift.max(self, -1 << 53), 1 << 53) }
}

/// These stand before those of the standard library wherever a value of ours is read, in what the compiler writes too,
/// so that no number of a peer or a store is so large that counting on from it ends the process.
extension KeyedDecodingContainer {
    package func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try decode(Whole<Int>.self, forKey: key).value.bounded
    }

    package func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try decodeIfPresent(Whole<Int>.self, forKey: key)?.value.bounded
    }

    package func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try decode(Whole<Int64>.self, forKey: key).value.bounded
    }

    package func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try decodeIfPresent(Whole<Int64>.self, forKey: key)?.value.bounded
    }
}

private struct Whole<Value: Decodable>: Decodable {
    var value: Value

    init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Value.self) }
}

/// For what a report says beyond its name and its time: what makes no sense is not known.
extension KeyedDecodingContainer {
    func lenient<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        (try? decodeIfPresent(type, forKey: key)) ?? nil
    }

    /// A whole number, also where it is written as `3.0`; the nearest there is.
    func lenientWhole(_ key: Key) -> Int? {
        if let whole = (try? decodeIfPresent(Int.self, forKey: key)) ?? nil { return whole }
        return lenient(Double.self, key).map { Int(clamping: $0).bounded }
    }

    func lenientSmall(_ key: Key) -> Int32? { lenientWhole(key).flatMap(Int32.init(exactly:)) }

    /// As `lenient`; what is there and of another kind is told of, by its place in the report.
    func told<Value: Decodable>(
        _ type: Value.Type, _ key: Key, of part: String? = nil, _ warnings: inout [String]
    ) -> Value? {
        do {
            return try decodeIfPresent(type, forKey: key)
        } catch {
            warnings.append(Self.sentence(key, of: part))
            return nil
        }
    }

    /// As `told`, for a part that should have all of its fields.
    func needed<Value: Decodable>(
        _ type: Value.Type, _ key: Key, of part: String, _ warnings: inout [String]
    ) -> Value? {
        let value = try? decode(type, forKey: key)
        if value == nil { warnings.append(Self.sentence(key, of: part)) }
        return value
    }

    private static func sentence(_ key: Key, of part: String?) -> String {
        "'\(part.map { "\($0)." } ?? "")\(key.stringValue)' is not what it should be, and is left out"
    }
}
