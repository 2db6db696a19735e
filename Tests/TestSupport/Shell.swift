import Foundation

/// What a program that ended has said.
package struct Spoken: Sendable {
    package var status: Int32
    package var output: String
    package var errors: String

    package var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs a program to its end, at most 60 s, with files for its output so that nothing can block.
package func speak(
    _ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:],
    input: String? = nil
) async throws -> Spoken {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder].merging(environment) { $1 }
    let base = folder + "/.spoken-\(UInt64.random(in: .min ... .max))"
    defer {
        for part in ["out", "err", "in"] { try? FileManager.default.removeItem(atPath: "\(base).\(part)") }
    }
    process.standardOutput = try fileForWriting("\(base).out")
    process.standardError = try fileForWriting("\(base).err")
    try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: "\(base).in"))
    process.standardInput = FileHandle(forReadingAtPath: "\(base).in")
    let ended = AsyncStream<Void> { continuation in
        process.terminationHandler = { _ in continuation.finish() }
    }
    try process.run()
    let pid = process.processIdentifier
    let guardian = Task {
        try await Task.sleep(for: .seconds(60))
        kill(pid, SIGKILL)
    }
    // Not when somebody comes round to it: a test that looks often would run out of descriptors.
    for handle in [process.standardInput, process.standardOutput, process.standardError] {
        try? (handle as? FileHandle)?.close()
    }
    for await _ in ended {}
    guardian.cancel()
    return Spoken(
        status: process.terminationStatus, output: try String(contentsOfFile: "\(base).out", encoding: .utf8),
        errors: try String(contentsOfFile: "\(base).err", encoding: .utf8))
}

func fileForWriting(_ path: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    guard let handle = FileHandle(forWritingAtPath: path) else { throw CocoaError(.fileWriteUnknown) }
    return handle
}

/// Looks until something is so, at most two minutes: a machine that runs all tests at once is slow.
package func until<Value>(_ what: String, _ look: () async throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
        if let value = try await look() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw TimedOut(what: what)
}

package struct TimedOut: Error, CustomStringConvertible {
    package var what: String
    package var description: String { "after two minutes it is still not so that \(what)" }
}
