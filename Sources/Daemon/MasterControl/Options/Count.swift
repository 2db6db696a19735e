import ArgumentParser

/// A number of an option that has to lie within bounds, which its help says too.
enum Count {
    static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

    static func check(_ number: Int, in range: ClosedRange<Int>, _ option: String) throws {
        guard range.contains(number) else {
            throw ValidationError("\(option) must be from \(words(range))")
        }
    }
}
