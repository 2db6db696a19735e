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
