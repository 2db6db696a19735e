import FleetModel
import Testing

@testable import MasterControl

@Suite("The line about the central")
struct CentralLineTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func line(_ status: WorkloadStatus, restarts: Int = 0, _ change: (inout CentralProcess) -> Void)
        -> String
    {
        var central = CentralProcess(status: status, restarts: restarts)
        change(&central)
        return CentralLine.text(central, now: now)
    }

    @Test("where it runs: since when, and how the one before it ended")
    func running() {
        let fresh = Self.line(.running) {
            $0.pid = 4711
            $0.lastStarted = Self.now.advanced(seconds: -12_000)
        }
        #expect(fresh == "central: running, pid 4711, since 2027-01-15T04:40:00.000Z (3h 20m)")
        let again = Self.line(.running, restarts: 2) {
            $0.pid = 4712
            $0.lastStarted = Self.now.advanced(seconds: -9)
            $0.lastStopped = Self.now.advanced(seconds: -10)
            $0.lastError = "ended by signal 4 (SIGILL)"
        }
        #expect(again.hasSuffix("(9s), 2 restarts (ended by signal 4 (SIGILL) 10s ago)"), "\(again)")
    }

    @Test("where it waits: how it ended, when it is tried again, and nothing that steers a terminal")
    func waiting() {
        let crashed = Self.line(.backoff, restarts: 1) {
            $0.lastStopped = Self.now.advanced(seconds: -12)
            $0.nextRun = Self.now.advanced(seconds: 5)
            $0.lastError = "ended by signal 4 (SIGILL)"
        }
        #expect(crashed == "central: ended by signal 4 (SIGILL) 12s ago, starting again in 5s, 1 restart")
        let asked = Self.line(.backoff) {
            $0.lastStopped = Self.now
            $0.nextRun = Self.now.advanced(seconds: 1)
            $0.lastExitCode = 0
        }
        #expect(asked == "central: ended with status 0 0s ago, starting again in 1s")
        let hostile = Self.line(.backoff) {
            $0.lastStopped = Self.now
            $0.lastError = "\u{1b}[2J"
        }
        #expect(!hostile.contains("\u{1b}"))
    }
}
