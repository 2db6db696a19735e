import FleetModel
import Foundation
import TestSupport

/// A control host that is a client of its own central, with a workload: the real programs in one folder.
struct ControlHost {
    static let token = "a-token-of-the-test"
    let host: TestHost
    let port: Int

    /// - Parameters:
    ///   - port: of the central; nil is a free one. A central that comes back needs one that stays.
    ///   - central: further lines of that section.
    static func prepare(_ host: TestHost, port: Int? = nil, apiPort: Int = 0, central: String = "") throws
        -> ControlHost
    {
        let control = ControlHost(host: host, port: try port ?? freePort())
        try control.configure(apiPort: apiPort, central: central)
        try host.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
        return control
    }

    static func start(_ host: TestHost) async throws -> ControlHost {
        let control = try prepare(host)
        // With a backtrace, Swift takes a signal that somebody sent for a fault that comes again, and lives on.
        try await host.up(environment: ["SWIFT_BACKTRACE": "enable=no"])
        _ = try await control.untilOnline()
        return control
    }

    func configure(token: String = token, apiPort: Int = 0, central: String = "") throws {
        try host.write(
            """
            central:
              enabled: true
              host: 127.0.0.1
              port: \(port)
              api_token: \(token)
            \(central)
            fleet:
              enabled: true
              client_name: control
              api_host: 127.0.0.1
              api_port: \(apiPort)
              central_api_url: http://127.0.0.1:\(port)
              heartbeat_interval_seconds: 1
              api_token: \(token)
            """, to: "configs/daemon.yaml")
    }

    /// Whether the central answers.
    func answers() async throws -> Bool { try await get("/api/health")?.status == 200 }

    func get(_ path: String) async throws -> TestHost.Answer? {
        let address = "http://127.0.0.1:\(port)\(path)"
        return try? await host.curl("-H", "Authorization: Bearer \(Self.token)", address)
    }

    /// The host itself as its central sees it, once that has heard of it anew.
    func untilOnline(after last: Timestamp? = nil) async throws -> ClientOverview {
        try await until("the central has a report of its own host") {
            let clients = try? await get("/api/fleet/clients")?.decoded([ClientOverview].self)
            return clients?.first { $0.status == .online && $0.lastSeen != last }
        }
    }

    /// What runs in the folder of the host, or below it: a keeper runs in its own.
    var processes: [String] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        return pids.compactMap { pid in
            guard let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
                folder == host.folder || folder.hasPrefix(host.folder + "/"),
                let words = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8), !words.isEmpty
            else { return nil }
            return words.replacingOccurrences(of: "\0", with: " ")
        }
    }

    /// A keeper goes a moment after what it kept.
    func untilNothingIsLeft() async throws {
        _ = try await until("nothing of the host is left") { processes.isEmpty ? true : nil }
    }

    func isAlive(_ pid: Int32?) -> Bool { pid.map { kill($0, 0) == 0 } ?? false }
}
