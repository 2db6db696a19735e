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

    private actor Keeper {
        private nonisolated let executor = DiskSerialExecutor()
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var count = 0

        func isOnLoop() -> Bool { MultiThreadedEventLoopGroup.currentEventLoop != nil }
        func add() { count += 1 }
        func total() -> Int { count }
    }

    @Test("an actor with an executor of its own is on no event loop, whoever asks, and does one thing after the other")
    func actor() async throws {
        let (keeper, loop) = (Keeper(), MultiThreadedEventLoopGroup.singleton.next())
        await withTaskExecutorPreference(LoopExecutor(loop)) {
            #expect(await !keeper.isOnLoop())
            #expect(loop.inEventLoop)
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { await keeper.add() } }
        }
        #expect(await keeper.total() == 1000)
    }
}
