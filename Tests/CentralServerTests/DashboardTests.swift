import CentralServer
import FleetConfig
import FleetModel
import Foundation
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

    @Test("an empty fleet says how to connect the first client; a page's one script is a file of ours")
    func empty() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let page = try await central.ask(.GET, "/", token: nil)
            #expect(page.status == 200)
            #expect(page.text.contains("central_api_url"))
            #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
            #expect(
                page.headers["content-security-policy"] == [
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
                ])
            #expect(page.text.components(separatedBy: "<script").count == 2)
            #expect(page.text.contains("<script type=\"module\" src=\"/assets/"))
            #expect(!page.text.contains("style=") && !page.text.contains("http-equiv"))
        }
    }

    @Test("assets are named by what is in them, may be kept for good, and come compressed to who takes that")
    func assets() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let page = try await central.ask(.GET, "/", token: nil)
            let paths = page.text.split(separator: "\"").filter { $0.hasPrefix("/assets/") }.map(String.init)
            #expect(paths.count == 3)
            for path in paths {
                let plain = try await central.ask(.GET, path, token: nil)
                #expect(plain.status == 200)
                #expect(plain.headers["cache-control"] == ["public, max-age=31536000, immutable"])
                let tag = try #require(plain.headers["etag"].first)
                let again = try await central.ask(.GET, path, token: nil, headers: [("If-None-Match", tag)])
                #expect(again.status == 304 && again.text.isEmpty)
            }
            #expect(try await central.ask(.GET, "/assets/style-0.css", token: nil).status == 404)
        }
    }

    @Test(
        "the overview is searched, filtered, sorted and paged by its address alone",
        arguments: [
            ("/?q=node-07", ["node-07"]), ("/?status=trouble", ["node-03"]), ("/?status=offline", []),
            ("/?sort=-cpu&q=node-0", ["node-09", "node-08", "node-07", "node-06", "node-05", "node-04", "node-03"]),
            ("/?page=2", ["node-50", "node-51"]), ("/?page=99", ["node-50", "node-51"]),
            ("/?sort=%3Cb%3E&q=node-51", ["node-51"]),
            ("/?q=%22%3E%3Cscript%3E", []), ("/?status=nonsense&q=node-00", ["node-00"]),
        ])
    func overview(path: String, expected: [String]) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            for number in 0..<52 {
                _ = try await central.report("node-" + (number < 10 ? "0" : "") + "\(number)") {
                    $0.system = SystemMetrics(
                        cpuPercent: Double(number), memoryUsedMB: 1, memoryTotalMB: 2, diskUsedGB: 1, diskTotalGB: 4)
                    if number == 3 {
                        $0.workloads = [Workload(name: "w", type: .agent, runMode: .forever, status: .backoff)]
                    }
                }
            }
            let page = try await central.ask(.GET, path, token: nil)
            #expect(page.status == 200)
            let rows = page.text.components(separatedBy: "<tr data-key=\"").dropFirst()
                .map { String($0.prefix { $0 != "\"" }) }
            #expect(rows.starts(with: expected) && (rows.count == expected.count || expected.count == 7))
            #expect(!page.text.contains("\"><script>"))
            #expect(page.text.contains("<title>(!) 1 in trouble"))
        }
    }

    @Test("an action is confirmed on a page that names its target, for those who may do it")
    func confirmation() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.report("a")
            let path = "/clients/a/confirm?action=stop&workload=w"
            #expect(try await central.ask(.GET, path, token: nil).status == 401)
            let reader = Self.cookie(try await Self.logIn(central, token: "r"))
            #expect(try await central.ask(.GET, path, token: nil, headers: [reader]).status == 403)
            let cookie = Self.cookie(try await Self.logIn(central, token: "o"))
            let page = try await central.ask(.GET, path, token: nil, headers: [cookie])
            #expect(page.status == 200 && page.text.contains("form_token"))
            #expect(page.text.contains("Stop workload") && page.text.contains("client"))
            for bad in ["action=format&workload=w", "action=stop", "action=stop&workload=..%2Fx"] {
                #expect(
                    try await central.ask(.GET, "/clients/a/confirm?" + bad, token: nil, headers: [cookie]).status
                        == 400)
            }
        }
    }

    @Test("a new deployment is shown as a plan, and only who may deploy is offered one")
    func deployments() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let reader = Self.cookie(try await Self.logIn(central, token: "r"))
            let list = try await central.ask(.GET, "/deployments", token: nil, headers: [reader])
            #expect(list.status == 200 && !list.text.contains("/deploy\""))
            #expect(try await central.ask(.GET, "/deploy", token: nil, headers: [reader]).status == 403)
            let cookie = Self.cookie(try await Self.logIn(central, token: "all"))
            let page = try await central.ask(.GET, "/deploy", token: nil, headers: [cookie])
            let form = try #require(Self.formToken(page.text))
            let answer = try await central.ask(
                .POST, "/deploy", token: nil, body: "form_token=\(form)&step=begin&version=%3Cb%3E&batch_size=1",
                headers: [cookie, ("Sec-Fetch-Site", "same-origin")])
            #expect(answer.status >= 400 || answer.text.contains("would not be done"))
            #expect(!answer.text.contains("<b>"))
            #expect(try await central.ask(.GET, "/deployments/none", token: nil, headers: [cookie]).status == 404)
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
                #expect(
                    !page.text.contains("<script>") && !page.text.contains("<b>&quot;1")
                        && !page.text.contains("<b>\"1"))
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
            #expect(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("all;"))
            let before = try await central.ask(.GET, "/clients/a", token: nil)
            #expect(!before.text.contains("value=\"stop\""))
            let page = try await central.ask(.GET, "/clients/a", token: nil, headers: [Self.cookie(answer)])
            #expect(page.text.contains("value=\"stop\"") && page.text.contains("api_token"))
            let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
            #expect(audit.first?.action == "login" && audit.first?.who == "api_token")
        }
    }

    @Test(
        "who had to log in comes back to where they were, on this site alone",
        arguments: [
            ("/clients/a?x=1", "/clients/a?x=1"), ("//evil.example", "/"), ("https://evil.example/", "/"),
            ("/\\evil.example", "/"), ("/a\r\nSet-Cookie: x=1", "/"), ("javascript:x", "/"), ("", "/"),
            ("/" + String(repeating: "a", count: 600), "/"),
        ])
    func back(wish: String, expected: String) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let encoded = wish.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let page = try await central.ask(.GET, "/login?back=" + encoded, token: nil)
            #expect(page.text.contains("name=\"back\"") == (expected != "/"))
            let answer = try await central.ask(
                .POST, "/login", token: nil, body: "token=o&back=" + encoded,
                headers: [("Content-Type", "application/x-www-form-urlencoded")])
            #expect(answer.status == 303)
            #expect(answer.headers["location"] == [expected])
        }
    }

    @Test("a page that needs a token is the form to log in, with the way back")
    func needsToken() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let page = try await central.ask(.GET, "/audit", token: nil)
            #expect(page.status == 401)
            #expect(page.text.contains("name=\"token\"") && page.text.contains("name=\"back\" value=\"/audit\""))
            #expect(
                try await central.ask(.GET, "/api/fleet/audit", token: nil).detail != nil, "the API says it in JSON")
        }
    }

    @Test("a form without its own token, of another session or from another site does nothing")
    func forms() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.report("a")
            let cookie = Self.cookie(try await Self.logIn(central, token: "o"))
            let own = ("Sec-Fetch-Site", "same-origin")
            let other = Self.cookie(try await Self.logIn(central, token: "o"))
            let page = try await central.ask(.GET, "/clients/a", token: nil, headers: [cookie])
            let form = try #require(Self.formToken(page.text))
            let cases: [([(String, String)], String, Int)] = [
                ([cookie, own], "action=reload", 403), ([cookie, own], "action=reload&form_token=guess", 403),
                ([cookie], "action=reload&form_token=\(form)", 403),
                ([other, own], "action=reload&form_token=\(form)", 403), ([], "action=reload&form_token=\(form)", 401),
                ([cookie, ("Origin", "http://evil.example")], "action=reload&form_token=\(form)", 403),
                ([cookie, ("Sec-Fetch-Site", "cross-site")], "action=reload&form_token=\(form)", 403),
                ([cookie, own], "action=format&form_token=\(form)", 400),
                ([cookie, own], "action=stop&workload=..%2fx&form_token=\(form)", 400),
                ([cookie, own], "action=reload&form_token=\(form)", 200),
            ]
            for (headers, body, status) in cases {
                let answer = try await central.ask(.POST, "/clients/a/act", token: nil, body: body, headers: headers)
                #expect(answer.status == status, "\(body)")
            }
        }
    }

    @Test("a page that needs no token tells nobody whether theirs is right", arguments: ["/login", "/nothing", "/"])
    func noOracle(path: String) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let right = try await central.ask(.GET, path, token: "all")
            let none = try await central.ask(.GET, path, token: nil)
            #expect(right.status == none.status)
            let tokens = /[0-9a-f]{64}/
            #expect(right.text.replacing(tokens, with: "") == none.text.replacing(tokens, with: ""))
            let wrong = try await central.ask(.GET, path, token: "wrong")
            #expect(wrong.status == (path == "/" ? 401 : none.status))
        }
    }

    @Test("one token's logins end nobody else's, and one that is for reports alone opens no session")
    func crowd() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let cookie = Self.cookie(try await Self.logIn(central, token: "r"))
            #expect(try await Self.logIn(central, token: "h").status == 403)
            for _ in 0..<110 { #expect(try await Self.logIn(central, token: "o").status == 303) }
            #expect(try await central.ask(.GET, "/api/fleet/audit", token: nil, headers: [cookie]).status == 200)
        }
    }

    @Test("what a client reports steers no terminal on which an answer or a page is printed")
    func harmless() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let version = "\u{1B}]0;x\u{7}\u{9B}31m\u{202E}é\u{2028}"
            _ = try await central.report("a") {
                $0.deployedVersion = version
                var workload = Workload(name: "w", type: .agent, runMode: .forever, status: .failed)
                workload.lastError = version
                $0.workloads = [workload]
            }
            for path in ["/api/fleet/clients", "/api/fleet/clients/a", "/api/fleet/clients/a/workloads", "/clients/a"] {
                let text = try await central.ask(.GET, path).text
                #expect(text.contains("31m") && text.contains("é"), "\(path)")
                let steering = text.unicodeScalars.filter { scalar in
                    scalar != "\n" && (scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value))
                        || ["\u{202E}", "\u{2028}"].contains(scalar)
                }
                #expect(steering.isEmpty, "\(path)")
            }
            let overview = try await central.ask(.GET, "/api/fleet/clients/a").json(ClientOverview.self)
            #expect(overview.deployedVersion == version)
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

    @Test("wrong tokens are refused, at the login and as bearer alike, after too many with 429; a right one never is")
    func guessing() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            for _ in 0..<30 { #expect(try await Self.logIn(central, token: "guess").status == 401) }
            let refused = try await Self.logIn(central, token: "guess")
            #expect(refused.status == 429 && refused.headers["retry-after"] == ["2"])
            #expect(refused.text.contains("There were too many wrong tokens from 127.0.0.1"))
            #expect(try await central.ask(.GET, "/api/fleet/clients", token: "guess").status == 429)
            #expect(try await central.ask(.POST, "/api/heartbeat", token: "guess", body: "{}").status == 429)
            #expect(try await Self.logIn(central, token: "all").status == 303)
            #expect(try await central.ask(.GET, "/api/fleet/clients").status == 200)
            #expect(try await central.ask(.GET, "/api/fleet/clients", token: nil).status == 200)
            central.clock.advance(61)
            #expect(try await Self.logIn(central, token: "guess").status == 401)
        }
    }
}
