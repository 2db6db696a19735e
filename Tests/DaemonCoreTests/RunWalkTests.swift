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
            for _ in 0..<400 { walk.step() }
            walk.reload(without: nil)
            walk.settle()
            walk.checkSettled()
            // Removed for good, nothing of them is left.
            walk.reload(without: "a")
            walk.reload(without: "b")
            walk.settle()
            walk.checkSettled()
            // Others run at the same time on the same few threads, and some of them have to be in time.
            await Task.yield()
        }
    }
}
