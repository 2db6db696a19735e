import FleetClient
import FleetHTTP
import FleetModel
import NIOCore
import Testing

@testable import DaemonCore

@Suite("What readers of the daemon's events are told", .timeLimit(.minutes(2)))
struct WorkloadEventsTests {
    private static func list(_ status: WorkloadStatus) -> [Workload] {
        [Workload(name: "a", type: .service, runMode: .forever, status: status, runCount: 1)]
    }

    @Test("an older list that is slow to come does not replace a newer one (V5)")
    func order() async throws {
        let events = WorkloadEvents()
        let (isAsked, isFree) = (Once<Void>(), Once<Void>())
        // It was asked for before the change, and its answer comes after the newer one was taken, if that is let in.
        async let older = events.update {
            isAsked.set()
            _ = await isFree.wait(seconds: 0.2)
            return Self.list(.starting)
        }
        _ = await isAsked.wait()
        await events.update { Self.list(.running) }
        isFree.set()
        _ = await older
        let text = String(buffer: events.snapshot().text)
        #expect(text.contains("running"))
        #expect(!text.contains("starting"))
    }
}
