import FleetModel
import Foundation
import TestSupport
import Testing

extension DashboardTests {
    /// What others say is text, wherever it is shown. The policy that forbids all scripts in a page is switched off here: it
    /// is the second lock, and this looks at the first.
    @Suite("Markup in what clients and logs say")
    struct Markup {
        static let payload =
            #"</pre></td></title>"'><script class=pwned>pwned=1</script><img class=pwned src=x onerror=pwned=1>{{{x}}}"#
        static let isUnharmed = "typeof pwned === 'undefined' && !document.querySelector('.pwned')"

        static func report(_ dashboard: DashboardFleet, sequence: Int, _ text: String) async throws {
            // As long as each may be.
            let (short, name) = (String(text.suffix(60)), String(text.prefix(256)))
            let report: JSONValue = .object([
                "client_name": .string("forged"), "timestamp": .string("2026-01-01T00:00:00Z"),
                "deployed_version": .string(short), "boot_id": .string(short), "sequence": .integer(Int64(sequence)),
                "program_version": .string(short),
                "host": .object([
                    "hostname": .string(name), "os": .string(name), "architecture": .string(name),
                    "uptime_seconds": .integer(1), "load": .array([.integer(1)]),
                ]),
                "system": .object([
                    "cpu_percent": .integer(1), "memory_used_mb": .integer(1), "memory_total_mb": .integer(2),
                    "disk_used_gb": .integer(1), "disk_total_gb": .integer(2),
                ]),
                "workloads": .array([
                    .object([
                        "name": .string("w"), "type": .string("agent"), "run_mode": .string("forever"),
                        "status": .string("failed"), "pid": .null, "run_count": .integer(1),
                        "last_error": .string(text), "version": .string(text), "last_signal": .string(text),
                    ])
                ]),
            ])
            let body = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
            let answer = try await dashboard.fleet.control.curl(
                "-H", "Authorization: Bearer \(DeployFleet.token)", "-H", "Content-Type: application/json", "-d", body,
                dashboard.url + "/api/heartbeat")
            guard answer.status == 200 else { throw TestHost.Failed(text: answer.body) }
        }

        static func forget(_ dashboard: DashboardFleet) async throws {
            _ = try await dashboard.fleet.control.curl(
                "-X", "DELETE", "-H", "Authorization: Bearer \(DeployFleet.token)",
                dashboard.url + "/api/fleet/clients/forged")
        }

        @Test("in a client's report: shown as it is by the server, and by the script when it changes")
        func report() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn()
                try await browser.develop("Page.setBypassCSP", ["enabled": .bool(true)])
                try await Self.report(dashboard, sequence: 1, Self.payload)
                for path in ["/", "/clients/forged", "/clients/forged/workloads/w"] {
                    try await dashboard.open(path)
                    #expect(try await browser.isSo(Self.isUnharmed), "\(path)")
                    #expect(try await browser.text("document.body.innerText").contains("onerror=pwned=1"), "\(path)")
                }
                for (sequence, path) in ["/", "/clients/forged"].enumerated() {
                    try await dashboard.open(path)
                    try await dashboard.untilLive()
                    try await Self.report(dashboard, sequence: sequence + 2, "new \(sequence) " + Self.payload)
                    if path != "/" {
                        try await browser.shows("new \(sequence) </pre>")
                    } else {
                        try await browser.until("it is written", "document.querySelector('[data-key=forged]')")
                    }
                    #expect(try await browser.isSo(Self.isUnharmed), "\(path)")
                }
                try await Self.forget(dashboard)
            }
        }

        @Test("in a log: in its last lines, and in those that come while one looks")
        func log() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                let host = dashboard.fleet.clients[0]
                try host.write("cat payload; while sleep 0.1; do cat payload; done\n", to: "noisy.sh")
                try host.write("line of \u{1B}[31mthe log\u{1B}[0m \(Self.payload)\n", to: "payload")
                try await dashboard.add("noisy", "command: [sh, \(host.folder)/noisy.sh]\nworking_dir: \(host.folder)")
                _ = try await host.until("noisy", "runs") { $0.status == .running }
                try await dashboard.logIn()
                try await browser.develop("Page.setBypassCSP", ["enabled": .bool(true)])
                try await dashboard.open("/clients/n1/workloads/noisy")
                try await browser.shows("line of the log </pre>")
                _ = try await browser.run(
                    "window.sameDocument = true; window.linesBefore = document.querySelector('pre.log').innerText.length"
                )
                try await browser.until(
                    "it goes on", "document.querySelector('pre.log').innerText.length > linesBefore + 500")
                #expect(try await browser.isSo("window.sameDocument"))
                #expect(try await browser.isSo(Self.isUnharmed))
                #expect(try await !browser.seen("pre.log").contains("\u{1B}"), "colours are no text")
                // The newest line is in sight.
                #expect(
                    try await browser.isSo(
                        "(log => log.scrollTop + log.clientHeight >= log.scrollHeight - 60)(document.querySelector('pre.log'))"
                    ))
                try FileManager.default.removeItem(atPath: host.folder + "/configs/noisy.yaml")
                _ = try await host.run("reload")
            }
        }

        @Test(
            "in an address",
            arguments: [
                "/?q=PAYLOAD&tag=PAYLOAD&sort=PAYLOAD", "/clients/PAYLOAD", "/clients/n1/workloads/PAYLOAD",
                "/clients/n1/confirm?action=PAYLOAD&workload=PAYLOAD", "/deployments/PAYLOAD", "/PAYLOAD",
            ])
        func address(path: String) async throws {
            try await DashboardFleet.look { dashboard in
                try await dashboard.logIn()
                try await dashboard.browser.develop("Page.setBypassCSP", ["enabled": .bool(true)])
                let encoded = Self.payload.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                try await dashboard.open(path.replacingOccurrences(of: "PAYLOAD", with: encoded))
                #expect(
                    try await dashboard.browser.isSo("document.querySelector('header') && document.querySelector('h1')")
                )
                #expect(try await dashboard.browser.isSo(Self.isUnharmed))
            }
        }
    }
}
