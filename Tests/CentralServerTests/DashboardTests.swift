import CentralServer
import FleetConfig
import FleetModel
import NIOHTTP1
import Testing

@Suite("Dashboard", .timeLimit(.minutes(2)))
struct DashboardTests {
    private static func logIn(_ central: TestCentral, token: String) async throws -> TestCentral.Answer {
        try await central.ask(
            .POST, "/login", token: nil, body: "token=\(token)",
            headers: [("Content-Type", "application/x-www-form-urlencoded")])
    }

    private static func cookie(_ answer: TestCentral.Answer) -> (String, String) {
        ("Cookie", answer.headers["set-cookie"].first?.split(separator: ";").first.map(String.init) ?? "")
    }

    private static func formToken(_ page: String) -> String? {
        page.split(separator: "name=\"form_token\" value=\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
    }

    @Test("an empty fleet says how to connect the first client; pages allow no script and load nothing from elsewhere")
    func empty() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let page = try await central.ask(.GET, "/", token: nil)
            #expect(page.status == 200)
            #expect(page.text.contains("central_api_url"))
            #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
            #expect(
                page.headers["content-security-policy"] == [
                    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                        + "frame-ancestors 'none'; base-uri 'none'"
                ])
            #expect(
                !page.text.contains("<script") && !page.text.contains("style=") && !page.text.contains("/deployments"))
            let style = try await central.ask(.GET, "/style.css", token: nil)
            #expect(style.headers["content-type"] == ["text/css; charset=utf-8"])
            #expect(style.text.contains("prefers-color-scheme"))
        }
    }

    @Test("whatever a client reports is shown as text")
    func escaped() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            var workload = Workload(name: "w", type: .agent, runMode: .forever, status: .failed)
            workload.lastError = "<script>alert('x')</script>"
            let failed = workload
            _ = try await central.report("a") {
                $0.workloads = [failed]
                $0.deployedVersion = "<b>\"1\"</b>"
            }
            for path in ["/", "/clients/a"] {
                let page = try await central.ask(.GET, path, token: nil)
                #expect(page.status == 200)
                #expect(!page.text.contains("<script>") && !page.text.contains("<b>"))
                #expect(page.text.contains("&lt;b&gt;"))
            }
            let page = try await central.ask(.GET, "/clients/a", token: nil)
            #expect(page.text.contains("&lt;script&gt;"))
        }
    }

    @Test("a client that is not known is a page too")
    func unknown() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let page = try await central.ask(.GET, "/clients/nobody", token: nil)
            #expect(page.status == 404)
            #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
            #expect(page.text.contains("nobody"))
        }
    }

    @Test("logging in gives a cookie that no script can read, and never shows the token")
    func login() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.report("a") {
                $0.workloads = [Workload(name: "w", type: .agent, runMode: .forever, status: .running)]
            }
            let answer = try await Self.logIn(central, token: "all")
            #expect(answer.status == 303)
            let set = answer.headers["set-cookie"].first ?? ""
            #expect(set.contains("HttpOnly") && set.contains("SameSite=Strict") && !set.contains("all;"))
            let before = try await central.ask(.GET, "/clients/a", token: nil)
            #expect(!before.text.contains("value=\"stop\""))
            let page = try await central.ask(.GET, "/clients/a", token: nil, headers: [Self.cookie(answer)])
            #expect(page.text.contains("value=\"stop\"") && page.text.contains("api_token"))
            let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
            #expect(audit.first?.action == "login" && audit.first?.who == "api_token")
        }
    }

    @Test("a form without its own token, of another session or from another site does nothing")
    func forms() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.report("a")
            let cookie = Self.cookie(try await Self.logIn(central, token: "o"))
            let other = Self.cookie(try await Self.logIn(central, token: "o"))
            let page = try await central.ask(.GET, "/clients/a", token: nil, headers: [cookie])
            let form = try #require(Self.formToken(page.text))
            let cases: [([(String, String)], String, Int)] = [
                ([cookie], "action=reload", 403), ([cookie], "action=reload&form_token=guess", 403),
                ([other], "action=reload&form_token=\(form)", 403), ([], "action=reload&form_token=\(form)", 401),
                ([cookie, ("Origin", "http://evil.example")], "action=reload&form_token=\(form)", 403),
                ([cookie, ("Sec-Fetch-Site", "cross-site")], "action=reload&form_token=\(form)", 403),
                ([cookie], "action=format&form_token=\(form)", 400),
                ([cookie], "action=stop&workload=..%2fx&form_token=\(form)", 400),
                ([cookie], "action=reload&form_token=\(form)", 200),
            ]
            for (headers, body, status) in cases {
                let answer = try await central.ask(.POST, "/clients/a/act", token: nil, body: body, headers: headers)
                #expect(answer.status == status, "\(body)")
            }
        }
    }

    @Test("logging out ends the session")
    func logout() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let cookie = Self.cookie(try await Self.logIn(central, token: "r"))
            #expect(try await central.ask(.GET, "/api/fleet/audit", token: nil, headers: [cookie]).status == 200)
            let page = try await central.ask(.GET, "/", token: nil, headers: [cookie])
            let form = try #require(Self.formToken(page.text))
            let answer = try await central.ask(
                .POST, "/logout", token: nil, body: "form_token=\(form)", headers: [cookie])
            #expect(answer.status == 303)
            #expect(try await central.ask(.GET, "/api/fleet/audit", token: nil, headers: [cookie]).status == 401)
        }
    }

    @Test("a session ends after twelve hours")
    func expiry() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let cookie = Self.cookie(try await Self.logIn(central, token: "r"))
            central.clock.advance(12 * 3600 - 1)
            #expect(try await central.ask(.GET, "/api/fleet/audit", token: nil, headers: [cookie]).status == 200)
            central.clock.advance(2)
            #expect(try await central.ask(.GET, "/api/fleet/audit", token: nil, headers: [cookie]).status == 401)
        }
    }

    @Test("wrong tokens are refused, and after too many even the right one has to wait a minute")
    func guessing() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            for _ in 0..<30 { #expect(try await Self.logIn(central, token: "guess").status == 401) }
            #expect(try await Self.logIn(central, token: "all").status == 429)
            central.clock.advance(61)
            #expect(try await Self.logIn(central, token: "all").status == 303)
        }
    }
}
