import FleetConfig
import FleetModel
import Foundation
import Glibc
import Testing

@Suite("daemon.yaml")
struct DaemonSettingsTests {
    @Test("the files of the guide are read")
    func guide() throws {
        let folder = try ConfigFolder([
            "daemon.yaml": """
            central:
              enabled: true
              host: "0.0.0.0"
              port: 8080
              db_path: "./fleet.db"
              inventory_path: "./inventory.yaml"
              api_token: "your-secret-token"
              stale_threshold_seconds: 90.0
              deploy_script_path: "./scripts/deploy-clients.sh"
            fleet:
              enabled: true
              client_name: "sensor-node-1"
              api_port: 9100
              central_api_url: "http://control-host:8080"
              heartbeat_interval_seconds: 30.0
              api_token: "your-secret-token"
            """
        ])
        let reading = folder.daemon()
        #expect(reading.issues.short == [])
        #expect(reading.found)
        var fleet = FleetSettings(clientName: "sensor-node-1", installDir: folder.root.deletingLastPathComponent().path)
        fleet.enabled = true
        fleet.centralAPIURL = "http://control-host:8080"
        fleet.apiToken = "your-secret-token"
        var central = CentralSettings()
        central.enabled = true
        central.apiToken = "your-secret-token"
        central.deployScriptPath = "./scripts/deploy-clients.sh"
        #expect(reading.settings == DaemonSettings(fleet: fleet, central: central))
    }

    @Test("every other key is read into its place")
    func otherKeys() throws {
        let folder = try ConfigFolder([
            "token": "  token-from-a-file\n", "token2": "token-of-a-client\n",
        ])
        for name in ["token", "token2"] { folder.close(name) }
        try folder.write(
            """
            fleet:
              api_host: 127.0.0.1
              api_port: 0
              api_token_file: \(folder.path)/token
              advertise_host: "fd00::5"
              install_dir: /opt/mc/../mc2
              anonymous: read
              allow_unauthenticated: true
            central:
              port: 0
              releases_dir: /srv/releases
              anonymous: operate
              api_token_file: \(folder.path)/token
              allow_unauthenticated: yes
              tokens:
                - {name: ops, token: token-of-ops, scopes: [deploy, read]}
                - {name: node, token_file: \(folder.path)/token2, scopes: [heartbeat], client: node-1}
            """, to: "daemon.yaml")
        let reading = folder.daemon()
        #expect(reading.issues.short == [])
        let (fleet, central) = (reading.settings.fleet, reading.settings.central)
        #expect(fleet.apiHost == "127.0.0.1")
        #expect(fleet.apiPort == 0)
        #expect(fleet.apiToken == "token-from-a-file")
        #expect(fleet.advertiseHost == "fd00::5")
        #expect(fleet.installDir == "/opt/mc2")
        #expect(fleet.anonymous == .read)
        #expect(fleet.allowUnauthenticated)
        #expect(!fleet.enabled)
        #expect(central.port == 0)
        #expect(central.releasesDir == "/srv/releases")
        #expect(central.anonymous == .operate)
        #expect(central.apiToken == "token-from-a-file")
        #expect(central.allowUnauthenticated)
        let ops = NamedToken(name: "ops", token: "token-of-ops", scopes: [.deploy, .read])
        var node = NamedToken(name: "node", token: "token-of-a-client", scopes: [.heartbeat], client: "node-1")
        node?.file = central.tokenFiles.last
        #expect(central.tokens == [ops, node].compactMap { $0 })
    }

    @Test("without the file everything has its default", arguments: [nil, "", "fleet:\ncentral:\n", "# none\n"])
    func defaults(text: String?) throws {
        let folder = try ConfigFolder(text.map { ["daemon.yaml": $0] } ?? [:])
        let reading = folder.daemon()
        #expect(reading.issues == [])
        #expect(reading.found == (text != nil))
        let fleet = FleetSettings(clientName: "host-1", installDir: folder.root.deletingLastPathComponent().path)
        #expect(reading.settings == DaemonSettings(fleet: fleet, central: CentralSettings()))
    }

    @Test("proxies that are believed are addresses and networks of both kinds")
    func proxies() throws {
        let folder = try ConfigFolder(["daemon.yaml": "central: {trusted_proxies: [127.0.0.1, '::1', 10.1.0.0/16]}\n"])
        #expect(folder.daemon().issues == [])
        let proxies = folder.daemon().settings.central.trustedProxies
        #expect(proxies.map(\.description) == ["127.0.0.1", "::1", "10.1.0.0/16"])
    }

    @Test(
        "a client is called like its host, as far as that is a name",
        arguments: [
            ("node.local", "node.local"), ("my host!", "my-host-"), ("-x", "x"), ("ÄÖ", "localhost"), ("", "localhost"),
        ])
    func hostname(host: String, name: String) throws {
        let folder = try ConfigFolder(["daemon.yaml": "central: {enabled: true}\n"])
        #expect(folder.daemon(hostname: host).settings.fleet.clientName == name)
        #expect(folder.daemon(hostname: host).issues == [])
    }

    @Test("a host without a usable name must be given one to be a client")
    func namelessHost() throws {
        let folder = try ConfigFolder(["daemon.yaml": "fleet: {enabled: true}\n"])
        #expect(
            folder.daemon(hostname: "").issues.short == [
                "1:8: the name of this host cannot be that of a client; set 'client_name'"
            ])
        try folder.write("fleet: {enabled: true, client_name: x}\n", to: "daemon.yaml")
        #expect(folder.daemon(hostname: "").issues == [])
    }

    @Test("a relative directory of configuration has an absolute parent")
    func relativeDirectory() {
        let reading = ConfigurationReader(environment: [:], hostname: "h").daemonSettings(
            configDir: "./no-such-configs/")
        #expect(reading.settings.fleet.installDir == FileManager.default.currentDirectoryPath)
    }

    @Test(
        "a wrong value is refused at its place",
        arguments: [
            ("flet: {}", "1:1: unknown key 'flet'; did you mean 'fleet'?"),
            ("fleet: {api_prot: 1}", "1:9: unknown key 'api_prot'; did you mean 'api_port'?"),
            ("fleet: {quux: 1}", "1:9: unknown key 'quux'; the keys of 'fleet' are enabled, client_name"),
            ("fleet: []", "1:8: 'fleet' must be a mapping of keys to values, not a list"),
            ("[]", "1:1: daemon.yaml must be a mapping of keys to values, not a list"),
            (
                "fleet: {api_port: 65536}",
                "1:19: 'api_port' must be a port from 1 to 65535, or 0 for any that is free, not '65536'"
            ),
            ("fleet: {api_port: -1}", "1:19: 'api_port' must be a port"),
            ("fleet: {client_name: a/b}", "1:22: 'client_name' must be up to 64 letters"),
            ("fleet: {central_api_url: control:8080}", "1:26: 'central_api_url' must be a URL like"),
            (
                "central: {trusted_proxies: [10.0.0.1/8]}",
                "1:29: 'trusted_proxies' has an element that must be written as 10.0.0.0/8: the rest does not count"
            ),
            ("central: {trusted_proxies: [proxy]}", "1:29: 'trusted_proxies' has an element that must be an address"),
            ("central: {trusted_proxies: ['::/0']}", "1:29: 'trusted_proxies' has an element that must have a number"),
            ("central: {trusted_proxies: 127.0.0.1}", "1:28: 'trusted_proxies' must be a list like '[a, b]'"),
            ("fleet: {central_api_url: \"ftp://c\"}", "1:26: 'central_api_url' must be a URL like"),
            ("fleet: {central_api_url: \"http://c:8080/api\"}", "1:26: 'central_api_url' must be a URL like"),
            ("fleet: {central_api_url: \"http://c:0\"}", "1:26: 'central_api_url' must be a URL like"),
            ("fleet: {central_api_url: \"http://u:p@c\"}", "1:26: 'central_api_url' must be a URL like"),
            ("fleet: {central_api_url: \"http://c?x\"}", "1:26: 'central_api_url' must be a URL like"),
            ("fleet: {central_api_url: \"http://\"}", "1:26: 'central_api_url' must be a URL like"),
            ("fleet: {heartbeat_interval_seconds: 0}", "1:37: 'heartbeat_interval_seconds' must be"),
            ("fleet: {api_host: \"a b\"}", "1:19: 'api_host' must be a host name"),
            ("fleet: {anonymous: all}", "1:20: 'anonymous' must be one of none, status, read, operate, not 'all'"),
            ("fleet: {api_token: \"\"}", "1:20: 'api_token' must not be empty"),
            ("fleet: {api_token: a, api_token_file: b}", "1:23: 'api_token' is set already; keep one of the two"),
            (
                "fleet: {api_token_file: /no/such/file}",
                "1:25: 'api_token_file': the file '/no/such/file' does not exist"
            ),
            ("central: {api_token_file: /}", "1:27: 'api_token_file': the file '/' is not a regular file"),
            ("central: {stale_threshold_seconds: -5}", "1:36: 'stale_threshold_seconds' must be"),
            ("central: {deploy_script_path: \"-x\"}", "1:31: 'deploy_script_path' must not begin with '-'"),
            ("central: {tokens: {a: b}}", "1:19: 'tokens' must be a list"),
            ("central: {tokens: [{name: a, token: tttttttttttt}]}", "1:20: a token needs 'scopes'"),
            ("central: {tokens: [{token: tttttttttttt, scopes: [read]}]}", "1:20: a token needs 'name'"),
            ("central: {tokens: [{name: a, scopes: [read]}]}", "1:20: a token needs 'token' or 'token_file'"),
            ("central: {tokens: [{name: a, token: tttttttttttt, scopes: []}]}", "1:59: 'scopes' must not be empty"),
            (
                "central: {tokens: [{name: a, token: tttttttttttt, scopes: [all]}]}",
                "1:60: 'scopes' has an element that must be one of read, operate, deploy, heartbeat, not 'all'"
            ),
            (
                "central: {tokens: [{name: a, token: tttttttttttt, scopes: [heartbeat]}]}",
                "1:59: the scope 'heartbeat' needs the 'client'"
            ),
            (
                "central: {tokens: [{name: a, token: tttttttttttt, scopes: [read], client: c}]}",
                "1:67: 'client' is only for the scope 'heartbeat'"
            ),
            (
                "central: {tokens: [{name: a, token: tttttttttttt, token_file: f, scopes: [read]}]}",
                "1:51: 'token' is set already"
            ),
            (
                "central: {tokens: [{name: a, token: tttttttttttt, scopes: [read]}, {name: a, token: uuuuuuuuuuuu, scopes: [read]}]}",
                "1:68: the token 'a' is named in line 1 already"
            ),
            (
                "central: {tokens: [{name: a, token: tttttttttttt, scopes: [read]}, {name: b, token: tttttttttttt, scopes: [read]}]}",
                "1:68: the tokens 'a' and 'b' are the same text"
            ),
            (
                "central: {api_token: tttttttttttt, tokens: [{name: a, token: tttttttttttt, scopes: [read]}]}",
                "1:45: the token 'a' is the same text as 'api_token'"
            ),
        ])
    func refuses(text: String, expected: String) throws {
        let issues = try ConfigFolder(["daemon.yaml": text + "\n"]).daemon().issues.short
        #expect(issues.contains { $0.hasPrefix(expected) }, "\(issues)")
    }

    @Test(
        "a file for a token must hold one",
        arguments: [
            ("", "is empty"), (" \n", "is empty"), ("a b\n", "must hold one token"), ("ä", "must hold one token"),
            ("elevenchars", "must have at least 12 characters; make one with 'openssl rand -hex 24'"),
            (String(repeating: "x", count: 20_000), "is larger than 16 KiB"),
        ])
    func tokenFiles(content: String, expected: String) throws {
        let folder = try ConfigFolder(["t": content])
        folder.close("t")
        try folder.write("fleet: {api_token_file: \(folder.path)/t}\n", to: "daemon.yaml")
        #expect(folder.daemon().issues.first?.message.contains(expected) == true)
        #expect(folder.daemon().settings.fleet.apiToken == nil)
    }

    @Test(
        "a file for a token that everybody on the host can read or write is refused",
        arguments: [
            (0o666, false), (0o644, false), (0o604, false), (0o602, false), (0o640, true), (0o600, true), (0o400, true),
        ])
    func openTokenFiles(mode: mode_t, isTaken: Bool) throws {
        let folder = try ConfigFolder(["t": "a-token-of-the-test\n"])
        folder.close("t", mode: mode)
        for section in ["fleet: {api_token_file", "central: {api_token_file"] {
            try folder.write("\(section): \(folder.path)/t}\n", to: "daemon.yaml")
            let messages = folder.daemon().issues.map(\.message)
            #expect(messages.isEmpty == isTaken)
            #expect(isTaken || messages[0].contains("is open to everybody on this host; close it with 'chmod 600'"))
        }
    }

    @Test(
        "a token that is guessed in a moment is refused, wherever it stands",
        arguments: [
            "fleet: {api_token: a}", "central: {api_token: elevenchars}",
            "central: {tokens: [{name: n, token: a, scopes: [read]}]}",
        ])
    func shortTokens(text: String) throws {
        let issues = try ConfigFolder(["daemon.yaml": text + "\n"]).daemon().issues
        #expect(issues.map(\.message).contains { $0.contains("must have at least 12 characters") }, "\(issues)")
    }

    @Test(
        "a daemon.yaml that holds a token and is open to everybody is told of",
        arguments: [
            ("fleet: {api_token: a-token-of-the-test}", 0o644, true),
            ("central: {api_token: a-token-of-the-test}", 0o604, true),
            ("central: {tokens: [{name: n, token: a-token-of-the-test, scopes: [read]}]}", 0o644, true),
            ("fleet: {api_token: a-token-of-the-test}", 0o640, false), ("fleet: {enabled: true}", 0o644, false),
        ])
    func openSettings(text: String, mode: mode_t, isTold: Bool) throws {
        let folder = try ConfigFolder(["daemon.yaml": text + "\n"])
        folder.close("daemon.yaml", mode: mode)
        #expect(folder.daemon().issues == [])
        #expect(folder.daemon().notices.count == (isTold ? 1 : 0))
    }

    @Test("no token has a name that the audit has for others", arguments: ReservedName.all.sorted())
    func reservedNames(name: String) throws {
        let text = "central: {tokens: [{name: \(name), token: a-token-of-the-test, scopes: [read]}]}\n"
        let issues = try ConfigFolder(["daemon.yaml": text]).daemon().issues.short
        #expect(
            issues == ["1:27: the name '\(name)' stands for something else in the audit; give the token another one"])
    }

    @Test(
        "a token never shows in a message",
        arguments: [
            "api_token: \"s3cret with spaces\"", "api_token: [s3cret]", "api_token: s3cret\n  api_token: s3cret2",
            "api_token: \"s3cret\n",
        ])
    func tokensStaySecret(line: String) throws {
        let issues = try ConfigFolder(["daemon.yaml": "fleet:\n  \(line)\n"]).daemon().issues
        #expect(issues.count >= 1)
        #expect(!issues.contains { $0.message.contains("s3cret") })
    }
}
