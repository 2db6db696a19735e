import FleetModel
import Foundation
import Testing

@testable import DaemonCore

/// The file of a log while others have their hands on it too, under real keepers.
@Suite("The file of a log, and others who touch it")
struct LogFileTests {
    /// Prints a line for each file `go-N` that appears.
    private static let steps = """
        i=0; while [ $i -lt 3 ]; do until [ -e go-$i ]; do sleep 0.01; done; echo line $i; i=$((i+1)); done; exec sleep 300
        """

    private func go(_ step: Int, in shop: Workshop) {
        FileManager.default.createFile(atPath: "\(shop.path)/go-\(step)", contents: nil)
    }

    private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    @Test(
        "one that was renamed, removed, replaced or emptied from outside goes on under its own name, and so do followers",
        arguments: Hand.allCases)
    private func handled(by hand: Hand) async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", Self.steps)])
        go(0, in: shop)
        _ = try await shop.until("a") { _ in shop.log("a") == ["line 0"] }
        let follower = LogFollower(
            files: LogFiles(path: shop.paths.log(of: "a"), basePath: shop.paths.runDirectory(of: "a") + "/log-base"),
            from: 0)
        #expect(follower.read().map(\.text) == ["line 0"])
        try hand.touch(shop.paths.log(of: "a"), moving: shop.path + "/old")
        go(1, in: shop)
        let header = hand == .renamedAndWritten ? "header\n" : ""
        _ = try await shop.until("a") { _ in text(shop.paths.log(of: "a")) == header + "line 1\n" }
        var seen: [String] = []
        _ = try await shop.until("a") { _ in
            seen += follower.read().map(\.text)
            return seen.contains("line 1")
        }
        #expect(seen == (header.isEmpty ? [] : ["header"]) + ["line 1"])
        go(2, in: shop)
        _ = try await shop.until("a") { _ in
            seen += follower.read().map(\.text)
            return seen.last == "line 2"
        }
        #expect(text(shop.paths.log(of: "a")) == header + "line 1\nline 2\n")
        if hand != .removed, hand != .renamedAsWeDo { #expect(text(shop.path + "/old") == "line 0\n") }
        await shop.close()
    }

    @Test("a line that a person adds stays where it is")
    func appended() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([.shell("a", Self.steps)])
        go(0, in: shop)
        _ = try await shop.until("a") { _ in shop.log("a") == ["line 0"] }
        let descriptor = open(shop.paths.log(of: "a"), O_WRONLY | O_APPEND)
        #expect(write(descriptor, "a note\n", 7) == 7)
        close(descriptor)
        go(1, in: shop)
        _ = try await shop.until("a") { _ in shop.log("a").last == "line 1" }
        #expect(shop.log("a") == ["line 0", "a note", "line 1"])
        await shop.close()
    }

    @Test("two who write as fast as they can take no line from one another")
    func underFire() async throws {
        let shop = try Workshop()
        var spec = WorkloadSpec.shell("a", "i=0; while [ $i -lt 30000 ]; do echo own $i; i=$((i+1)); done")
        spec.runMode = .nTimes
        spec.logMaxMB = 100
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { _ in shop.log("a", last: 1).first?.hasPrefix("own") == true }
        let descriptor = open(shop.paths.log(of: "a"), O_WRONLY | O_APPEND)
        var added = 0
        while try await shop.supervisor.status("a").workload.status != .completed {
            for _ in 0..<50 where added < 20_000 {
                let line = "\nnote \(added)\n"
                #expect(write(descriptor, line, line.utf8.count) == line.utf8.count)
                added += 1
            }
        }
        close(descriptor)
        // A note may stand in the middle of a line: that is where what was printed so far came to its end.
        let all = text(shop.paths.log(of: "a"))
        let notes = all.matches(of: #/\nnote (\d+)\n/#).compactMap { Int($0.output.1) }
        #expect(notes == Array(0..<added))
        let own = all.replacing(#/\nnote \d+\n/#, with: "").split(separator: "\n").map(String.init)
        #expect(own == (0..<30000).map { "own \($0)" })
        await shop.close()
    }

    @Test("older files beyond log_keep go, and what has another number is not touched")
    func keepsFewer() async throws {
        let shop = try Workshop()
        let names = ["1", "2", "3", "4", "100", "20250101", "2.gz", "02", "x"]
        for name in names {
            try "\(name)\n".write(toFile: "\(shop.path)/a.log.\(name)", atomically: false, encoding: .utf8)
        }
        try "other\n".write(toFile: "\(shop.path)/b.log.4", atomically: false, encoding: .utf8)
        // Before the next run begins they are there, and yet no part of the log.
        #expect(LogTail(path: shop.paths.log(of: "a"), keep: 1).lines(10) == ["1"])
        var spec = WorkloadSpec.shell("a", "echo now; exec sleep 300")
        spec.logKeep = 1
        try await shop.supervisor.begin([spec])
        _ = try await shop.until("a") { _ in shop.log("a").last == "now" }
        let left = try FileManager.default.contentsOfDirectory(atPath: shop.path).filter { $0.contains(".log.") }
        #expect(Set(left) == ["a.log.1", "a.log.20250101", "a.log.2.gz", "a.log.02", "a.log.x", "b.log.4"])
        #expect(shop.log("a") == ["1", "now"])
        await shop.close()
    }

    @Test("a follower does not go back into what is kept no more")
    func followsFewer() throws {
        let log = try LogWriter(maxBytes: 10, keep: 5)
        defer { log.remove() }
        for number in 0..<6 { try log.write("line \(1000 + number)") }
        let all = LogFollower(files: log.files, from: 0).read().count
        var files = log.files
        files.keep = 1
        let follower = LogFollower(files: files, from: 0)
        try log.write("\n")
        #expect(all == 0)
        #expect(follower.read().map(\.text) == [" 1004line 1005"])
    }

    @Test("the output of a run that has ended waits for its log")
    func waits() async throws {
        let shop = try Workshop()
        symlink("/nonexistent", shop.paths.log(of: "a"))
        var spec = WorkloadSpec.shell("a", "seq 1 900; exit 3")
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        let waiting = try await shop.until("a") { $0.lastError?.contains("its log cannot be written") == true }
        #expect(waiting.status == .running)
        _ = try await shop.until("a") { _ in shop.processes.isEmpty }
        unlink(shop.paths.log(of: "a"))
        let done = try await shop.until("a") { $0.status == .failed }
        #expect(done.lastError == "exited with status 3")
        #expect(shop.log("a") == (1...900).map(String.init))
        await shop.close()
    }

    @Test(
        "after log_wait_seconds it is lost, and that is told, also to a daemon that was not there",
        arguments: [true, false])
    func lost(isThere: Bool) async throws {
        let store = MemoryStateStore()
        let shop = try Workshop(store: store)
        symlink("/nonexistent", shop.paths.log(of: "a"))
        var spec = WorkloadSpec.shell("a", "until [ -e go ]; do sleep 0.01; done; seq 1 900")
        spec.runMode = .nTimes
        spec.logWaitSeconds = 0.2
        try await shop.supervisor.begin([spec])
        let keeper = try await shop.until("a") { $0.pid != nil }
        #expect(keeper.status == .running)
        let sentence =
            "the last 3492 bytes of its output are lost: its log could not be written within log_wait_seconds: "
        if !isThere { await shop.close(keepingWorkloads: true) }
        FileManager.default.createFile(atPath: shop.path + "/go", contents: nil)
        if isThere {
            let done = try await shop.until("a") { $0.status == .completed }
            #expect(done.lastError?.hasPrefix(sentence) == true, "\(done.lastError ?? "")")
            await shop.close()
            return
        }
        let record = shop.paths.runDirectory(of: "a") + "/record"
        while !text(record).contains("lost=3492\n") { try await Task.sleep(for: .milliseconds(5)) }
        let next = try Workshop(folder: shop.path, store: store)
        try await next.supervisor.begin([spec])
        let done = try await next.until("a") { $0.status == .completed }
        #expect(done.lastError?.hasPrefix(sentence) == true, "\(done.lastError ?? "")")
        await next.close()
    }
}

/// What others do to the file of a log.
private enum Hand: CaseIterable {
    case renamed, renamedAndMade, renamedAndWritten, renamedAsWeDo, removed, copiedAndEmptied

    func touch(_ path: String, moving other: String) throws {
        switch self {
        case .renamed: rename(path, other)
        case .renamedAndMade:
            rename(path, other)
            try "".write(toFile: path, atomically: false, encoding: .utf8)
        case .renamedAndWritten:
            rename(path, other)
            try "header\n".write(toFile: path, atomically: false, encoding: .utf8)
        case .renamedAsWeDo: rename(path, path + ".1")
        case .removed: unlink(path)
        case .copiedAndEmptied:
            try FileManager.default.copyItem(atPath: path, toPath: other)
            truncate(path, 0)
        }
    }
}
