import FleetModel

/// Everything that can happen to the console.
package enum Message: Sendable {
    case key(Key)
    case resize(FrameSize)
    /// The time by this host's clock, once a second.
    case tick(Timestamp)
    case link(LinkNews)
    case fleet([FleetEvent])
    case access(AccessInfo)
    /// Newest first.
    case audit([AuditEntry])
    case log(LogNews)
    /// How one target of an action took it.
    case outcome(run: Int, target: Int, Outcome)
    case releases(Answer<[Release]>)
    case plan(Answer<DeploymentStatus>)
    /// A deployment was begun, or could not be.
    case begun(Answer<DeploymentStatus>)
    case detail(WorkloadID, Answer<WorkloadDetail>)
    case output(deployment: String, client: String, Answer<[String]>)
    /// Something to be said: where a file was saved, why one could not be.
    case notice(Notice.Severity, String)
    case context(ConsoleIdentity)
    case theme(Theme)
}

/// What came back, or why nothing did.
package enum Answer<Value: Sendable>: Sendable {
    case value(Value)
    case failure(String)
}

package enum Outcome: Hashable, Sendable {
    case ok(String)
    case failed(String)
}

/// How the stream of events is.
package enum LinkNews: Sendable {
    case connecting
    /// The first events are on their way.
    case live
    /// It will be tried again then, by this host's clock.
    case lost(reason: String, retryAt: Timestamp)
    /// The central does not take the token: trying again does not help before it is another.
    case refused(String)
}

/// How the log that is shown goes on. `number` is that of the request, so that news of one before is left out.
package enum LogNews: Sendable {
    case opened(number: Int)
    case lines(number: Int, [String])
    case ended(number: Int, String)
}

/// Which central this is, as the header shows it.
package struct ConsoleIdentity: Hashable, Sendable {
    /// Name of the context; empty where there is none.
    package var context: String
    package var isDanger: Bool
    /// `host:port`
    package var server: String

    package init(context: String, isDanger: Bool, server: String) {
        self.context = context
        self.isDanger = isDanger
        self.server = server
    }
}
