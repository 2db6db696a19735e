import FleetClient

/// A job that goes on: it can be told to end, and waited for.
final class JobHandle: Sendable {
    let job: DeploymentJob
    let deployment: String
    /// The one before it for the same client, which must be over first.
    private let earlier: Once<Void>?
    private let wish = Once<Void>()
    private let over = Once<Void>()

    init(_ job: DeploymentJob, of deployment: String, after earlier: JobHandle?) {
        self.job = job
        self.deployment = deployment
        self.earlier = earlier?.over
    }

    func end() { wish.set() }

    /// Nothing of it goes on, or ever will.
    func isOver() { over.set() }

    /// Waits until the one before it for the same client is over, output and all: no two of them have anything to do with
    /// a client at the same time.
    func waitForEarlier() async { if let earlier { _ = await earlier.wait() } }

    /// Returns nil where it was told to end, after it has ended.
    func run(_ body: @escaping @Sendable () async -> DeploymentOutcome) async -> DeploymentOutcome? {
        await withTaskGroup(of: DeploymentOutcome?.self) { tasks in
            tasks.addTask { await body() }
            tasks.addTask { [wish] in
                _ = await wish.wait()
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
    }
}
