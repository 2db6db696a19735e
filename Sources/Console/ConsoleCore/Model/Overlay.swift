import FleetModel

/// What lies over the screen and has the keys first.
enum Overlay: Sendable {
    case prompt(Prompt)
    case confirm(Confirmation)
    case results(run: Int, top: Int)
    case deploy(DeployForm)
}

/// A line that is asked for.
struct Prompt: Sendable {
    enum Purpose: Sendable {
        /// Of a table; what was there before comes back with Esc.
        case filter(before: String)
        case find
        /// Of a text.
        case textFilter
        case command
        case workload(Verb, clients: [String])
        case save
    }

    var purpose: Purpose
    var line = LineEditor()
    /// What Tab offers, and which of it stands there now.
    var candidates: [String] = []
    var candidate: Int?
    /// Steps back in the history.
    var past = 0

    init(_ purpose: Purpose, _ text: String = "") {
        self.purpose = purpose
        line = LineEditor(text)
    }
}

/// What is about to be done, fixed when its key was pressed.
struct ActionRequest: Hashable, Sendable {
    var verb: Verb
    var targets: [ActionTarget]
    /// `name: last seen 74s ago`
    var stale: [String] = []
    /// Names of clients that are offline.
    var skipped: [String] = []
}

/// A question before something is done.
struct Confirmation: Sendable {
    /// From so many targets on the count must be typed.
    static let manyTargets = 10

    var request: ActionRequest
    var isDanger: Bool
    var typed = LineEditor()
    var top = 0

    var count: Int { request.targets.count }
    /// One target in an ordinary context asks on one line.
    var isList: Bool { count > 1 || isDanger }
    var asksForCount: Bool { count >= Self.manyTargets }
}

/// An action under way, and how each target took it.
struct ActionRun: Sendable {
    var request: ActionRequest
    var outcomes: [Outcome?]
    let begun: Timestamp

    init(_ request: ActionRequest, at begun: Timestamp) {
        self.request = request
        self.begun = begun
        outcomes = Array(repeating: nil, count: request.targets.count)
    }

    var done: Int { outcomes.count { $0 != nil } }
    var isOver: Bool { done == outcomes.count }
    var failed: [ActionTarget] {
        zip(request.targets, outcomes).compactMap { if case .failed = $1 { $0 } else { nil } }
    }
}

/// What is to be deployed, before it is.
struct DeployForm: Sendable {
    enum Field: Int, CaseIterable, Sendable { case version, batch, timeout, failures, canary, rollback }
    enum Step: Sendable {
        case loading
        case editing
        case planning
        case planned(DeploymentStatus)
        case beginning
    }

    /// Fixed when the form was opened.
    var targets: [String]
    var wanted: String?
    var releases: [Release] = []
    var release = 0
    var batch = LineEditor("1")
    var timeout = LineEditor("60")
    var failures = LineEditor("0")
    var canary = LineEditor("0")
    var rollback = true
    var field = Field.version
    var step = Step.loading
    var problem: String?
    var typed = LineEditor()
    var top = 0

    init(targets: [String], version: String? = nil) {
        self.targets = targets
        wanted = version
    }

    /// What is wrong with it, or the request.
    func request() -> Result<DeploymentRequest, Problem> {
        guard releases.indices.contains(release) else {
            return .failure(Problem(text: "there is no release on the control host to deploy"))
        }
        var request = DeploymentRequest(version: releases[release].version)
        request.targetClients = targets
        guard let batch = Int(batch.text), (1...1000).contains(batch) else {
            return .failure(Problem(text: "the batch size is a number from 1 to 1000"))
        }
        guard let timeout = Double(timeout.text), (1...3600).contains(timeout) else {
            return .failure(Problem(text: "the time to become healthy is 1 to 3600 seconds"))
        }
        guard let failures = Int(failures.text), (0...10_000).contains(failures) else {
            return .failure(Problem(text: "the failures that are allowed are a number, 0 or more"))
        }
        guard let canary = Int(canary.text), (0...1000).contains(canary) else {
            return .failure(Problem(text: "the clients that go first are a number, 0 for none"))
        }
        request.batchSize = batch
        request.healthCheckTimeout = timeout
        request.minHealthySeconds = min(request.minHealthySeconds, timeout)
        request.maxFailures = failures
        request.canary = canary
        request.autoRollback = rollback
        return .success(request)
    }

    struct Problem: Error { var text: String }
}
