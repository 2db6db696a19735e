import FleetModel
import Testing

@testable import DaemonCore

/// A host as a value: folders, keepers and processes that outlive the daemon. A keeper is started, listens, takes over and
/// ends as `mc-keeper` does.
struct RunWorld {
    struct Process {
        var runID: String
        var name: String
        /// Its pid and its exit status at once: what is told of one run is never true of another.
        var number: Int32
        var isAlive = true
    }

    struct Keeper {
        var name: String
        var runID: String
        var generation: Int64
        /// What it is to take over; nil where it is to begin a process.
        var adopting: Int32?
        var process: Int32?
        var isAlive = true
        /// It listens once its process runs.
        var listens = false
        var wasAsked = false
        var outcome: RunOutcome?
        /// Of the daemon that is connected.
        var connection: Int?
    }

    var keepers: [Int32: Keeper] = [:]
    var processes: [Int32: Process] = [:]
    var records: [String: KeeperRecord] = [:]
    /// The keeper that holds the lock of a folder.
    var locks: [String: Int32] = [:]
    /// What keepers have said and the daemon has not read, by the connection; nil is its end.
    var said: [Int: [KeeperMessage?]] = [:]
    private var counter: Int32 = 100

    mutating func next() -> Int32 {
        counter += 1
        return counter
    }

    func living(_ name: String) -> [Process] { processes.values.filter { $0.name == name && $0.isAlive } }

    func isAlive(_ record: KeeperRecord) -> Bool { processes[record.pid]?.isAlive == true }

    /// Each keeper that has not ended keeps a process that lives.
    var isQuiet: Bool {
        keepers.values.allSatisfy { keeper in
            keeper.outcome != nil || keeper.process.map { processes[$0]?.isAlive == true } == true
        }
    }

    // MARK: - What keepers do

    mutating func spawn(_ name: String, runID: String, generation: Int64, adopting: Int32?, connection: Int) {
        #expect(locks[name] == nil, "two keepers in one folder")
        let id = next()
        keepers[id] = Keeper(
            name: name, runID: runID, generation: generation, adopting: adopting, connection: connection)
        locks[name] = id
        said[connection] = []
        if adopting == nil { records[name] = nil }
    }

    /// A keeper that was started goes to work. Between its process and its record nothing happens here: where it is
    /// killed just then, nobody can know of that process.
    mutating func goToWork(_ id: Int32, failing: Bool) {
        guard var keeper = keepers[id] else { return }
        if let pid = keeper.adopting {
            guard processes[pid]?.isAlive == true, !failing else { return fail(id) }
            keeper.process = pid
        } else {
            guard !failing else { return fail(id) }
            let pid = next()
            #expect(living(keeper.name).isEmpty, "a second process of one workload")
            processes[pid] = Process(runID: keeper.runID, name: keeper.name, number: pid)
            keeper.process = pid
            records[keeper.name] = record(keeper, pid, outcome: nil)
        }
        keeper.listens = true
        keepers[id] = keeper
        sayState(id)
    }

    private mutating func fail(_ id: Int32) {
        say(id, .failed(step: "exec", errno: 2))
        kill(id)
    }

    private func record(_ keeper: Keeper, _ pid: Int32, outcome: RunOutcome?) -> KeeperRecord? {
        var text = "generation=\(keeper.generation)\nrun_id=\(keeper.runID)\nboot_id=b\npid=\(pid)\nstart=1\n"
        if outcome != nil { text += keeper.adopting == nil ? "ended=exit\ncode=\(pid)\n" : "ended=unknown\ncode=0\n" }
        return KeeperRecord(text: text)
    }

    /// What is left of its run has ended, and it notices.
    mutating func finish(_ id: Int32) {
        guard var keeper = keepers[id], let pid = keeper.process else { return }
        let outcome: RunOutcome = keeper.adopting == nil ? .exited(pid) : .unknown
        keeper.outcome = outcome
        keeper.listens = false
        keepers[id] = keeper
        records[keeper.name] = record(keeper, pid, outcome: outcome)
        locks[keeper.name] = nil
        say(id, .ended(outcome))
        if keeper.connection == nil { kill(id) }
    }

    /// It ends by itself, or is killed: that looks alike.
    mutating func kill(_ id: Int32) {
        guard let keeper = keepers[id] else { return }
        keepers[id] = nil
        if locks[keeper.name] == id { locks[keeper.name] = nil }
        if let connection = keeper.connection { said[connection]?.append(nil) }
    }

    mutating func connect(to id: Int32, _ connection: Int) {
        if let former = keepers[id]?.connection { said[former]?.append(nil) }
        keepers[id]?.connection = connection
        said[connection] = []
        if keepers[id]?.process != nil { sayState(id) }
    }

    private mutating func sayState(_ id: Int32) {
        guard let keeper = keepers[id], let pid = keeper.process else { return }
        say(id, .hello(protocol: 1, pid: id, generation: keeper.generation))
        say(id, .started(pid: pid, startTicks: 1, at: Timestamp(milliseconds: 0)))
        if let outcome = keeper.outcome { say(id, .ended(outcome)) }
    }

    private mutating func say(_ id: Int32, _ message: KeeperMessage) {
        if let connection = keepers[id]?.connection { said[connection]?.append(message) }
    }

    mutating func hear(_ command: String, on connection: Int) {
        guard let id = keepers.first(where: { $1.connection == connection })?.key else { return }
        if command == "bye\n" {
            if keepers[id]?.outcome != nil { kill(id) }
        } else {
            keepers[id]?.wasAsked = true
        }
    }

    /// The daemon has closed it.
    mutating func disconnect(_ connection: Int) {
        said[connection] = nil
        guard let id = keepers.first(where: { $1.connection == connection })?.key else { return }
        keepers[id]?.connection = nil
        if keepers[id]?.outcome != nil { kill(id) }
    }

    mutating func daemonDies() {
        for connection in said.keys { disconnect(connection) }
        said = [:]
    }
}
