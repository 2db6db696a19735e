import FleetModel
import Foundation
import TestSupport
import Testing

/// The proxies of docs/proxies.md: the real programs, with TLS, in front of a real central.
@Suite("Behind the proxies of the document", .serialized, .timeLimit(.minutes(10)))
struct ReverseProxyTests {
    /// Whom the proxy sees ask, and nobody else does.
    static let asker = "127.0.0.7"

    /// A proxy that runs, and how a client gets to it.
    struct Front {
        let control: ControlHost
        let port: Int
        var host: TestHost { control.host }
        var site: String { "https://fleet.example.org:\(port)" }

        /// As a browser, or whoever else knows the authority.
        func curl(_ arguments: String...) async throws -> TestHost.Answer { try await host.curl(words + arguments) }

        private var words: [String] {
            [
                "--interface", ReverseProxyTests.asker, "--cacert", "cert.pem", "--resolve",
                "fleet.example.org:\(port):127.0.0.1", "-b",
                "cookies", "-c", "cookies",
            ]
        }

        /// A stream, into a file.
        func follow(_ path: String, into file: String) throws -> Child {
            try Child(
                "/usr/bin/curl", ["-sSN", "--max-time", "300"] + words + [site + path], in: host.folder,
                environment: ["PATH": "/usr/bin:/bin"], output: host.folder + "/" + file,
                errors: host.folder + "/" + file + ".err")
        }
    }

    private static func with(
        _ start: (Front) throws -> Child, _ body: (Front) async throws -> Void
    ) async throws {
        try await withHost { host in
            let control = try ControlHost.prepare(host, central: "  trusted_proxies: [127.0.0.1]")
            // Workers of a proxy may be another user.
            chmod(host.folder, 0o755)
            let made = try await speak(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=fleet.example.org", "-addext", "subjectAltName=DNS:fleet.example.org", "-keyout",
                    "key.pem", "-out", "cert.pem",
                ], in: host.folder)
            #expect(made.status == 0, "\(made.errors)")
            try await host.up()
            _ = try await control.untilOnline()
            let front = Front(control: control, port: try freePort())
            let proxy = try start(front)
            defer {
                proxy.signal(SIGTERM)
                while proxy.isRunning { usleep(1000) }
            }
            _ = try await until("the proxy passes on") {
                guard proxy.isRunning else { throw TestHost.Failed(text: host.read("proxy.log")) }
                return try await front.curl(front.site + "/api/health").status == 200 ? true : nil
            }
            try await body(front)
        }
    }

    /// The text of the document, with the ports and paths of a test.
    private static func example(_ language: String, _ front: Front) throws -> String {
        let page = try Document("docs/proxies.md")
        let blocks = page.blocks(language).filter { $0.contains("127.0.0.1:8080") }
        return try #require(blocks.first).replacing("127.0.0.1:8080", with: "127.0.0.1:\(front.control.port)")
            .replacing("/etc/ssl/fleet/fullchain.pem", with: front.host.folder + "/cert.pem")
            .replacing("/etc/ssl/fleet/privkey.pem", with: front.host.folder + "/key.pem")
    }

    @Test(
        "the nginx of the document passes everything on, at once",
        .enabled(if: access("/usr/sbin/nginx", X_OK) == 0, "needs nginx"))
    func nginx() async throws {
        try await Self.with { front in
            let folder = front.host.folder
            let site = try Self.example("nginx", front)
                .replacing("listen 443 ssl", with: "listen 127.0.0.1:\(front.port) ssl")
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map { "    \($0)_temp_path \(folder)/\($0);" }.joined(separator: "\n")
            try front.host.write(
                """
                daemon off;
                \(getuid() == 0 ? "user root;" : "")
                pid \(folder)/nginx.pid;
                error_log \(folder)/proxy.log;
                events {}
                http {
                    access_log off;
                \(temporary)
                \(site)
                }
                """, to: "nginx.conf")
            return try Child(
                "/usr/sbin/nginx", ["-p", folder, "-e", folder + "/proxy.log", "-c", folder + "/nginx.conf"],
                in: folder, environment: [:], output: folder + "/proxy.out", errors: folder + "/proxy.out")
        } _: { front in
            try await Self.walk(front)
        }
    }

    @Test(
        "the Apache of the document passes everything on, at once",
        .enabled(if: access("/usr/sbin/apache2", X_OK) == 0, "needs apache2"))
    func apache() async throws {
        try await Self.with { front in
            let folder = front.host.folder
            let site = try Self.example("apacheconf", front).replacing("*:443", with: "127.0.0.1:\(front.port)")
            let modules = ["mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http"]
                .map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so" }.joined(separator: "\n")
            try front.host.write(
                """
                \(modules)
                \(getuid() == 0 ? "User www-data\nGroup www-data" : "")
                ServerName fleet.example.org
                ServerRoot \(folder)
                PidFile \(folder)/apache.pid
                Mutex file:\(folder) default
                ErrorLog \(folder)/proxy.log
                Listen 127.0.0.1:\(front.port)
                \(site)
                """, to: "apache.conf")
            return try Child(
                "/usr/sbin/apache2", ["-X", "-f", folder + "/apache.conf"], in: folder, environment: [:],
                output: folder + "/proxy.out", errors: folder + "/proxy.out")
        } _: { front in
            try await Self.walk(front)
        }
    }

    @Test(
        "the Caddy of the document passes everything on, at once",
        .enabled(if: access("/usr/bin/caddy", X_OK) == 0, "needs caddy"))
    func caddy() async throws {
        try await Self.with { front in
            let folder = front.host.folder
            // With a certificate of its own it asks nobody for one.
            let site = try Self.example("text", front)
                .replacing("fleet.example.org {", with: "fleet.example.org:\(front.port) {\n    tls cert.pem key.pem")
            try front.host.write(
                """
                {
                    admin off
                    auto_https disable_redirects
                    default_bind 127.0.0.1
                }
                \(site)
                """, to: "Caddyfile")
            return try Child(
                "/usr/bin/caddy", ["run", "--adapter", "caddyfile", "--config", folder + "/Caddyfile"], in: folder,
                environment: ["HOME": folder], output: folder + "/proxy.log", errors: folder + "/proxy.log")
        } _: { front in
            try await Self.walk(front)
        }
    }

    // MARK: - What is tried

    private static func walk(_ front: Front) async throws {
        try await pages(front)
        try await streams(front)
        try await reports(front)
    }

    /// A page, a login and an action, as a browser does them that says `Origin` alone.
    private static func pages(_ front: Front) async throws {
        let page = try await front.curl(front.site + "/")
        #expect(page.status == 200 && page.body.contains("control"), "\(page.body)")
        #expect(page.body.contains("fleet.example.org:\(front.port)") || !page.body.contains("127.0.0.1:"))
        let evil = try await front.curl(
            "-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Forwarded-Host: evil.example", "-H",
            "Origin: https://evil.example", "-d", "token=\(ControlHost.token)", front.site + "/login")
        #expect(evil.status == 403, "what the sender says of itself counts for nothing: \(evil.body)")
        let login = try await front.curl(
            "-H", "Origin: \(front.site)", "-H", "X-Forwarded-For: 203.0.113.9", "-d", "token=\(ControlHost.token)",
            front.site + "/login")
        #expect(login.status == 303, "\(login.body)")
        let cookies = front.host.read("cookies").split(separator: "\n").filter { $0.contains("mctl_session") }
        // Domain, subdomains, path, secure, expiry, name, value.
        #expect(cookies.first?.split(separator: "\t").dropFirst(3).first == "TRUE", "\(cookies)")
        let client = try await front.curl(front.site + "/clients/control")
        let form = try #require(client.body.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.output.1)
        let act = try await front.curl(
            "-H", "Origin: \(front.site)", "-d", "form_token=\(form)&action=restart&workload=ticker",
            front.site + "/clients/control/act")
        #expect(act.status == 200 && act.body.contains("Restarted workload"), "\(act.body)")
        let audit = try await front.curl(front.site + "/api/fleet/audit").decoded([AuditEntry].self)
        #expect(Set(audit.map(\.action)) == ["login", "restart"])
        #expect(Set(audit.map(\.address)) == [asker], "as the proxy saw it, and not as the sender said")
    }

    /// Generous: what a proxy keeps back until it has a page of it comes after minutes, or never.
    private static let soon = Duration.seconds(10)

    private static func streams(_ front: Front) async throws {
        let streams = [
            try front.follow("/api/fleet/events", into: "events"),
            try front.follow("/api/fleet/clients/control/workloads/ticker/logs?follow=true", into: "log"),
        ]
        defer {
            for stream in streams {
                stream.signal(SIGTERM)
                while stream.isRunning { usleep(1000) }
            }
        }
        let begin = ContinuousClock.now
        _ = try await until("both have begun") {
            front.host.read("events").contains("event: snapshot") && front.host.read("log").contains("data:")
                ? true : nil
        }
        #expect(ContinuousClock.now - begin < soon)
        let before = front.host.read("events").utf8.count
        let lines = front.host.read("log").utf8.count
        let stop = try await front.curl(
            "-X", "POST", "-H", "Authorization: Bearer \(ControlHost.token)",
            front.site + "/api/fleet/clients/control/workloads/ticker/restart")
        #expect(stop.status == 200, "\(stop.body)")
        let answered = ContinuousClock.now
        _ = try await until("the event has come") {
            String(front.host.read("events").utf8.dropFirst(before))?.contains("event: workload\n") == true ? true : nil
        }
        _ = try await until("the log has gone on") { front.host.read("log").utf8.count > lines ? true : nil }
        #expect(ContinuousClock.now - answered < soon)
        for stream in streams { #expect(stream.isRunning) }
    }

    /// Of a client that names no address: it is taken from the proxy. Its text is longer than a proxy takes by itself.
    private static func reports(_ front: Front) async throws {
        let long = String(repeating: "x", count: 1500)
        let workloads = (0..<1500).map {
            #"{"name":"w\#($0)","type":"script","run_mode":"forever","status":"failed","last_error":"\#(long)"}"#
        }
        try front.host.write(
            #"{"client_name":"far","timestamp":"2026-11-25T12:00:00Z","workloads":[\#(workloads.joined(separator: ","))]}"#,
            to: "report")
        let answer = try await front.curl(
            "-H", "Authorization: Bearer \(ControlHost.token)", "-H", "Content-Type: application/json",
            "--data-binary", "@report", front.site + "/api/heartbeat")
        #expect(answer.status == 200, "\(answer.body.prefix(300))")
        let far = try await front.curl(front.site + "/api/fleet/clients/far").decoded(ClientOverview.self)
        #expect(far.host == asker && far.workloadCount == 1500)
    }
}
