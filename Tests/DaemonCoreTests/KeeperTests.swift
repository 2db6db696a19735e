import FleetModel
import Foundation
import Synchronization
import Testing

@testable import DaemonCore

@Suite("What keepers tell")
struct KeeperTests {
    @Test(
        "a program that puts itself into the background is named as that",
        arguments: [
            "setsid sleep 300 & exit 0", "(sleep 300 &) ; exit 0", "trap '' HUP; sleep 300 & sleep 300 & exit 0",
        ], [true, false])
    func background(script: String, isThere: Bool) async throws {
        let store = MemoryStateStore()
        let shop = try Workshop(store: store)
        var spec = WorkloadSpec.shell("a", "until [ -e go ]; do sleep 0.01; done; \(script)")
        spec.restartDelay = 1000
        spec.runMode = .forever
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.pid != nil }
        let record = shop.paths.runDirectory(of: "a") + "/record"
        if !isThere { await shop.close(keepingWorkloads: true) }
        FileManager.default.createFile(atPath: shop.path + "/go", contents: nil)
        while !isThere, !text(record).contains("ended=") { try await Task.sleep(for: .milliseconds(5)) }
        let last = isThere ? shop : try Workshop(folder: shop.path, store: store)
        if !isThere { try await last.supervisor.begin([spec]) }
        let after = try await last.until("a") { $0.status == .scheduled || ($0.restarts ?? 0) > 0 }
        #expect(after.lastError?.hasPrefix("it put itself into the background: ") == true, "\(after.lastError ?? "")")
        #expect(after.lastError?.contains("run it in the foreground") == true)
        await last.close()
    }

    @Test("one that leaves nothing behind has nothing said of it")
    func foreground() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "sleep 0.01 & wait; exit 0")
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        #expect(try await shop.until("a") { $0.status == .completed }.lastError == nil)
        await shop.close()
    }

    @Test("a record that can't be written is told, and is written as soon as it can be, with a daemon and without")
    func record() async throws {
        let told = Mutex<[String]>([])
        let store = MemoryStateStore()
        let shop = try Workshop(store: store) { message in told.withLock { $0.append(message) } }
        let folder = shop.paths.runDirectory(of: "a")
        try FileManager.default.createDirectory(atPath: folder + "/record.new", withIntermediateDirectories: true)
        var spec = WorkloadSpec.shell("a", "until [ -e go ]; do sleep 0.01; done; exit 7")
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") {
            $0.pid != nil && told.withLock { $0.contains { $0.contains("trouble: record: ") } }
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/record"))
        let keeper = try #require(await shop.supervisor.entries["a"]?.run?.keeper)
        await shop.close(keepingWorkloads: true)
        FileManager.default.createFile(atPath: shop.path + "/go", contents: nil)
        while !shop.processes.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(alive(keeper))
        rmdir(folder + "/record.new")
        while !text(folder + "/record").contains("code=7") { try await Task.sleep(for: .milliseconds(5)) }
        let next = try Workshop(folder: shop.path, store: store)
        try await next.supervisor.begin([spec])
        #expect(try await next.until("a") { $0.status == .failed }.lastExitCode == 7)
        await next.close()
    }

    @Test("a daemon that comes while the record can't be written hears of the end from the keeper itself")
    func toldWithoutRecord() async throws {
        let store = MemoryStateStore()
        let shop = try Workshop(store: store)
        let folder = shop.paths.runDirectory(of: "a")
        var spec = WorkloadSpec.shell("a", "until [ -e go ]; do sleep 0.01; done; exit 7")
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.pid != nil }
        try FileManager.default.createDirectory(atPath: folder + "/record.new", withIntermediateDirectories: true)
        let keeper = try #require(await shop.supervisor.entries["a"]?.run?.keeper)
        await shop.close(keepingWorkloads: true)
        FileManager.default.createFile(atPath: shop.path + "/go", contents: nil)
        while !shop.processes.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let next = try Workshop(folder: shop.path, store: store)
        try await next.supervisor.begin([spec])
        #expect(try await next.until("a") { $0.status == .failed }.lastExitCode == 7)
        // And with that it has nothing to stay for.
        while alive(keeper) { try await Task.sleep(for: .milliseconds(5)) }
        await next.close()
    }

    @Test("one whose folder is gone does not stay for a record that nobody could read")
    func folderIsGone() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", "until [ -e go ]; do sleep 0.01; done")])
        _ = try await shop.until("a") { $0.pid != nil }
        let keeper = try #require(await shop.supervisor.entries["a"]?.run?.keeper)
        await shop.close(keepingWorkloads: true)
        try FileManager.default.removeItem(atPath: shop.paths.runDirectory)
        FileManager.default.createFile(atPath: shop.path + "/go", contents: nil)
        while alive(keeper) { try await Task.sleep(for: .milliseconds(5)) }
        try FileManager.default.removeItem(atPath: shop.path)
    }

    @Test("trouble that was told to one daemon is told to the next one too")
    func toldToTheNext() async throws {
        let shop = try Workshop()
        symlink("/nonexistent", shop.paths.log(of: "a"))
        var spec = WorkloadSpec.shell("a", "echo hello; exec sleep 300")
        spec.logWaitSeconds = 0.1
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { $0.lastError?.contains("its log cannot be written") == true }
        await shop.close(keepingWorkloads: true)
        let next = try Workshop(folder: shop.path, store: shop.store)
        try await next.supervisor.begin([spec])
        _ = try await next.until("a") { $0.lastError?.contains("its log cannot be written") == true }
        await next.close()
    }

    /// A keeper in a few lines, which says what it is told to and then waits to be let go.
    private static let fake = """
        #!/usr/bin/python3
        from os import getpid
        from socket import MSG_WAITALL, socket
        from struct import unpack
        s = socket(fileno=3)
        size, = unpack("=I", s.recv(4, MSG_WAITALL))
        fields = dict(f.split(b"=", 1) for f in s.recv(size, MSG_WAITALL).split(b"\\0") if f)
        hello = "HELLO".replace("PID", str(getpid())).replace("GENERATION", fields[b"generation"].decode())
        s.sendall(f"{hello}\\nstarted {getpid()} 1 1750000000000\\nnews of tomorrow\\n".encode())
        s.recv(1)
        s.sendall(b"ended exit 0 1750000000001\\n")
        s.recv(100)
        """

    @Test(
        "a keeper of another version is spoken with as far as it goes, and a newer one is named",
        arguments: [
            ("keeper 1 PID GENERATION", false), ("keeper PID GENERATION", false), ("keeper 2 PID GENERATION", false),
            ("keeper 3 PID GENERATION and more", true),
        ])
    func version(hello: String, isNewer: Bool) async throws {
        let program = "/tmp/mctl-keeper-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try Self.fake.replacing("HELLO", with: hello).write(toFile: program, atomically: false, encoding: .utf8)
        chmod(program, 0o755)
        defer { unlink(program) }
        let told = Mutex<[String]>([])
        let shop = try Workshop(keeper: program) { message in told.withLock { $0.append(message) } }
        try await shop.supervisor.begin([.shell("a", "true")])
        #expect(try await shop.until("a") { $0.pid != nil }.status == .running)
        #expect(try await shop.supervisor.stop("a").success)
        #expect(told.withLock { $0.contains { $0.contains("newer version than this daemon") } } == isNewer)
        await shop.close()
    }

    private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
