import ConsoleCore
import FleetClient
import FleetModel
import Terminal

/// The stream of events of one central, for as long as the console is in it: connects, goes on where it was, waits.
struct EventFeed: Sendable {
    private static let refusedWait = 30.0
    private static let auditEntries = 200
    /// Milliseconds; as often as pictures are painted.
    private static let pause = 100

    var link: CentralLink
    var post: @Sendable (Message) -> Void
    /// Returns when what was posted is not too much for the one who takes it.
    var room: @Sendable () async throws -> Void = {}
    var log: RunLog

    private enum End {
        case lost(String)
        case refused(String)
        case cancelled
    }

    /// Until it is cancelled.
    func run() async {
        var last: String?
        var reconnection = Reconnection()
        while !Task.isCancelled {
            let begin = ContinuousClock.now
            let end = await follow(&last)
            var wait = Self.refusedWait
            switch end {
            case .cancelled: return
            case .refused(let reason):
                log.write("refused: \(reason)")
                post(.link(.refused(reason)))
            case .lost(let reason):
                let lasted = begin.duration(to: .now) / .seconds(1)
                wait = reconnection.pause(lasted: lasted, chance: Double.random(in: 0..<1))
                log.write("lost: \(reason)")
                post(.link(.lost(reason: reason, retryAt: ConsoleLoop.wallClock.advanced(seconds: wait))))
            }
            try? await Task.sleep(for: .seconds(clamping: wait))
        }
    }

    /// - Parameter last: id of the last event that was read.
    private func follow(_ last: inout String?) async -> End {
        do {
            try await room()
            let stream = try await link.streams().events(after: last, pause: Self.pause)
            log.write("connected" + (last.map { ", going on after \($0)" } ?? ""))
            post(.link(.live))
            async let asked: Void = askWho()
            for try await event in stream {
                if let known = try FleetEvent(event: event.event, data: event.data) { post(.fleet([known])) }
                last = event.id ?? last
                try await room()
            }
            await asked
            return .lost("the central has closed the stream")
        } catch let problem as StartupProblem {
            return .refused(problem.lines.joined(separator: " "))
        } catch FleetClientError.answered(let status, let answer) where status == 401 || status == 403 {
            let advice = status == 401 ? " (--token-file, MCTL_API_TOKEN, or token_file of the context)" : ""
            return .refused(answer.detail + advice)
        } catch is CancellationError {
            return .cancelled
        } catch let error as DecodingError {
            // Going on from there would bring the same event again; a snapshot may do without it.
            last = nil
            log.write("\("\(error)".cut(toBytes: 500))")
            return .lost("the central tells what cannot be read; are both programs of the same version?")
        } catch {
            return Task.isCancelled ? .cancelled : .lost(CentralLink.reason(error))
        }
    }

    private func askWho() async {
        guard let client = try? link.calls() else { return }
        // An older central does not know the question, and whoever may not read the audit does without.
        if let access = try? await client.access() { post(.access(access)) }
        if let entries = try? await client.audit(limit: Self.auditEntries) { post(.audit(entries)) }
    }
}
