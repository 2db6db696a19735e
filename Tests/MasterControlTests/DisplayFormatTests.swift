import FleetModel
import Testing

@testable import MasterControl

@Suite("Words for numbers")
struct DisplayFormatTests {
    @Test(
        "a duration has its two largest units",
        arguments: [
            (0, "0s"), (0.9, "0s"), (59, "59s"), (60, "1m"), (61, "1m 1s"), (3599, "59m 59s"), (3600, "1h"),
            (3660, "1h 1m"), (86_399, "23h 59m"), (86_400, "1d"), (273_600, "3d 4h"), (-5, "0s"),
            (.infinity, "92592d 14h"),
        ] as [(Double, String)])
    func duration(_ seconds: Double, _ words: String) { #expect(DurationText.words(seconds) == words) }

    @Test(
        "a time is ahead or behind",
        arguments: [(0, "0s ago"), (0.2, "in 1s"), (90, "in 1m 30s"), (-3.7, "3s ago")] as [(Double, String)])
    func distance(_ seconds: Double, _ words: String) {
        let now = Timestamp(seconds: 1_800_000_000)
        #expect(DisplayFormat.distance(from: now, to: Timestamp(seconds: 1_800_000_000 + seconds)) == words)
    }

    @Test("validate counts in whole sentences")
    func summary() {
        #expect(Validate.summary(workloads: 1, files: 1, others: []) == "1 workload in 1 file is valid")
        #expect(Validate.summary(workloads: 0, files: 0, others: []) == "0 workloads in 0 files are valid")
        #expect(
            Validate.summary(workloads: 12, files: 9, others: ["daemon.yaml", "./inventory.yaml"])
                == "12 workloads in 9 files, daemon.yaml and ./inventory.yaml are valid")
    }
}
