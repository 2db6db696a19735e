import FleetModel
import TerminalText

/// From one view to another.
extension ConsoleModel {
    /// The workload that keys are about: that of the screen, or the one under the cursor.
    var workloadUnderCursor: WorkloadID? {
        if let id = screen.workload { return id }
        switch screen {
        case .client, .workloads: return place.table.cursor.flatMap { WorkloadID($0) }
        case .events:
            return place.table.cursor.flatMap { Int($0) }.flatMap { notices[$0] }.flatMap { WorkloadID($0.target) }
        default: return nil
        }
    }

    mutating func open() -> [Effect] {
        guard !screen.isText, let cursor = active.cursor, active.rows.contains(cursor) else { return [] }
        switch screen {
        case .fleet: return push(.client(cursor))
        case .client, .workloads: return WorkloadID(cursor).map { push(.logs($0)) } ?? []
        case .deployments:
            if place.isDetailActive, let id = place.table.cursor {
                return push(.output(deployment: id, client: cursor))
            }
            return push(.deployment(cursor))
        case .deployment(let id): return push(.output(deployment: id, client: cursor))
        case .events:
            guard let notice = Int(cursor).flatMap({ notices[$0] }) else { return [] }
            if let id = WorkloadID(notice.target), fleet.workload(id) != nil { return push(.logs(id)) }
            if fleet.clients[notice.target] != nil { return push(.client(notice.target)) }
            say(.info, "'\(notice.target)' is nothing that can be opened")
            return []
        case .logs, .info, .output, .help: return []
        }
    }

    /// Opens a view out of this one.
    mutating func push(_ screen: Place.Screen) -> [Effect] {
        guard screen != self.screen else { return [] }
        var next = path
        next.append(place(for: screen))
        if next.count > Self.mostPlaces { next.remove(at: 1) }
        return go(to: next)
    }

    /// A view as it is first shown: of a client, what is in trouble is what somebody came for.
    private func place(for screen: Place.Screen) -> Place {
        var place = Place(screen)
        if case .client(let name) = screen {
            let trouble = fleet.clients[name]?.workloads.values.filter(\.status.isTrouble).map(\.name).min()
            place.table.cursor = trouble.map { "\(name)/\($0)" }
        }
        return place
    }

    /// One of the views that stand beside each other.
    mutating func show(_ screen: Place.Screen) -> [Effect] {
        guard path.count > 1 || self.screen != screen else { return [] }
        // The fleet is remembered as it was left.
        let top = path[0].screen == screen ? path[0] : lastPath?.first { $0.screen == screen } ?? Place(screen)
        return go(to: [top])
    }

    mutating func goBack() -> [Effect] {
        if path.count == 1 {
            return screen == .fleet ? [] : show(.fleet)
        }
        return go(to: Array(path.dropLast()))
    }

    mutating func stepClient(_ steps: Int) -> [Effect] {
        guard case .client(let name) = screen else {
            say(.info, "this goes from one client to the next: open one first")
            return []
        }
        var order = path.first { $0.screen == .fleet }?.table.rows ?? []
        if order.isEmpty { order = fleet.clients.keys.sorted() }
        guard let index = order.firstIndex(of: name) else { return [] }
        guard order.indices.contains(index + steps) else {
            say(.info, steps > 0 ? "this is the last client" : "this is the first client")
            return []
        }
        var next = path
        next[next.count - 1] = place(for: .client(order[index + steps]))
        if let fleet = next.firstIndex(where: { $0.screen == .fleet }) {
            next[fleet].table.select(order[index + steps])
        }
        let before = lastPath
        let effects = go(to: next)
        lastPath = before
        return effects
    }

    /// Shows another path of views, and asks for what it needs.
    mutating func go(to next: [Place]) -> [Effect] {
        lastPath = path
        path = next
        arrange()
        switch screen {
        case .logs(let id):
            place.text = TextState()
            place.text.isLoading = true
            return [openFeed(id)]
        case .client:
            tail = TextState()
            return followTail()
        case .info(let id):
            place.text.top = place.text.buffer.first
            return [.loadDetail(id)] + closeFeed()
        case .output(let deployment, let client):
            place.text.isLoading = true
            place.text.top = place.text.buffer.first
            return [.loadOutput(deployment: deployment, client: client)] + closeFeed()
        case .help:
            place.text.replace(HelpText.lines(options.keymap))
            place.text.top = place.text.buffer.first
            return closeFeed()
        case .fleet, .workloads, .deployments, .deployment, .events: return closeFeed()
        }
    }

    /// What a script prints is no event: it is asked for while it runs, and when something of its deployment is new.
    ///
    /// - Parameter seconds: how often, while the client is under way.
    mutating func followOutput(every seconds: Int64? = nil) -> [Effect] {
        guard case .output(let id, let client) = screen, link.isLive,
            let found = fleet.deployment(id)?.clientStatuses.first(where: { $0.clientName == client })
        else { return [] }
        if let seconds, found.status.isSettled || local.milliseconds / 1000 % seconds != 0 { return [] }
        return [.loadOutput(deployment: id, client: client)]
    }

    // MARK: Logs

    mutating func openFeed(_ id: WorkloadID) -> Effect {
        feeds += 1
        feed = (feeds, id)
        return .openLog(number: feeds, id)
    }

    private mutating func closeFeed() -> [Effect] {
        guard feed != nil else { return [] }
        feed = nil
        return [.closeLog]
    }

    /// Below the workloads of a client stands the end of a log: that of the one the cursor rests on.
    mutating func followTail() -> [Effect] {
        guard case .client = screen else { return [] }
        guard size.hasLowerPane, let id = workloadUnderCursor else { return closeFeed() }
        guard feed?.id != id else { return [] }
        tail = TextState()
        tail.isLoading = true
        return [openFeed(id)]
    }

    mutating func apply(_ news: LogNews) {
        func update(_ number: Int, _ change: (inout TextState) -> Void) {
            guard feed?.number == number else { return }
            if screen.isLog { change(&place.text) } else { change(&tail) }
        }
        switch news {
        case .opened(let number):
            update(number) {
                $0.isLoading = false
                $0.saidEnd = nil
            }
        case .lines(let number, let lines):
            let isFirst = (screen.isLog ? place.text : tail).buffer.end == 0
            update(number) { text in
                text.isLoading = false
                for line in lines {
                    text.buffer.append(
                        SafeText.withoutColours(line), at: isFirst ? nil : now, isPaused: text.top != nil)
                }
            }
        case .ended(let number, let reason):
            update(number) {
                $0.isLoading = false
                $0.saidEnd = reason
            }
        }
    }

    mutating func receive(_ answer: Answer<WorkloadDetail>, of id: WorkloadID) {
        switch answer {
        case .value(let detail): details = (id, detail)
        case .failure(let reason): if screen == .info(id) { say(.warning, reason, target: id.text) }
        }
    }

    /// A name for a file that is not there yet.
    var savePath: String {
        let stamp = now.description.prefix(19).filter { $0 != ":" && $0 != "-" }
        let name: String
        switch screen {
        case .logs(let id), .info(let id): name = "\(id.client)-\(id.workload)"
        case .output(_, let client): name = "\(client)-deploy"
        default: name = "mc-console"
        }
        return "\(name.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." })-\(stamp).log"
    }

    /// The lines on the screen.
    func copy() -> [Effect] {
        let text = place.text
        let top = text.topPlace(height: layout.textRows)
        let places = top..<max(top, min(text.buffer.count, top + layout.textRows))
        return [.copy(places.compactMap { text.buffer[text.buffer.number(at: $0)]?.text }.joined(separator: "\n"))]
    }

    /// All lines that the filter lets through.
    func wholeText() -> String {
        let buffer = place.text.buffer
        return (0..<buffer.count).compactMap { buffer[buffer.number(at: $0)].map { "\($0.text)\n" } }.joined()
    }
}
