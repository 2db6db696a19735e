import FleetModel
import Testing

/// Something that reads what comes from outside, and what it must hold to whatever that is.
struct Fuzzer: Sendable, CustomTestStringConvertible {
    /// Of its folder of seeds.
    var name: String
    var seeds: [[UInt8]]
    /// Pieces that mean something there.
    var pieces: [[UInt8]]
    /// Inputs in a short run.
    var short = 1500
    /// Reads one input, and answers whether it was taken for what it should be. Throws `Finding` where what comes out is
    /// wrong; that it goes on at all is seen to outside.
    var read: @Sendable ([UInt8], inout Chance) throws -> Bool

    var testDescription: String { name }

    init(
        _ name: String, seeds: [String], pieces: [String], short: Int = 1500,
        read: @escaping @Sendable ([UInt8], inout Chance) throws -> Bool
    ) {
        self.name = name
        self.seeds = seeds.map { Array($0.utf8) }
        self.pieces = pieces.map { Array($0.utf8) }
        self.short = short
        self.read = read
    }
}

/// What is wrong with what came out.
struct Finding: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw Finding(what()) }
}

/// Randomness that is the same in every run.
struct Chance: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ count: Int) -> Int { count > 1 ? Int(truncatingIfNeeded: next() % UInt64(count)) : 0 }
    mutating func pick<Value>(_ values: [Value]) -> Value? { values.isEmpty ? nil : values[below(values.count)] }
}
