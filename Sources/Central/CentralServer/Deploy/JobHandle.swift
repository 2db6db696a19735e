/// A job that goes on: it can be told to end, and waited for, each by one.
final class JobHandle: Sendable {
    let job: DeploymentJob
    let deployment: String
    /// The one before it for the same client, which must be over first.
    private let earlier: JobHandle?
    private let wish: (stream: AsyncStream<Void>, source: AsyncStream<Void>.Continuation)
    private let over: (stream: AsyncStream<Void>, source: AsyncStream<Void>.Continuation)

    init(_ job: DeploymentJob, of deployment: String, after earlier: JobHandle?) {
        self.job = job
        self.deployment = deployment
        self.earlier = earlier
        let (wish, wishing) = AsyncStream<Void>.makeStream()
        let (over, ending) = AsyncStream<Void>.makeStream()
        self.wish = (wish, wishing)
        self.over = (over, ending)
    }

    func end() { wish.source.finish() }

    /// Returns nil where it was told to end, after it has ended.
    func run(_ body: @escaping @Sendable () async -> DeploymentOutcome) async -> DeploymentOutcome? {
        defer { over.source.finish() }
        if let earlier { for await _ in earlier.over.stream {} }
        return await withTaskGroup(of: DeploymentOutcome?.self) { tasks in
            tasks.addTask { await body() }
            tasks.addTask { [wish] in
                for await _ in wish.stream {}
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
    }
}
