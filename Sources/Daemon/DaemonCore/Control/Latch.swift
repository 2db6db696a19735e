import FleetClient
import Synchronization

/// Closed until so many have come; whoever waits passes then, or when cancelled.
package final class Latch: Sendable {
    private let missing: Mutex<Int>
    private let opened = Once<Void>()

    /// - Parameter count: of those who must have come before it opens.
    package init(count: Int = 1) {
        missing = Mutex(count)
        if count <= 0 { opened.set() }
    }

    package func countDown() {
        let left = missing.withLock { missing in
            missing -= 1
            return missing
        }
        if left <= 0 { opened.set() }
    }

    package func wait() async { _ = await opened.wait() }
}
