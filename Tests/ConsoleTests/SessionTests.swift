import ArgumentParser
import ConsoleCore
import FleetConfig
import Foundation
import TestSupport
import Testing

@testable import MCConsole
@testable import Terminal

/// The part that talks with a central, without one.
@Suite struct SessionTests {
    @Test("What was meant for one central is not done to another, however fast the keys came")
    func wrongCentral() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let folder = home.appending(path: ".config/mc-console")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        let yaml = """
            contexts:
              - {name: a, central: "http://127.0.0.1:1"}
              - {name: b, central: "http://127.0.0.1:2", danger: true}

            """
        try Data(yaml.utf8).write(to: folder.appending(path: "config.yaml"))
        let startup = try Startup(try ConsoleCommand.parse([]), environment: ["HOME": home.path])
        let inbox = try Inbox()
        let session = Session(startup, inbox: inbox, log: try RunLog(path: nil))
        let work = Task { await session.run() }
        let a = startup.choice.identity
        session.perform(.switchContext("b"), for: a)
        session.perform(
            .perform(run: 1, .restart, [.workload(WorkloadID(client: "gate", workload: "camera"))]), for: a)
        session.perform(.loadReleases, for: a)
        var refusals = 0
        var contexts: [String] = []
        _ = try await until("both were refused") { () -> Bool? in
            for message in inbox.drain() {
                switch message {
                case .outcome, .releases: Issue.record("it was asked of the other one")
                case .context(let identity): contexts.append(identity.context)
                case .notice(.warning, let text) where text.contains("the context has changed"): refusals += 1
                default: break
                }
            }
            return refusals < 2 ? nil : true
        }
        #expect(refusals == 2 && contexts == ["b"])
        work.cancel()
        session.perform(.quit, for: a)
        await work.value
    }
}
