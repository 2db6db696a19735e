import FleetClient
import FleetModel
import Testing

@Suite("The client of a central")
struct CentralClientTests {
    static let workload =
        #"{"name":"w","type":"agent","run_mode":"forever","status":"running","run_count":1}"#
    static let overview =
        #"{"name":"c","host":"10.0.0.7","api_port":9100,"status":"stale","last_seen":"2026-01-02T03:04:05.006Z","#
        + #""workload_count":2,"workloads_running":1,"workloads_failed":1,"deployed_version":null,"system":null,"tags":[]}"#

    struct Call: Sendable, CustomTestStringConvertible {
        var path: String
        var answer: String
        var run: @Sendable (CentralClient) async throws -> Void
        var testDescription: String { path }
    }

    static let calls = [
        Call(path: "/api/health", answer: #"{"status":"ok","version":"1"}"#) {
            let health = try await $0.health()
            #expect(health.version == "1")
        },
        Call(path: "/api/fleet/clients", answer: "[\(overview)]") {
            let clients = try await $0.clients()
            #expect(clients.map(\.status) == [.stale])
        },
        Call(path: "/api/fleet/clients/c", answer: overview) {
            let client = try await $0.client("c")
            #expect(client.name == "c")
        },
        Call(path: "/api/fleet/clients/c/workloads", answer: "[\(workload)]") {
            let workloads = try await $0.workloads(of: "c")
            #expect(workloads.map(\.name) == ["w"])
        },
        Call(path: "/api/fleet/clients/c/workloads/w", answer: workload) {
            let workload = try await $0.workload("w", of: "c")
            #expect(workload.status == .running)
        },
    ]

    @Test("asks as the contract says, with its token", arguments: calls)
    func asks(_ call: Call) async throws {
        try await ScriptedServer.serving(.json(call.answer)) { server in
            guard case .url(let url) = server.address else { return }
            // A slash at the end is what people type.
            try await call.run(CentralClient(url: url + "/", token: "sesame", http: DaemonClientTests.http))
            let head = try #require(server.requests.first)
            #expect(head.hasPrefix("GET \(call.path) HTTP/1.1\r\n"), "\(head)")
            #expect(head.lowercased().contains("\r\nauthorization: bearer sesame"))
        }
    }
}
