import FleetModel

/// All that the console knows. Messages change it (`update`), and `frame` shows it.
package struct ConsoleModel: Sendable {
    let options: ConsoleOptions
    package internal(set) var theme: Theme
    package internal(set) var identity: ConsoleIdentity
    var access: AccessInfo?
    var size: FrameSize
    /// By this host's clock.
    var local: Timestamp
    /// Seconds that the central's clock is ahead of this host's.
    var offset = 0.0

    var mirror = FleetMirror()
    /// The picture that `z` holds on to.
    var frozen: (mirror: FleetMirror, log: NoticeLog, at: Timestamp)?
    var link = Link.connecting
    /// Whether there ever was a picture.
    package internal(set) var hasPicture = false
    /// The picture when the connection was lost, until there is a new one.
    var beforeLoss: (mirror: FleetMirror, since: Timestamp, events: Int, backAt: Timestamp?)?
    var log = NoticeLog()

    /// Views that were opened one out of another, the one that is shown at the end. Never empty.
    var path: [Place] = [Place(.fleet)]
    var lastPath: [Place]?
    var overlay: Overlay?
    var message: Notice?
    var messageAt = Timestamp(milliseconds: 0)
    var commands: [String] = []

    /// The log that is followed.
    var feed: (number: Int, id: WorkloadID)?
    var feeds = 0
    /// Its last lines, below the workloads of a client.
    var tail = TextState()
    var runs: [Int: ActionRun] = [:]
    var lastRun: Int?
    var runCount = 0
    var details: (id: WorkloadID, detail: WorkloadDetail)?
    var lastKey = Timestamp(milliseconds: 0)

    static let mostPlaces = 20
    /// How long rows keep their places after a key, seconds.
    static let handRest = 3.0

    /// - Parameter now: by this host's clock.
    package init(options: ConsoleOptions, size: FrameSize, now: Timestamp) {
        self.options = options
        theme = options.theme
        identity = options.identity
        self.size = size
        local = now
    }

    /// By the central's clock.
    var now: Timestamp { local.advanced(seconds: offset) }

    /// The moment that the picture shows, by the central's clock: it stands still when nothing comes any more.
    var pictureTime: Timestamp {
        if let frozen { return frozen.at }
        return (link.lostSince ?? local).advanced(seconds: offset)
    }

    /// The fleet as it is shown.
    var fleet: FleetMirror { frozen?.mirror ?? mirror }
    var notices: NoticeLog { frozen?.log ?? log }

    var place: Place {
        get { path[path.count - 1] }
        // In place: a copy of a log for each of its lines would be dear.
        _modify { yield &path[path.count - 1] }
    }
    var screen: Place.Screen { place.screen }

    /// Whether keys make a text.
    var isTyping: Bool { if case .prompt = overlay { true } else { false } }

    /// Whether a command may be used at all by who is at the keys.
    func isAllowed(_ command: Command) -> Bool {
        guard command.isChange else { return true }
        if options.isReadOnly { return false }
        guard let access else { return true }
        switch command {
        case .deploy, .cancel, .pause: return access.scopes.contains(.deploy)
        default: return access.scopes.contains(.operate)
        }
    }
}

extension ConsoleModel {
    /// The table of the screen, or of its upper pane.
    func source(of screen: Place.Screen) -> (any TableSource)? {
        switch screen {
        case .fleet:
            FleetTable(mirror: fleet, now: pictureTime, thresholds: options.thresholds, chosen: options.columns)
        case .client(let name): WorkloadTable(mirror: fleet, now: pictureTime, client: name)
        case .workloads: WorkloadTable(mirror: fleet, now: pictureTime, client: nil)
        case .deployments: DeploymentTable(mirror: fleet, now: pictureTime)
        case .deployment(let id): DeploymentClientTable(mirror: fleet, now: pictureTime, id: id)
        case .events: EventTable(log: notices, now: pictureTime)
        case .logs, .info, .output, .help: nil
        }
    }

    /// That of the lower pane, where it is a table.
    func detailSource() -> (any TableSource)? {
        guard case .deployments = screen, size.hasLowerPane, let id = place.table.cursor else { return nil }
        return DeploymentClientTable(mirror: fleet, now: pictureTime, id: id)
    }

    /// The table that the keys go to.
    var active: TableState {
        get { place.isDetailActive ? place.detail : place.table }
        _modify {
            if place.isDetailActive { yield &place.detail } else { yield &place.table }
        }
    }

    func activeSource() -> (any TableSource)? {
        place.isDetailActive ? detailSource() : source(of: screen)
    }

    /// Which rows of the screen are for what, at its present size.
    var layout: Layout { Layout(size: size, screen: screen) }

    /// Brings the rows that are shown, and the part of them that is on the screen, in line with what is known.
    mutating func arrange() {
        let isHandMoving = local.seconds(since: lastKey) < Self.handRest
        let second = local.milliseconds / 1000
        let layout = layout
        if let source = source(of: screen) {
            let isEvents = screen == .events
            let revision = isEvents ? notices.end : fleet.revision
            let members = isEvents ? notices.end : fleet.members
            place.table.arrange(
                source, revision: revision, members: members, second: second, isHandMoving: isHandMoving)
            place.table.scroll(height: layout.tableRows)
        }
        if let source = detailSource() {
            place.detail.arrange(
                source, revision: fleet.revision, members: fleet.members, second: second, isHandMoving: isHandMoving)
            place.detail.scroll(height: layout.detailRows)
        } else {
            place.isDetailActive = false
        }
        place.text.width = size.columns
        if case .info(let id) = screen { place.text.replace(InfoText.lines(id, self)) }
    }

    /// Says something in the line for messages. What is news stays among the events; a hint does not.
    mutating func say(_ severity: Notice.Severity, _ text: String, target: String = "") {
        let notice = Notice(time: now, severity: severity, target: target, text: text)
        message = notice
        messageAt = local
        if severity != .info { log.append(notice) }
    }
}
