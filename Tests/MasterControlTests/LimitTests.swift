import FleetModel
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import CentralServer
@testable import ConsoleCore
@testable import DaemonCore
@testable import FleetClient
@testable import FleetConfig
@testable import FleetHTTP
@testable import FleetSimulator
@testable import MCConsole
@testable import Terminal

@Suite("Figures of the documents")
struct LimitTests {
    @Test("those that are limits or defaults are those of the program: MCTL_REFRESH_DOCS=1 writes them anew")
    func areRight() throws {
        let limits = try Self.limits.merging(Self.ofScripts()) { first, _ in first }
        var told: Set<String> = []
        for path in Document.all {
            var page = try Document(path)
            told.formUnion(page.parts("limit").map(\.name))
            #expect(try page.check("limit") { limits[$0] } == [])
        }
        #expect(Set(limits.keys).subtracting(told).sorted() == [], "figures that no document says")
    }

    /// Figures that were measured say when and with what: nothing compares them with anything.
    @Test("those that were measured say so", arguments: ["docs/console.md", "docs/dashboard.md"])
    func measured(path: String) throws {
        let parts = try Document(path).parts("measured")
        #expect(!parts.isEmpty)
        for part in parts {
            #expect(part.name.contains(/^version \d+\.\d+\.\d+, 20\d\d-\d\d-\d\d$/), "\(path): '\(part.name)'")
        }
    }

    /// The figures of the documents by their names, and as they are written there.
    private static var limits: [String: String] {
        let (own, central, events) = (HTTPLimits(), HTTPLimits.central, EventLog.Limits())
        let fleet = FleetSettings(clientName: "c", installDir: "/")
        let deployment = DeploymentRequest(version: "1")
        let workload = WorkloadSpec(name: "w", program: .command(["x"]))
        return [
            // What servers bear.
            "body": bytes(HTTPLimits.body), "heartbeat": bytes(CentralRoutes.heartbeatLimit),
            "headerTime": seconds(own.headerTime), "bodyTime": seconds(own.bodyTime),
            "idleTime": seconds(own.idleTime), "keepAlive": seconds(HTTPLimits.keepAlive),
            "central.connections": count(central.connections), "daemon.connections": count(own.connections),
            "central.connectionsOfOutsiders": count(central.connectionsOfOutsiders),
            "daemon.connectionsOfOutsiders": count(own.connectionsOfOutsiders),
            "central.connectionsOfAddress": count(central.connectionsOfAddress),
            "daemon.connectionsOfAddress": count(own.connectionsOfAddress),
            "connectionsOfClient": count(central.connectionsOfClient),
            "central.streams": count(central.streams), "daemon.streams": count(own.streams),
            "central.streamsOfOutsiders": count(central.streamsOfOutsiders),
            "daemon.streamsOfOutsiders": count(own.streamsOfOutsiders),
            "central.streamsOfOne": count(central.streamsOfOne), "daemon.streamsOfOne": count(own.streamsOfOne),
            "smallBody": bytes(ByteBudget.small), "bodies": bytes(ByteBudget.bodies.limit),
            "answers": bytes(ByteBudget.answers.limit), "forwards": bytes(ByteBudget.forwards.limit),
            "snapshots": bytes(events.snapshots), "events": count(events.events), "eventBytes": bytes(events.bytes),
            "reportOfOne": bytes(ReportRoom.each), "reportsTogether": bytes(ReportRoom.together),
            "wrongTokens": count(Int(WrongTokenTable.most)), "refusalAddresses": count(RefusalTally.addresses),
            "audit": count(FleetStoreLimits().audit), "refusals": count(FleetStoreLimits().refusals),
            "deploymentsListed": count(WireLimits.deployments.upperBound), "logLines": range(WireLimits.logLines),
            "eventPause": range(WireLimits.eventPause),
            "reportGap": seconds(ReportPolicy.shortestGap), "session": "\(Int(Sessions.lifetime / 3600)) hours",
            // How long the central waits for clients.
            "lookup": seconds(HostNames.limit), "lookupKept": seconds(HostNames.kept),
            "lookups": count(HostNames.mostLookups), "connectTime": seconds(TimeLimits.connecting),
            "silentPeer": seconds(SilentPeer.time), "patientAnswer": seconds(TimeLimits().patient),
            "headOfAnswer": seconds(AnswerGuard.headTime), "endOfAnswer": seconds(TimeLimits().ending),
            "promptAnswer": seconds(TimeLimits().prompt), "longestSilence": seconds(TimeLimits.silence),
            "endingTime": seconds(central.endingTime), "logBytes": bytes(WireLimits.logBytes),
            // Deployments.
            "shortestLook": seconds(HealthGate.shortestPauses.shortest),
            "looks": "\(Int(HealthGate.pauses.shortest)) to \(Int(HealthGate.pauses.longest)) s",
            "batchSize": count(deployment.batchSize), "canary": count(deployment.canary),
            "healthCheckTimeout": number(deployment.healthCheckTimeout),
            "minHealthySeconds": number(deployment.minHealthySeconds), "maxFailures": count(deployment.maxFailures),
            "deployTimeout": number(CentralSettings().deployTimeout),
            "deploymentOutput": bytes(DeploymentStoreLimits.output), "longestName": count(Identifier.longest),
            // Names, files and ports.
            "token": count(SecretFile.shortestToken), "socketPath": count(ServerAddress.longestSocketPath),
            "daemonPort": "\(fleet.apiPort)", "centralPort": "\(CentralSettings().port)",
            "heartbeatInterval": number(fleet.heartbeatInterval),
            "log": bytes((workload.logMaxMB << 20) * (workload.logKeep + 1)),
            "memoryWarning": "\(Int(Supervisor.memoryWarning * 100)) %",
            "secretWords": Secret.words.joined(separator: ", "),
            // Restarts.
            "longestRestartDelay": seconds(RestartPolicy.longestDelay),
            "shortestRepeatedDelay": seconds(RestartPolicy.shortestRepeatedDelay),
            "forgivingRun": seconds(RestartPolicy.forgivingRun),
            // Pages and console.
            "pageSize": count(FleetQuery.pageSize),
            "historySave": "\(Int(HistoryService.interval) / 60 * HistoryService.pointsBetweenSaves) minutes",
            "pausedLines": count(TextBuffer.paused.lines),
            "screen": "\(FrameSize.least.columns) × \(FrameSize.least.rows)",
            "reconnect": "\(Int(Reconnection.pauses.shortest)) to \(Int(Reconnection.pauses.longest)) s",
            "paintRate": "\(Int(1 / FrameBudget.shortest)) times a second",
            "paintBytes": "\(Int(FrameBudget.rate / 1000)) kB/s",
        ]
    }

    /// Those that stand in a script of the dashboard or of deploying, and nowhere else.
    private static func ofScripts() throws -> [String: String] {
        let session = try Document("scripts/deploy/session.sh").text
        let page = try Document("Sources/Central/CentralServer/Dashboard/Assets/live.js").text
        func find(_ text: String, _ pattern: Regex<(Substring, Substring)>) throws -> Int {
            let match = try #require(text.firstMatch(of: pattern))
            return try #require(Int(match.output.1))
        }
        return [
            "lookSeconds": "\(try find(session, /MCTL_LOOK_SECONDS=(\d+)/)) s",
            "orderSeconds": "\(try find(session, /MCTL_ORDER_SECONDS=(\d+)/)) s",
            "pageLogLines": count(try find(page, /const LINES = (\d+);/)),
            "pagePause": "\(try find(page, /pause_ms=(\d+)/)) ms",
        ]
    }

    // MARK: - As they are written

    private static func count(_ number: Int) -> String {
        let digits = String(number)
        guard digits.count > 3 else { return digits }
        return "\(digits.dropLast(3)),\(digits.suffix(3))"
    }

    private static func bytes(_ number: Int) -> String {
        number >= 1 << 20 ? "\(number >> 20) MiB" : "\(number >> 10) KiB"
    }

    private static func range(_ numbers: ClosedRange<Int>) -> String {
        "\(numbers.lowerBound) to \(numbers.upperBound)"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    private static func seconds(_ value: Double) -> String {
        value < 0.1 ? "\(Int((value * 1000).rounded())) ms" : "\(number(value)) s"
    }

    private static func seconds(_ time: TimeAmount) -> String { seconds(Double(time.nanoseconds) / 1e9) }
    private static func seconds(_ time: Duration) -> String { seconds(time / .seconds(1)) }
}
