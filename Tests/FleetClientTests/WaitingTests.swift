import Synchronization
import Testing

@testable import FleetClient

/// Until somebody waits: there is no other way to know than to look.
private func until(_ isSo: @Sendable () -> Bool) async {
    while !isSo() { await Task.yield() }
}

private let long = 3600.0

@Suite("A signal that is waited for", .timeLimit(.minutes(2)))
struct SignalTests {
    @Test("a ring before the wait is heard once, however often it rang")
    func ringBefore() async {
        let signal = Signal()
        signal.ring()
        signal.ring()
        #expect(await signal.wait() == .rang)
        #expect(await signal.wait(seconds: 0) == .timeUp)
    }

    @Test("all who wait when it rings are woken, and nothing is kept for later")
    func all() async {
        let signal = Signal()
        async let first = signal.wait()
        async let second = signal.wait(seconds: long)
        await until { signal.waiting == 2 }
        signal.ring()
        #expect(await [first, second] == [.rang, .rang])
        #expect(await signal.wait(seconds: 0) == .timeUp)
    }

    @Test("a wait that ran out of time does not end the ones after it (R9)")
    func timeUpThenRing() async {
        let signal = Signal()
        for _ in 0..<3 {
            #expect(await signal.wait(seconds: 0.001) == .timeUp)
            async let next = signal.wait(seconds: long)
            await until { signal.waiting == 1 }
            signal.ring()
            #expect(await next == .rang)
        }
    }

    @Test("a wait that was cancelled does not end the ones after it")
    func cancelledThenRing() async {
        let signal = Signal()
        let cancelled = Task { await signal.wait() }
        await until { signal.waiting == 1 }
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        #expect(signal.waiting == 0)
        signal.ring()
        #expect(await signal.wait() == .rang)
    }

    @Test("a task that is cancelled already takes no ring from others, and can be asked again")
    func cancelledBefore() async {
        let signal = Signal()
        signal.ring()
        let task = Task {
            await until { Task.isCancelled }
            return [await signal.wait(), await signal.wait(seconds: long)]
        }
        task.cancel()
        #expect(await task.value == [.cancelled, .cancelled])
        #expect(await signal.wait() == .rang)
    }

    @Test("a task that is cancelled after it was woken has heard the ring")
    func cancelledAfter() async {
        let signal = Signal()
        let task = Task { await signal.wait() }
        await until { signal.waiting == 1 }
        signal.ring()
        task.cancel()
        #expect(await task.value == .rang)
    }

    @Test("a ring at the moment when the time is up is heard then or by the next wait, and never lost")
    func sameMoment() async {
        for _ in 0..<300 {
            let signal = Signal()
            async let ringing: Void = signal.ring()
            let wake = await signal.wait(seconds: 0)
            await ringing
            if wake == .timeUp { #expect(await signal.wait(seconds: long) == .rang) } else { #expect(wake == .rang) }
        }
    }

    @Test("after the end what has rung is still heard, and then only the end")
    func finished() async {
        let signal = Signal()
        async let waiting = signal.wait()
        await until { signal.waiting == 1 }
        signal.finish()
        #expect(await waiting == .finished)
        signal.ring()
        #expect(await signal.wait() == .finished)
        let other = Signal()
        other.ring()
        other.finish()
        #expect(await other.wait() == .rang)
        #expect(await other.wait(seconds: long) == .finished)
    }
}

@Suite("What is set once", .timeLimit(.minutes(2)))
struct OnceTests {
    @Test("set before anybody waits, it is there for all; the second to set it changes nothing")
    func before() async {
        let once = Once<Int>()
        #expect(once.value == nil)
        #expect(once.set(1))
        #expect(!once.set(2))
        #expect(once.value == 1)
        #expect(await once.wait() == 1)
        #expect(await once.wait(seconds: 0) == 1)
    }

    @Test("all who wait get it")
    func all() async {
        let once = Once<Int>()
        async let first = once.wait()
        async let second = once.wait(seconds: long)
        await until { once.waiting == 2 }
        once.set(7)
        #expect(await first == 7)
        #expect(await second == 7)
    }

    @Test("who was cancelled or ran out of time leaves without it, and gets it when it waits again")
    func again() async {
        let once = Once<Int>()
        let cancelled = Task { await once.wait() }
        await until { once.waiting == 1 }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        #expect(await once.wait(seconds: 0.001) == nil)
        #expect(once.waiting == 0)
        once.set(7)
        #expect(await once.wait() == 7)
    }

    @Test("a cancelled task still gets what is there")
    func cancelledBefore() async {
        let once = Once<Int>()
        once.set(7)
        let task = Task {
            await until { Task.isCancelled }
            return await once.wait()
        }
        task.cancel()
        #expect(await task.value == 7)
    }

    @Test("where many set it at the same time, one wins and all see the same")
    func race() async {
        for _ in 0..<100 {
            let once = Once<Int>()
            let seen = await withTaskGroup(of: Int?.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        once.set(number)
                        return await once.wait()
                    }
                }
                return await group.reduce(into: Set<Int?>()) { $0.insert($1) }
            }
            #expect(seen.count == 1)
        }
    }
}

@Suite("One thing after the other", .timeLimit(.minutes(2)))
struct SerialQueueTests {
    private final class Done: Sendable {
        private let list = Mutex<[Int]>([])
        func note(_ number: Int) { list.withLock { $0.append(number) } }
        var numbers: [Int] { list.withLock { $0 } }
    }

    /// A queue whose turn is taken until `free` is set.
    private func withTaken(
        _ body: @Sendable (_ queue: SerialQueue, _ free: Once<Void>) async throws -> Void
    ) async throws {
        let queue = SerialQueue()
        let (free, isTaken) = (Once<Void>(), Once<Void>())
        async let holder: Void = queue.withTurn {
            isTaken.set()
            _ = await free.wait()
        }
        _ = await isTaken.wait()
        try await body(queue, free)
        free.set()
        try await holder
    }

    @Test("turns go by the order of coming, one at a time, across what each of them waits for")
    func order() async throws {
        let done = Done()
        try await withTaken { queue, free in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<5 {
                    group.addTask {
                        try await queue.withTurn {
                            done.note(number)
                            for _ in 0..<10 { await Task.yield() }
                            done.note(number)
                        }
                    }
                    await until { queue.waiting == number + 1 }
                }
                free.set()
                try await group.waitForAll()
            }
        }
        #expect(done.numbers == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    }

    @Test("a waiter that is cancelled leaves the line, its body is not begun, and the next one has its turn")
    func cancelledInLine() async throws {
        try await withTaken { queue, free in
            let begun = Once<Void>()
            let cancelled = Task { try await queue.withTurn { begun.set() } }
            await until { queue.waiting == 1 }
            let next = Task { try await queue.withTurn { 1 } }
            await until { queue.waiting == 2 }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            #expect(!begun.isSet)
            free.set()
            let answer = try await next.value
            #expect(answer == 1)
        }
    }

    @Test("a task that is cancelled already does not take the turn")
    func cancelledBefore() async throws {
        let queue = SerialQueue()
        let task = Task {
            await until { Task.isCancelled }
            try await queue.withTurn {}
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await queue.withTurn { 1 } == 1)
    }

    @Test("a body that throws, or is cancelled while it has its turn, gives it on")
    func throwing() async throws {
        struct Odd: Error {}
        let queue = SerialQueue()
        await #expect(throws: Odd.self) { try await queue.withTurn { throw Odd() } }
        let entered = Once<Void>()
        let task = Task {
            try await queue.withTurn {
                entered.set()
                try await Task.sleep(for: .seconds(long))
            }
        }
        _ = await entered.wait()
        async let next = queue.withTurn { 1 }
        await until { queue.waiting == 1 }
        task.cancel()
        #expect(try await next == 1)
    }
}
