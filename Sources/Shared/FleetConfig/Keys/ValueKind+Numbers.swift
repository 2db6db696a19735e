extension ValueKind where Value == Bool {
    static var bool: Self {
        ValueKind("true or false") { node in node.bool.map { .success($0) } ?? .failure(.kind) }
    }
}

extension ValueKind where Value == Int {
    static func integer(_ range: ClosedRange<Int>, label: String? = nil) -> Self {
        ValueKind(label ?? "whole number from \(range.lowerBound) to \(range.upperBound)") { node in
            guard let number = node.integer, let value = Int(exactly: number), range.contains(value) else {
                return .failure(.kind)
            }
            return .success(value)
        }
    }

    /// A count that is 1 at least.
    static func count(upTo most: Int = 1_000_000_000) -> Self {
        integer(1...most, label: "whole number above 0")
    }

    /// 0 lets the system choose a port that is free.
    static var listeningPort: Self { integer(0...65535, label: "port from 1 to 65535, or 0 for any that is free") }

    static var port: Self { integer(1...65535, label: "port from 1 to 65535") }
}

extension ValueKind where Value == Double {
    /// Three years; longer is a slip, and sums of such times must not overflow.
    static var longest: Double { 100_000_000 }

    /// A duration above 0.
    static var seconds: Self {
        ValueKind("number of seconds above 0") { node in
            guard let number = node.number, number > 0 else { return .failure(.kind) }
            guard number <= longest else { return .failure(.because("must be at most 100000000 seconds")) }
            return .success(number)
        }
    }

    /// A duration that may be 0.
    static var secondsOrNone: Self {
        ValueKind("number of seconds, 0 or more") { node in
            guard let number = node.number, number >= 0 else { return .failure(.kind) }
            guard number <= longest else { return .failure(.because("must be at most 100000000 seconds")) }
            return .success(number)
        }
    }
}
