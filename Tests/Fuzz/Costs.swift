import Foundation
import Glibc
import Synchronization

/// What reading one input may cost.
enum Costs {
    static let seconds = 1.0
    /// Growth of the process, KiB.
    static let growth = 50 << 10

    /// Of this thread, so that a busy machine counts for nothing.
    static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most the process ever had, KiB.
    static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}

/// Ends the process where one input takes without end; it then lies in its `InputFile`.
final class Watchdog: Sendable {
    private static let patience = 30
    private let count = Atomic(0)
    private let isDone = Atomic(false)

    init() {
        let thread = Thread { [self] in
            var last = -1
            var since = 0
            while !isDone.load(ordering: .relaxed) {
                sleep(1)
                let now = count.load(ordering: .relaxed)
                since = now == last ? since + 1 : 0
                last = now
                guard since < Self.patience else {
                    print("an input was read for more than \(Self.patience) s; it is in \(InputFile.folder)")
                    abort()
                }
            }
        }
        thread.start()
    }

    func alive() { count.add(1, ordering: .relaxed) }
    func done() { isDone.store(true, ordering: .relaxed) }
}
