import FleetModel
import Foundation
import Testing

@testable import DaemonCore

/// A program that is there and can't be executed all the same: what is wrong is told by its name.
@Suite("Programs that cannot be executed")
struct ProgramFailureTests {
    @Test(
        "a script says what is wrong with its first line",
        arguments: [
            ("#!/usr/bin/foo\n", "its interpreter '/usr/bin/foo' is not there"),
            ("#! /usr/bin/foo -x\n", "its interpreter '/usr/bin/foo' is not there"),
            ("#!/bin/sh\r\necho hello\r\n", "its first line ends in a carriage return"),
            ("\u{FEFF}#!/bin/sh\necho hello\n", "it begins with a byte order mark"),
            ("#!./other\n", "its interpreter '/usr/bin/foo' is not there"),
            ("#!./closed\n", "its interpreter './closed' may not be executed"),
            ("echo hello\n", "a script needs a first line such as #!/bin/sh"),
        ])
    func script(text: String, reason: String) async throws {
        let shop = try Workshop()
        try write(text, to: shop.path + "/mctl-script")
        try await shop.supervisor.begin([])
        try write("#!/usr/bin/foo\n", to: shop.path + "/other")
        try write("#!/bin/sh\n", to: shop.path + "/closed", mode: 0o644)
        #expect(try await failure(of: ["./mctl-script"], in: shop).contains("cannot start './mctl-script': "))
        #expect(try await failure(of: ["./mctl-script"], in: shop).contains(reason))
        // As a program of its PATH, and as a probe.
        let found = try await failure(of: ["mctl-script"], in: shop)
        #expect(found.contains("cannot start 'mctl-script': ") && found.contains(reason), "\(found)")
        let plan = await shop.supervisor.plan(for: .shell("b", "true"), generation: 1)
        guard
            case .failed(let said) = await shop.errands.run(["./mctl-script"], for: "ready", beside: plan, seconds: 60)
        else { return #expect(Bool(false), "it ran") }
        #expect(said.contains(reason))
        await shop.close()
    }

    @Test("a binary whose loader is missing says so, and one for another machine too")
    func binary() async throws {
        let shop = try Workshop()
        try await shop.supervisor.begin([])
        let program = try Data(contentsOf: URL(fileURLWithPath: "/bin/sleep"))
        let loader = try #require(program.firstRange(of: Data("/lib".utf8)))
        var other = program
        other.replaceSubrange(loader, with: Data("/nil".utf8))
        try write(other, to: shop.path + "/mctl-script")
        let missing = try await failure(of: ["./mctl-script"], in: shop)
        #expect(missing.contains("its loader '/nil") && missing.contains("is not there"), "\(missing)")
        other = program
        other[18] ^= 0x40
        try write(other, to: shop.path + "/mctl-script")
        #expect(try await failure(of: ["./mctl-script"], in: shop).contains("another kind of machine"))
        await shop.close()
    }

    @Test(
        "what env or a shell does not find is told as they tell it",
        arguments: [
            ("#!/usr/bin/env not-there\n", "exited with status 127: ", "not-there"),
            ("#!/usr/bin/env sh\r\n", "exited with status 127: ", "sh"),
            ("#!/bin/sh\n./closed\n", "exited with status 126: ", "closed"),
        ])
    func byAnother(text: String, begin: String, reason: String) async throws {
        let shop = try Workshop()
        try write(text, to: shop.path + "/mctl-script")
        try write("#!/bin/sh\n", to: shop.path + "/closed", mode: 0o644)
        var spec = WorkloadSpec(name: "a", program: .command(["./mctl-script"]))
        spec.runMode = .nTimes
        try await shop.supervisor.begin([spec])
        let done = try await shop.until("a") { $0.status == .failed }
        #expect(done.lastError?.hasPrefix(begin) == true && done.lastError?.contains(reason) == true)
        await shop.close()
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o755) throws {
        try write(Data(text.utf8), to: path, mode: mode)
    }

    private func write(_ data: Data, to path: String, mode: mode_t = 0o755) throws {
        try data.write(to: URL(fileURLWithPath: path))
        chmod(path, mode)
    }

    private func failure(of words: [String], in shop: Workshop) async throws -> String {
        let name = "a-\(UInt32.random(in: .min ... .max))"
        var spec = WorkloadSpec(name: name, program: .command(words))
        spec.env["PATH"] = shop.path + ":/usr/bin:/bin"
        spec.runMode = .nTimes
        let changes = await shop.supervisor.replace(with: [spec])
        #expect(changes.added == [name])
        return try await shop.until(name) { $0.status == .failed }.lastError ?? ""
    }
}
