/// All runs that a launcher leads, each by its id, and the folders they are in.
///
/// One folder never has two keepers: a run begins only where nothing of another one may live.
struct RunTable: Sendable {
    private struct Entry {
        var machine: RunMachine
        var folder: String
    }

    private var entries: [String: Entry] = [:]

    init() {}

    subscript(id: String) -> RunMachine? { entries[id]?.machine }

    func isUsed(folder: String) -> Bool { entries.contains { $1.folder == folder } }

    mutating func add(_ id: String, in folder: String) { entries[id] = Entry(machine: RunMachine(), folder: folder) }

    /// Brings one event to one run. A run that is at its end is no longer here.
    mutating func handle(_ event: RunMachine.Event, for id: String) -> [RunMachine.Action] {
        guard var entry = entries[id] else { return [] }
        var actions = entry.machine.handle(event)
        if actions.last == .spawn(adopting: nil), isHeld(entry.folder, besides: id) {
            actions.removeLast()
            actions += entry.machine.handle(.kept(.otherRun))
        }
        entries[id] = entry.machine.isClosed ? nil : entry
        return actions
    }

    private func isHeld(_ folder: String, besides id: String) -> Bool {
        entries.contains { $0 != id && $1.folder == folder && $1.machine.holdsFolder }
    }
}
