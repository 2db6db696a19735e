import NIOCore
import NIOPosix
import Testing

@testable import FleetHTTP

@Suite("Threads that may wait for a disk")
struct DiskExecutorTests {
    private struct Fault: Error {}

    @Test("what is begun on an event loop waits elsewhere, and goes on where it was")
    func elsewhere() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await withTaskExecutorPreference(LoopExecutor(loop)) {
            #expect(loop.inEventLoop)
            let isOnLoop = await DiskExecutor.run { MultiThreadedEventLoopGroup.currentEventLoop != nil }
            #expect(!isOnLoop)
            #expect(loop.inEventLoop)
            await #expect(throws: Fault.self) { try await DiskExecutor.run { throw Fault() } }
        }
    }
}
