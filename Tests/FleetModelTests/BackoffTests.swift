import FleetModel
import Testing

@Suite("Waiting longer with each failure")
struct BackoffTests {
    @Test(
        "it doubles between its bounds",
        arguments: [
            (0.1...1, [0.1, 0.1, 0.2, 0.4, 0.8, 1, 1]), (5...5, [5, 5, 5]), (0...60, [0, 0, 0, 0]),
            (3...4, [3, 3, 4, 4]),
        ] as [(ClosedRange<Double>, [Double])])
    func doubles(range: ClosedRange<Double>, pauses: [Double]) {
        #expect(pauses.indices.map { Backoff(range).pause(afterFailures: $0) } == pauses)
    }

    @Test("any number of failures has an answer", arguments: [Int.min, -1, 63, 64, 65, Int.max])
    func total(failures: Int) {
        #expect(Backoff(1...1e300).pause(afterFailures: failures).isFinite)
    }
}
