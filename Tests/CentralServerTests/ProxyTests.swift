import CentralServer
import FleetConfig
import FleetModel
import FoundationEssentials
import NIOHTTP1
import Testing

@Suite("Behind a proxy", .timeLimit(.minutes(2)))
struct ProxyTests {
    private static func settings(trusting proxies: [String]) -> CentralSettings {
        var settings = CentralSettings.guarded
        settings.trustedProxies = proxies.compactMap { try? AddressNetwork($0) }
        return settings
    }

    static let said = [
        ("X-Forwarded-For", "198.51.100.1, 192.0.2.7"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "fleet.example:8443"),
    ]
    static let form = ("Content-Type", "application/x-www-form-urlencoded")

    private static func logIn(_ central: TestCentral, _ headers: [(String, String)]) async throws -> TestCentral.Answer
    {
        try await central.ask(.POST, "/login", token: nil, body: "token=o", headers: [form] + headers)
    }

    @Test("what a trusted one says counts: for the audit, the cookie and the check where a form comes from")
    func trusted() async throws {
        try await TestCentral.run(settings: Self.settings(trusting: ["127.0.0.0/8"])) { central async throws in
            let page = try await Self.logIn(central, Self.said + [("Origin", "https://fleet.example:8443")])
            #expect(page.status == 303, "\(page.text)")
            #expect(page.headers["set-cookie"].first?.hasSuffix("; Secure") == true)
            for other in ["https://evil.example", "https://fleet.example", "http://127.0.0.1:\(central.port)"] {
                #expect(try await Self.logIn(central, Self.said + [("Origin", other)]).status == 403, "\(other)")
            }
            let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
            #expect(audit.map(\.address) == ["192.0.2.7"])
        }
    }

    @Test("whatever it is that anybody else says, it counts for nothing", arguments: [[], ["10.0.0.0/8"]])
    func untrusted(proxies: [String]) async throws {
        try await TestCentral.run(settings: Self.settings(trusting: proxies)) { central async throws in
            let refused = try await Self.logIn(central, Self.said + [("Origin", "https://fleet.example:8443")])
            #expect(refused.status == 403)
            #expect(refused.text.contains("central.trusted_proxies"), "\(refused.text)")
            let page = try await Self.logIn(central, Self.said + [("Origin", "http://127.0.0.1:\(central.port)")])
            #expect(page.status == 303)
            #expect(page.headers["set-cookie"].first?.contains("Secure") == false)
            let many = (0..<1000).map { "10.0.\($0 / 256).\($0 % 256)" }.joined(separator: ",")
            for value in [many, "unknown", "\"", String(repeating: ",", count: 10_000), "::1"] {
                let answer = try await central.ask(
                    .GET, "/api/fleet/audit", headers: [("X-Forwarded-For", value), ("X-Forwarded-Host", value)])
                #expect(answer.status == 200)
            }
            let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
            #expect(audit.map(\.address) == ["127.0.0.1"])
        }
    }

    @Test(
        "where the browser says that the page is ours, no name that a proxy left out keeps it away",
        arguments: ["127.0.0.1", "fleet.example"])
    func fetchSite(host: String) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let own = [("Host", host), ("Origin", "https://fleet.example:8443"), ("Sec-Fetch-Site", "same-origin")]
            let page = try await Self.logIn(central, own)
            #expect(page.status == 303, "\(page.text)")
            #expect(page.headers["set-cookie"].first?.hasSuffix("; Secure") == true, "the browser says https")
            for site in ["cross-site", "same-site"] {
                let other = own.dropLast() + [("Sec-Fetch-Site", site)]
                #expect(try await Self.logIn(central, Array(other)).status == 403)
            }
        }
    }

    @Test("wrong tokens count for who sent them, so that nobody behind the same proxy is kept out by them")
    func wrongTokens() async throws {
        try await TestCentral.run(settings: Self.settings(trusting: ["127.0.0.1"])) { central async throws in
            func ask(_ from: String) async throws -> Int {
                try await central.ask(
                    .GET, "/api/fleet/audit", token: "wrong", headers: [("X-Forwarded-For", from)]
                ).status
            }
            var last = 0
            // What it says before its own address changes with each, as somebody would have it who tries many.
            for number in 0..<40 { last = try await ask("10.9.8.\(number), 192.0.2.7") }
            #expect(last == 429)
            #expect(try await ask("192.0.2.8") == 401)
        }
    }

    // MARK: - Reports

    private static let here = "11111111-2222-3333-4444-555555555555"
    private static let there = "66666666-7777-8888-9999-aaaaaaaaaaaa"

    private static func report(
        _ central: TestCentral, _ headers: [(String, String)] = [], change: (inout Heartbeat) -> Void = { _ in }
    ) async throws -> (host: String?, warnings: String) {
        var heartbeat = Heartbeat(clientName: "n1", timestamp: central.clock.now.wall, workloads: [])
        heartbeat.bootID = Self.there
        change(&heartbeat)
        let text = String(decoding: try JSONEncoder().encode(heartbeat), as: UTF8.self)
        let answer = try await central.ask(.POST, "/api/heartbeat", body: text, headers: headers)
        #expect(answer.status == 200)
        let host = try await central.ask(.GET, "/api/fleet/clients/n1").json(ClientOverview.self).host
        return (host, answer.text.contains("warnings") ? answer.text : "")
    }

    @Test("a report through a trusted proxy is from the address that this one says, if it says one")
    func reportThroughTrusted() async throws {
        try await TestCentral.run(settings: Self.settings(trusting: ["127.0.0.1"]), bootID: Self.here) {
            central async throws in
            let said = try await Self.report(central, Self.said)
            #expect(said.host == "192.0.2.7" && said.warnings == "")
            let silent = try await Self.report(central)
            #expect(silent.host == nil)
            #expect(silent.warnings.contains("its address is not known"), "\(silent.warnings)")
        }
    }

    @Test("one through another proxy is from no address, and the answer says so; a command says it too")
    func reportThroughUntrusted() async throws {
        try await TestCentral.run(settings: .guarded, bootID: Self.here) { central async throws in
            for header in ["X-Forwarded-For", "Via", "Forwarded"] {
                let seen = try await Self.report(central, [(header, "192.0.2.7")])
                #expect(seen.host == nil, "\(header)")
                #expect(seen.warnings.contains("central.trusted_proxies"), "\(seen.warnings)")
            }
            // One that says nothing of itself: the kernel of this host is another one.
            let silent = try await Self.report(central)
            #expect(silent.host == nil && silent.warnings.contains("a proxy or a tunnel"), "\(silent.warnings)")
            let command = try await central.ask(.POST, "/api/fleet/clients/n1/reload")
            #expect(command.status == 502)
            #expect(command.detail?.contains("by way of a proxy") == true)
            // Who names its address needs no other.
            let named = try await Self.report(central, [("Via", "proxy")]) { $0.advertiseHost = "n1.lan" }
            #expect(named.host == "n1.lan" && named.warnings == "")
        }
    }

    @Test("one of this host itself, or of who says nothing of its kernel, is from where it comes")
    func reportOfOwn() async throws {
        try await TestCentral.run(settings: .guarded, bootID: Self.here) { central async throws in
            for bootID in [Self.here, nil, "simulated-1-2", ""] {
                let seen = try await Self.report(central) { $0.bootID = bootID }
                #expect(seen.host == "127.0.0.1" && seen.warnings == "", "\(bootID ?? "-")")
            }
        }
    }

    @Test("what the inventory knows needs no word about its address")
    func reportOfKnown() async throws {
        var known = Inventory()
        known.clients = [InventoryClient(name: "n1", host: "10.0.0.1")]
        let inventory = known
        try await TestCentral.run(settings: .guarded, inventory: inventory, bootID: Self.here) { central async throws in
            let seen = try await Self.report(central, [("X-Forwarded-For", "192.0.2.7")])
            #expect(seen.host == "10.0.0.1" && seen.warnings == "")
        }
    }
}
