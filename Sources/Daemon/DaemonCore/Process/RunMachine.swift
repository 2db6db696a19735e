import FleetModel

/// The life of one run as a value: (state, event) gives (state, actions). It does nothing itself.
///
/// ```
///      launch             spawned                lost                       find
/// new ───────▶ beginning ─────────▶ watched ◀────────────▶ searching ◀─────────────── new
///               │ ▲  │                 │    reached, adopted    │
///    its folder │ │  │ refused         │ ended                  │ it has ended, or nothing of it is there
///    is taken   ▼ │  ▼                 ▼                        ▼
///              (pause) closed ◀─────── over ◀───────────────────┘
///                          acknowledged
/// ```
///
/// Whoever asked for a launch hears exactly one end of it: `ended` or `failed`; and `recover` exactly one answer. The end
/// is told when the state becomes `over` or `closed`, and only then: neither is ever left for an earlier one.
///
/// `spawn` and `look` are answered before anything else happens to the run.
struct RunMachine: Sendable {
    enum Event: Hashable, Sendable {
        case launch(generation: Int64)
        /// It may be a run of an earlier life of the daemon: look what there is.
        case find(generation: Int64?)
        /// A keeper was made, and is told what to do.
        case spawned(connection: Int)
        /// No keeper was made: the folder is another run's still.
        case kept(Keeping)
        case refused(String)
        /// A keeper listens in the folder.
        case reached(connection: Int)
        /// A keeper is at work in the folder and can't be reached.
        case silent
        /// There is no keeper, and this is what the folder says.
        case remains(Remains)
        case said(KeeperMessage, connection: Int)
        case lost(connection: Int)
        /// The pause that was asked for is over.
        case rested
        /// Whoever waits for the answer of `find` waits no longer.
        case introductionOver
        case stop(String)
        /// The end was stored by whoever heard of it.
        case acknowledged
    }

    /// Whose the folder is.
    enum Keeping: Hashable, Sendable {
        /// One that is led here: it will end, and that is waited for.
        case otherRun
        /// A keeper that nobody here knows.
        case keeper
        /// A process of an earlier run that has no keeper.
        case orphan(pid: Int32)
    }

    enum Remains: Hashable, Sendable {
        case nothing
        case ended(RunOutcome)
        /// Its keeper was killed, and it has ended since.
        case gone
        /// Its keeper was killed, and it lives.
        case orphan(KeeperRecord)
    }

    enum Failure: Hashable, Sendable {
        case refused(String)
        /// As the keeper says it.
        case program(step: String, errno: Int32)
        case folderKept(Keeping)
        /// Its keeper lives and can't be reached any more.
        case unreachable
        case stoppedBefore
    }

    enum Action: Hashable, Sendable {
        /// Makes a keeper: for a new process, or for one that has lost its own.
        case spawn(adopting: KeeperRecord?)
        case look
        case rest(seconds: Double)
        case send(String)
        case disconnect
        case tell(RunEvent.Kind)
        case fail(Failure)
        /// To `recover`; nil is that there is nothing to take over.
        case answer(RecoveredRun.State?)
        case warn(Warning)
        case removeRecord
        /// The machine is at its end.
        case forget
    }

    enum Warning: Hashable, Sendable {
        case lostKeeper(pid: Int32)
        case cannotBeWatched(String)
        case noIntroduction
        case unreachable
    }

    enum State: Hashable, Sendable {
        case new
        /// Nothing of it lives yet. Its folder was that often another's.
        case beginning(tries: Int)
        /// There is a connection to its keeper.
        case watched(Watch)
        /// Something of it may live, and its keeper is looked for: in vain that often.
        case searching(tries: Int)
        /// Nothing of it lives, and that was told. Its keeper waits for a word, where there is a connection.
        case over(connection: Int?)
        case closed
    }

    struct Watch: Hashable, Sendable {
        var connection: Int
        var keeper: Int32?
        /// The keeper is new and the process is not.
        var isAdopting = false
    }

    /// What those who listen know of it so far.
    enum Told: Hashable, Sendable {
        /// It was launched, and they wait for its beginning.
        case nothing
        /// `recover` waits for an answer.
        case isAwaited
        case started
    }

    var state = State.new
    var told = Told.nothing
    /// What its keeper says it is; nil where that is not known yet.
    var generation: Int64?
    /// The stop that was asked for. A keeper may be killed before it has read it, so each further one is told again.
    var asked: String?
    /// Each was found again more slowly than the one before: keepers that die on and on cost little.
    var lostConnections = 0

    /// True while something of it may live: no other run may begin in its folder.
    var holdsFolder: Bool {
        switch state {
        case .watched, .searching: true
        case .new, .beginning, .over, .closed: false
        }
    }

    var isClosed: Bool { state == .closed }
}

// MARK: - Events

extension RunMachine {
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .launch(let generation): launch(generation)
        case .find(let generation): find(generation)
        case .spawned(let connection): spawned(connection)
        case .kept(let keeping): kept(keeping)
        case .refused(let reason): refused(reason)
        case .reached(let connection): reached(connection)
        case .silent: silent()
        case .remains(let remains): found(remains)
        case .said(let message, let connection): said(message, connection)
        case .lost(let connection): lost(connection)
        case .rested: rested()
        case .introductionOver: introductionOver()
        case .stop(let command): stop(command)
        case .acknowledged: acknowledged()
        }
    }

    private mutating func launch(_ generation: Int64) -> [Action] {
        guard state == .new else { return [] }
        self.generation = generation
        state = .beginning(tries: 0)
        return [.spawn(adopting: nil)]
    }

    private mutating func find(_ generation: Int64?) -> [Action] {
        guard state == .new else { return [] }
        self.generation = generation
        told = .isAwaited
        state = .searching(tries: 0)
        return [.look]
    }

    private mutating func spawned(_ connection: Int) -> [Action] {
        switch state {
        case .beginning: state = .watched(Watch(connection: connection))
        case .searching: state = .watched(Watch(connection: connection, isAdopting: true))
        case .new, .watched, .over, .closed: return []
        }
        return asked.map { [.send($0)] } ?? []
    }

    private mutating func kept(_ keeping: Keeping) -> [Action] {
        switch state {
        case .beginning(let tries):
            // One that is led here ends: it waits for that as long as it takes, or until it is stopped.
            guard keeping == .otherRun || tries < Pause.mostForFolder else { return fail(.folderKept(keeping)) }
            state = .beginning(tries: keeping == .otherRun ? min(tries + 1, Pause.slowest) : tries + 1)
            return [.rest(seconds: Pause.forFolder(tries))]
        case .searching: return silent()
        case .new, .watched, .over, .closed: return []
        }
    }

    private mutating func refused(_ reason: String) -> [Action] {
        switch state {
        case .beginning: return fail(.refused(reason))
        case .searching(let tries):
            // Its process lives, and as long as it does, its end must not be told: another would be begun beside it.
            state = .searching(tries: min(tries + 1, Pause.slowest))
            let pause = Action.rest(seconds: Pause.forKeeper(tries))
            return tries == 0 ? [.warn(.cannotBeWatched(reason)), pause] : [pause]
        case .new, .watched, .over, .closed: return []
        }
    }

    private mutating func reached(_ connection: Int) -> [Action] {
        guard case .searching = state else { return [] }
        state = .watched(Watch(connection: connection))
        return asked.map { [.send($0)] } ?? []
    }

    mutating func silent() -> [Action] {
        guard case .searching(let tries) = state else { return [] }
        guard tries < Pause.mostForKeeper else { return [.warn(.unreachable)] + fail(.unreachable) }
        state = .searching(tries: tries + 1)
        return [.rest(seconds: Pause.forKeeper(tries))]
    }

    private mutating func found(_ remains: Remains) -> [Action] {
        guard case .searching = state else { return [] }
        switch remains {
        case .nothing where told == .isAwaited:
            state = .closed
            return [.removeRecord, .answer(nil), .forget]
        case .nothing, .gone: return end(.unknown)
        case .ended(let outcome): return end(outcome)
        case .orphan(let record):
            let warnings: [Action] = lostConnections < Pause.slowest ? [.warn(.lostKeeper(pid: record.pid))] : []
            return warnings + [.spawn(adopting: record)]
        }
    }

    private mutating func lost(_ connection: Int) -> [Action] {
        switch state {
        case .watched(let watch) where watch.connection == connection:
            return search()
        case .over(connection):
            state = .over(connection: nil)
            return []
        case .new, .beginning, .watched, .searching, .over, .closed: return []
        }
    }

    mutating func search() -> [Action] {
        state = .searching(tries: 0)
        lostConnections = min(lostConnections + 1, Pause.slowest)
        return lostConnections == 1 ? [.look] : [.rest(seconds: Pause.forFolder(lostConnections))]
    }

    private func rested() -> [Action] {
        switch state {
        case .beginning: [.spawn(adopting: nil)]
        case .searching: [.look]
        case .new, .watched, .over, .closed: []
        }
    }

    private mutating func introductionOver() -> [Action] {
        guard told == .isAwaited else { return [] }
        switch state {
        case .watched, .searching:
            state = .closed
            return [.warn(.noIntroduction), .answer(nil), .disconnect, .forget]
        case .new, .beginning, .over, .closed: return []
        }
    }

    private mutating func stop(_ command: String) -> [Action] {
        switch state {
        case .beginning: return fail(.stoppedBefore)
        case .watched:
            asked = command
            return [.send(command)]
        case .searching:
            asked = command
            return []
        case .new, .over, .closed: return []
        }
    }

    private mutating func acknowledged() -> [Action] {
        guard case .over(let connection) = state else { return [] }
        state = .closed
        return (connection == nil ? [] : [.send("bye\n")]) + [.removeRecord, .forget]
    }
}

// MARK: - What its keeper says

extension RunMachine {
    mutating func said(_ message: KeeperMessage, _ connection: Int) -> [Action] {
        guard case .watched(var watch) = state, watch.connection == connection else { return [] }
        switch message {
        case .hello(_, let pid, let said):
            if told == .isAwaited { generation = said }
            // Not the keeper of this run, wherever it comes from.
            guard said == generation ?? said else {
                state = .searching(tries: 0)
                return [.disconnect] + silent()
            }
            watch.keeper = pid
            state = .watched(watch)
            return []
        case .started(let pid, _, let at):
            defer { told = .started }
            return switch told {
            case .nothing: [.tell(.started(pid: pid, keeper: watch.keeper))]
            case .isAwaited: [.answer(.running(pid: pid, keeper: watch.keeper, startedAt: at))]
            case .started: []
            }
        case .failed(let step, let errno):
            guard !watch.isAdopting, told == .nothing else {
                // It could not take over what lives: there will be another, or its end.
                return [.disconnect] + search()
            }
            return fail(.program(step: step, errno: errno))
        case .ended(let outcome): return end(outcome)
        case .logError(let errno): return [.tell(.logTrouble(errorText(errno)))]
        case .logOK: return [.tell(.logTrouble(nil))]
        case .stuck(let count): return [.tell(.stuck(count))]
        case .tooLong: return []
        }
    }

    /// Nothing of it lives any more.
    mutating func end(_ outcome: RunOutcome) -> [Action] {
        if case .watched(let watch) = state {
            state = .over(connection: watch.connection)
        } else {
            state = .over(connection: nil)
        }
        return [told == .isAwaited ? .answer(.ended(outcome)) : .tell(.ended(outcome))]
    }

    mutating func fail(_ failure: Failure) -> [Action] {
        state = .closed
        return [told == .isAwaited ? .answer(nil) : .fail(failure), .disconnect, .forget]
    }
}
