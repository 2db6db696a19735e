import FleetClient
import FleetModel
import Glibc
import TerminalText

/// Prints what changes in a deployment until it has ended. A central that goes away is waited for.
struct DeploymentWatch {
    private static let shortestPause = 0.25
    private static let longestPause = 5.0

    let client: CentralClient
    let id: String

    /// - Throws: `CommandFailure` where it ended in another way than completed.
    func run() async throws {
        signal(SIGINT) { _ in _exit(0) }
        var shown: DeploymentStatus?
        var last: String?
        var isAway = false
        var pause = Self.shortestPause
        while true {
            do {
                let stream = try await client.events(after: last)
                if isAway { complain("the central is back") }
                isAway = false
                // It may have ended while nobody looked, and be too old for the snapshot.
                if try show(try await client.deployment(id), &shown) { return }
                for try await event in stream {
                    last = event.id ?? last
                    pause = Self.shortestPause
                    guard case .deployment(let status)? = try? FleetEvent(event: event.event, data: event.data),
                        status.id == id
                    else { continue }
                    if try show(status, &shown) { return }
                }
            } catch let error as FleetClientError where shown != nil && error.isAbsence {
                // There was one, so it may come again: the deployment goes on where it was.
            }
            if !isAway { complain("the central has gone; waiting for it, Ctrl-C ends (the deployment goes on)") }
            isAway = true
            try await Task.sleep(for: .seconds(clamping: pause))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// - Returns: true where it has ended.
    private func show(_ status: DeploymentStatus, _ shown: inout DeploymentStatus?) throws -> Bool {
        let screen = TerminalScreen.current()
        let time = Output.now.description.dropFirst(11).prefix(8)
        var lines: [String] = []
        let before = Dictionary(
            (shown?.clientStatuses ?? []).map { ($0.clientName, $0.status) }, uniquingKeysWith: { first, _ in first })
        for client in status.clientStatuses where client.status != before[client.clientName] ?? .pending {
            let reason = client.error.map { ": " + SafeText.line($0) } ?? ""
            lines.append(
                "\(time)  \(client.clientName)  "
                    + screen.paint(client.status.rawValue, DisplayFormat.colour(of: client.status)) + reason)
        }
        if status.status != shown?.status {
            let reason = status.error.map { ": " + SafeText.line($0) } ?? ""
            lines.append(
                "\(time)  deployment \(screen.paint(status.status.rawValue, DisplayFormat.colour(of: status.status)))\(reason)"
            )
        }
        Output.lines(lines)
        shown = status
        guard status.status.isEnded else { return false }
        if status.status != .completed { throw CommandFailure.silent }
        return true
    }
}

extension FleetClientError {
    /// Whether it says only that nobody is there now.
    fileprivate var isAbsence: Bool {
        switch self {
        // A stream that breaks off in the middle of an event cannot be read either.
        case .unreachable, .timedOut, .unreadable: true
        case .answered: false
        }
    }
}
