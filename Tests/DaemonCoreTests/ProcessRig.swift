import FleetModel
import Foundation
import Testing

@testable import DaemonCore

/// Asks the processes of a workload what they got, each kind of them: what holds for a run holds for its probe.
struct ProcessRig {
    /// Where a process comes from that is asked.
    enum Kind: String, CaseIterable, Sendable { case run, probe }

    static let isRoot = geteuid() == 0
    static let needsRoot: Comment = "only root can become another user"

    /// Runs a script as such a process and returns what it wrote into `$1`.
    func lines(
        _ kind: Kind, _ script: String, daemon: [String: String] = ["PATH": "/usr/bin:/bin"],
        _ change: (inout WorkloadSpec) -> Void = { _ in }
    ) async throws -> [String] {
        let shop = try Workshop(environment: daemon)
        do {
            let said = try await ask(kind, script, in: shop, change)
            await shop.close()
            return said.split(separator: "\n").map(String.init)
        } catch {
            await shop.close()
            throw error
        }
    }

    private func ask(
        _ kind: Kind, _ script: String, in shop: Workshop, _ change: (inout WorkloadSpec) -> Void
    ) async throws -> String {
        let words = ["/bin/sh", "-c", "{ \(script)\n} >\"$1\" 2>&1", "sh", shop.path + "/said"]
        // Whoever it is may write there.
        try Data().write(to: URL(fileURLWithPath: shop.path + "/said"))
        chmod(shop.path + "/said", 0o666)
        var spec = WorkloadSpec(name: "a", program: .command(words))
        change(&spec)
        switch kind {
        case .run:
            spec.runMode = .nTimes
            try await shop.supervisor.begin([spec])
            let done = try await shop.until("a") { [.completed, .failed].contains($0.status) }
            if done.status == .failed { throw Said(reason: done.lastError ?? "") }
        case .probe:
            let plan = await shop.supervisor.plan(for: spec, generation: 1)
            switch await shop.errands.run(words, for: "ready", beside: plan, seconds: 60) {
            case .ended(.exited(0)): break
            case .failed(let reason): throw Said(reason: reason)
            case let other: throw Said(reason: "\(other)")
            }
        }
        return try String(contentsOfFile: shop.path + "/said", encoding: .utf8)
    }

    struct Said: Error { var reason: String }

    func failure(_ kind: Kind, _ change: @escaping (inout WorkloadSpec) -> Void) async throws -> String {
        do {
            return "it ran: \(try await lines(kind, "true", change))"
        } catch let said as Said {
            return said.reason
        }
    }

    func variables(_ lines: [String]) -> [String: String] {
        Dictionary(
            lines.compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }, uniquingKeysWith: { first, _ in first })
    }
}
