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
    let base = folder + "/.spoken-\(UInt64.random(in: .min ... .max))"
    defer {
        for part in ["out", "err", "in"] { try? FileManager.default.removeItem(atPath: "\(base).\(part)") }
    }
    if let input { try Data(input.utf8).write(to: URL(fileURLWithPath: "\(base).in")) }
    let child = try Child(
        program, arguments, in: folder,
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder].merging(environment) { $1 },
        input: input.map { _ in "\(base).in" }, output: "\(base).out", errors: "\(base).err")
    let status = try await child.ended()
    return Spoken(
        status: status, output: try String(contentsOfFile: "\(base).out", encoding: .utf8),
        errors: try String(contentsOfFile: "\(base).err", encoding: .utf8))
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
