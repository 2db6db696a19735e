import ConsoleCore
import FleetClient
import FleetConfig
import FleetModel
import Synchronization
import Terminal

/// Does what the console wants done outside: talks with the central, writes files, finds themes.
final class Session: Sendable {
    private let startup: Startup
    private let inbox: Inbox
    private let log: RunLog
    /// More than anybody types while one effect is begun.
    private static let mostEffects = 1024
    private let effects = AsyncStream<(Effect, ConsoleIdentity)>.makeStream(
        bufferingPolicy: .bufferingOldest(mostEffects))
    /// Rises with each change of the context: what an earlier one still says is dropped.
    private let generation = Mutex(0)

    init(_ startup: Startup, inbox: Inbox, log: RunLog) {
        self.startup = startup
        self.inbox = inbox
        self.log = log
    }

    /// Never waits.
    ///
    /// - Parameter identity: of the central that was on the screen. What was meant for one is never done to another.
    func perform(_ effect: Effect, for identity: ConsoleIdentity) {
        guard case .dropped = effects.continuation.yield((effect, identity)) else { return }
        inbox.post(.notice(.warning, "too much was asked for at once: the last of it was not done"))
    }

    /// Until the process ends, or it is cancelled.
    func run() async {
        var choice = startup.choice
        var iterator = effects.stream.makeAsyncIterator()
        while !Task.isCancelled {
            let link = CentralLink(choice)
            let number = generation.withLock { $0 }
            let post: @Sendable (Message) -> Void = { [self] message in
                generation.withLock { if $0 == number { inbox.post(message) } }
            }
            log.write("central \(choice.identity.server)\(choice.context.isEmpty ? "" : ", context \(choice.context)")")
            let next = await serve(link, post, &iterator)
            await link.close()
            guard let next else { return }
            choice = next
            generation.withLock {
                $0 += 1
                inbox.post(.context(choice.identity))
            }
            setTheme(startup.themeName(in: choice), isSilent: true)
        }
    }

    /// - Returns: the central to go on with.
    private func serve(
        _ link: CentralLink, _ post: @escaping @Sendable (Message) -> Void,
        _ iterator: inout AsyncStream<(Effect, ConsoleIdentity)>.AsyncIterator
    ) async -> CentralChoice? {
        // A terminal that is stuck for an hour must not have an hour's events pile up here.
        let room: @Sendable () async throws -> Void = { [inbox] in
            while inbox.isFull { try await Task.sleep(for: .milliseconds(100)) }
        }
        let feed = Task { await EventFeed(link: link, post: post, room: room, log: log).run() }
        var logFeed: Task<Void, Never>?
        var work: [Task<Void, Never>] = []
        defer {
            feed.cancel()
            logFeed?.cancel()
            for task in work { task.cancel() }
        }
        while let (effect, identity) = await iterator.next() {
            guard identity == link.choice.identity || effect.isOfConsole else {
                log.write("dropped, as it was meant for \(identity.server)")
                post(.notice(.warning, "the context has changed meanwhile: nothing was done"))
                continue
            }
            switch effect {
            case .openLog(let number, let id):
                logFeed?.cancel()
                logFeed = Task { await LogFeed(number: number, id: id, link: link, post: post, room: room).run() }
            case .closeLog:
                logFeed?.cancel()
                logFeed = nil
            case .switchContext(let name):
                do {
                    guard let context = startup.settings.contexts.first(where: { $0.name == name }) else {
                        throw CentralChoice.unknown(name, startup.settings)
                    }
                    let next = try CentralChoice(context, folders: startup.folders)
                    _ = try next.readToken()
                    return next
                } catch {
                    post(.notice(.bad, CentralLink.reason(error)))
                }
            case .setTheme(let name): setTheme(name)
            default:
                if work.count > 100 { work.removeFirst(50) }
                work.append(Task { await Self.ask(effect, link, post, startup.folders, log) })
            }
        }
        return nil
    }

    private func setTheme(_ name: String, isSilent: Bool = false) {
        do {
            let theme = try ThemeFinder(folders: startup.folders).find(name)
            inbox.post(.theme(theme))
            if !isSilent { inbox.post(.notice(.info, "theme \(theme.name)")) }
        } catch {
            inbox.post(.notice(.bad, CentralLink.reason(error)))
        }
    }

    private static func ask(
        _ effect: Effect, _ link: CentralLink, _ post: @escaping @Sendable (Message) -> Void, _ folders: Folders,
        _ log: RunLog
    ) async {
        func answer<Value: Sendable>(_ call: (CentralClient) async throws -> Value) async -> Answer<Value> {
            do {
                return .value(try await call(try link.calls()))
            } catch {
                return .failure(ActionRunner.reason(error))
            }
        }
        switch effect {
        case .perform(let run, let verb, let targets):
            log.write("\(verb.rawValue) \(targets.map(\.text).joined(separator: " "))")
            await ActionRunner(run: run, verb: verb, targets: targets, link: link, post: post)()
        case .loadDetail(let id):
            post(.detail(id, await answer { try await $0.detail(of: id.workload, on: id.client) }))
        case .loadOutput(let deployment, let client):
            post(
                .output(
                    deployment: deployment, client: client,
                    await answer { try await $0.deploymentOutput(deployment, client: client).lines }))
        case .loadReleases: post(.releases(await answer { try await $0.releases() }))
        case .plan(let request): post(.plan(await answer { try await $0.deploy(request) }))
        case .deploy(let request):
            log.write("deploy \(request.version) to \((request.targetClients ?? []).joined(separator: " "))")
            post(.begun(await answer { try await $0.deploy(request) }))
        case .save(let path, let text):
            let path = folders.typed(path)
            if let problem = FileSaver.save(text, to: path) {
                post(.notice(.bad, problem))
            } else {
                let lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
                post(.notice(.good, "\(lines) line\(lines == 1 ? "" : "s") saved to \(path)"))
            }
        case .openLog, .closeLog, .switchContext, .setTheme, .copy, .redraw, .suspend, .quit: break
        }
    }
}
