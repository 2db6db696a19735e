import Foundation
import Glibc
import Synchronization

/// What reading one input may cost.
enum Costs {
    /// Inputs before growth is looked at: they bring along what is only made once.
    static let warmUp = 500
    static let seconds = 1.0
    /// Growth of the process, KiB: by one input, and by all of a fuzzer.
    static let growth = 50 << 10

    /// Of this thread, so that a busy machine counts for nothing.
    static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What the process has now and cannot give back, KiB: its own pages, once what is free was handed back.
    static var resident: Int {
        // Not among what Swift sees of the C library.
        if let symbol = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
        }
        let words = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return words.dropFirst().first.flatMap { Int($0) }.map { $0 * 4 } ?? 0
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
