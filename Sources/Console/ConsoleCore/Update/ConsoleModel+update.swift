import FleetModel

extension ConsoleModel {
    /// Takes one message.
    ///
    /// - Returns: what is to be done outside.
    package mutating func update(_ message: Message) -> [Effect] {
        var effects: [Effect] = []
        switch message {
        case .key(let key):
            lastKey = local
            effects = handle(key)
        case .resize(let size): self.size = size
        case .tick(let time):
            local = time
            // After a reconnect, what was missed comes at once; what has not come after three seconds was not there.
            if let back = beforeLoss?.backAt, local.seconds(since: back) >= 3 { sayWhatChanged() }
            effects = followTail() + followOutput(every: 2)
            if let message = self.message, local.seconds(since: messageAt) > Self.messageTime(message) {
                self.message = nil
            }
        case .link(let news): apply(news)
        case .fleet(let events):
            apply(events)
            if events.contains(where: { if case .deployment = $0 { true } else { false } }) { effects = followOutput() }
        case .access(let access):
            self.access = access
            offset = access.time.seconds(since: local)
            if abs(offset) < 1 { offset = 0 }
        case .audit(let entries):
            mirror.remember(entries)
            let known = Set(log.entries)
            let older = entries.sorted { $0.time < $1.time }.map(FleetMirror.notice)
            log.prepend(older.filter { !known.contains($0) })
        case .log(let news): apply(news)
        case .outcome(let run, let target, let outcome): record(outcome, of: target, in: run)
        case .releases(let answer): receive(releases: answer)
        case .plan(let answer): receive(plan: answer)
        case .begun(let answer): effects = receive(begun: answer)
        case .detail(let id, let answer): receive(answer, of: id)
        case .output(let deployment, let client, let answer):
            guard screen == .output(deployment: deployment, client: client) else { break }
            switch answer {
            case .value(let lines): place.text.replace(lines.isEmpty ? ["(nothing was printed)"] : lines)
            case .failure(let reason): say(.bad, reason, target: client)
            }
        case .notice(let severity, let text): say(severity, text)
        case .context(let identity): begin(identity)
        case .theme(let theme): self.theme = theme
        }
        arrange()
        return effects
    }

    /// Bad news stays longer; seconds.
    private static func messageTime(_ message: Notice) -> Double { message.severity >= .warning ? 20 : 8 }

    private mutating func begin(_ identity: ConsoleIdentity) {
        self.identity = identity
        mirror = FleetMirror()
        log = NoticeLog()
        frozen = nil
        beforeLoss = nil
        hasPicture = false
        access = nil
        link = .connecting
        path = [Place(.fleet)]
        lastPath = nil
        overlay = nil
        runs = [:]
        lastRun = nil
        details = nil
        feed = nil
        tail = TextState()
        say(.info, "now in \(identity.context.isEmpty ? identity.server : identity.context)")
    }

    private mutating func apply(_ news: LinkNews) {
        switch news {
        case .connecting: break
        case .live:
            beforeLoss?.backAt = local
            link = .live
        case .lost(let reason, let retryAt):
            let since = link.lostSince ?? local
            if link.isLive {
                beforeLoss = (mirror, since, log.end, nil)
                say(.bad, reason)
            } else if link.lostSince == nil {
                say(.bad, reason)
            }
            link = .lost(since: since, retryAt: retryAt, reason: reason)
        case .refused(let reason):
            if link.isLive { beforeLoss = (mirror, local, log.end, nil) }
            if case .refused = link {} else { say(.bad, reason) }
            link = .refused(since: link.lostSince ?? local, reason: reason)
        }
    }

    private mutating func apply(_ events: [FleetEvent]) {
        hasPicture = true
        for event in events {
            let notices = mirror.apply(event, now: now)
            if case .snapshot = event, let before = beforeLoss {
                for notice in mirror.differences(from: before.mirror, now: now) { log.append(notice) }
            }
            for notice in notices { log.append(notice) }
        }
        if beforeLoss?.backAt != nil { sayWhatChanged() }
    }

    /// After a reconnect: how much was missed.
    private mutating func sayWhatChanged() {
        if let before = beforeLoss, let back = before.backAt {
            beforeLoss = nil
            // One of these entries is the loss itself.
            let count = max(0, log.end - before.events - 1)
            let time = DurationText.stopwatch(back.seconds(since: before.since))
            say(
                count == 0 ? .good : .warning,
                count == 0
                    ? "connected again after \(time): nothing changed"
                    : "connected again after \(time): \(DisplayFormat.plural(count, "change")) meanwhile, "
                        + "\(options.keymap.name(of: .events)) shows them")
        }
    }
}
