import FleetModel
import Foundation
import Glibc
import ServiceLifecycle
import Testing

@testable import CentralServer

@Suite("The catalog of releases", .timeLimit(.minutes(2)))
struct ReleaseCatalogTests {
    /// A catalog that runs and looks anew each time, with one release `1` in its folder.
    ///
    /// - Parameter ahead: seconds that its clock is ahead of that of the files: so what is in them has changed long ago.
    static func with(ahead: Int64 = 60, _ body: @Sendable @escaping (ReleaseCatalog, String) async throws -> Void)
        async throws
    {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        try FileManager.default.createDirectory(atPath: folder + "/1/configs", withIntermediateDirectories: true)
        try Data("name: app\n".utf8).write(to: URL(fileURLWithPath: folder + "/1/configs/app.yaml"))
        // Stands still, so that a slow machine does not make the files old.
        let now = Int64(time(nil)) + ahead
        let catalog = ReleaseCatalog(folder: folder, environment: [:], freshness: .zero, now: { now })
        let group = ServiceGroup(services: [catalog], logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(catalog, folder)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    static func sh(_ script: String, _ argument: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-euc", script, "sh", argument]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test("many who ask at once share one look and one hash, and later ones what is kept")
    func once() async throws {
        try await Self.with { catalog, folder in
            let asked = await withTaskGroup(of: [Release].self) { tasks in
                for _ in 0..<12 { tasks.addTask { await catalog.list(runningOn: [:]) } }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(asked.count == 12)
            #expect(Set(asked.map { $0.first?.checksum.count }) == [64])
            #expect(catalog.hashed == 1)
            for _ in 0..<3 { #expect(await catalog.list(runningOn: [:]).first?.checksum.count == 64) }
            #expect(catalog.hashed == 1)
        }
    }

    @Test("what has changed a moment ago is not kept, for it may change again at what its clock calls the same time")
    func unsettled() async throws {
        try await Self.with(ahead: -3600) { catalog, _ in
            for count in 1...3 {
                #expect(await catalog.list(runningOn: [:]).first?.checksum.count == 64)
                #expect(catalog.hashed == count)
            }
        }
    }

    @Test(
        "whatever changes in a release changes its checksum, as the deploy script compares it",
        arguments: [
            "echo more >>1/configs/app.yaml", "chmod 755 1/configs/app.yaml", "mkdir 1/empty", "ln -s configs 1/link",
            "mv 1/configs/app.yaml 1/configs/b.yaml",
        ])
    func changes(change: String) async throws {
        try await Self.with { catalog, folder in
            let before = await catalog.list(runningOn: [:]).first?.checksum
            #expect(before?.count == 64)
            _ = try Self.sh("cd '\(folder)'; \(change)")
            let after = await catalog.list(runningOn: [:]).first?.checksum
            #expect(after?.count == 64)
            #expect(after != before)
        }
    }

    @Test("one that is being copied in has no checksum as long as it changes, and the right one afterwards")
    func copied() async throws {
        try await Self.with { catalog, folder in
            let path = folder + "/1/growing"
            let writer = Task {
                var count = 0
                while !Task.isCancelled {
                    count += 1
                    try Data("\(count)\n".utf8).write(to: URL(fileURLWithPath: path + "\(count % 200)"))
                }
            }
            for _ in 0..<3 {
                #expect(await catalog.list(runningOn: [:]).first?.checksum == "")
            }
            writer.cancel()
            _ = await writer.result
            let shown = await catalog.list(runningOn: [:]).first?.checksum
            let text = try Self.sh(ReleaseContents.program, folder + "/1")
            #expect(shown == text.trimmingCharacters(in: .newlines))
        }
    }

    @Test("the central runs the text that the deploy script runs and sends")
    func sameText() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let script = try String(contentsOfFile: root + "/scripts/deploy/release.sh", encoding: .utf8)
        #expect(ReleaseContents.functions == script)
    }

    @Test("a time beyond all calendars traps nothing")
    func times() async throws {
        try await Self.with { catalog, folder in
            for seconds in ["99999999999", "-62000000000", "300000000000"] {
                _ = try Self.sh("touch -d @\(seconds) '\(folder)/1' || true")
                #expect(await catalog.list(runningOn: [:]).count == 1)
            }
        }
    }
}
