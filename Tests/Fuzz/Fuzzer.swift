import FleetModel
import TestSupport
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
    var read: @Sendable ([UInt8], inout SeededRandom) throws -> Bool

    var testDescription: String { name }

    init(
        _ name: String, seeds: [String], pieces: [String], short: Int = 1500,
        read: @escaping @Sendable ([UInt8], inout SeededRandom) throws -> Bool
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
