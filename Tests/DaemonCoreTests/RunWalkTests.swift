import TestSupport
import Testing

@testable import DaemonCore

@Suite("Random walks of runs")
struct RunWalkTests {
    @Test(
        "processes, keepers and the daemon die between any two steps, names go and come back: each launch ends once, and nothing of one run is taken for another's",
        arguments: 0..<40)
    func walk(_ seed: Int) async {
        for round in 0..<25 {
            var walk = RunWalk(SeededRandom(seed: UInt64(seed * 1000 + round + 1)), "seed \(seed), round \(round)")
            walk.all()
            // Others run at the same time on the same few threads, and some of them have to be in time.
            await Task.yield()
        }
    }

    @Test("the walk finds that runs which are known by name and generation are taken for one another")
    func confusion() {
        withKnownIssue {
            for seed in 0..<20 {
                var walk = RunWalk(SeededRandom(seed: UInt64(seed)), "seed \(seed)", isKnownByID: false)
                walk.all()
            }
        }
    }
}

extension RunWalk {
    fileprivate mutating func all() {
        for _ in 0..<400 { step() }
        reload(without: nil)
        settle()
        checkSettled()
        // Removed for good, nothing of them is left.
        reload(without: "a")
        reload(without: "b")
        settle()
        checkSettled()
    }
}
