import FleetModel
import Foundation
import TestSupport

@testable import FleetConfig

extension Fuzzer {
    private static let yaml = [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", "\t", "'", "\"", "#", "&a ", "*a ", "*p", "!!int ", "!x ", "|",
        ">", "? ",
        "%", "@", "`", "---\n", "...\n", "{{", "}}", "{{ who }}", "<<: *p\n", "\0", "\u{FEFF}", "ä", "\r\n", "\u{85}",
        "\u{2028}",
        "~", "1e999", "-", ",", "name: x\n", "workloads:\n", "{a: ", "[[[[", "\u{9B}", "\u{202E}", "timeout: 1e300\n",
        "{{ env.HOME }}", "{{ '{{' }}",
    ]

    static let workloadFiles = Fuzzer(
        "workload-files",
        seeds: [
            """
            vars: {who: me}
            workloads:
              - name: collector  # comment
                type: agent
                module: agents.collector
                params: &p {interval: 5, list: [1, 2.5, "x", null, true]}
                env: {A: 'it''s', B: "\\u00e4"}
              - name: nightly
                run_mode: schedule
                schedule: "30 2 * * mon-fri"
                command: ["{{ who }}", --all]
                working_dir: >-
                  text
                ready: {tcp: 127.0.0.1:80}
                depends_on: [collector]
              - {name: third, module: m, params: *p}
            """,
            "name: a\nname: b\nname: c\nrestart_delay: 1.5\ntimeout: 10\nstop_timeout: 3\nlog_max_mb: 1\nmax_restarts: 3\n",
        ], pieces: yaml, short: 800
    ) { bytes, _ in
        var file = ConfigFile(name: "a.yaml", bytes: bytes, variables: ["who": "me"], environment: [:])
        let drafts = file.root.map { WorkloadFileKeys.read($0, log: &file.log) } ?? []
        try check(file.log)
        let map = file.log.map
        let entries = drafts.map { draft in
            WorkloadSet.Entry(
                file: "a.yaml", namePosition: map.original(draft.namePosition), dependencies: draft.dependsOn,
                spec: draft.spec, isUsable: file.log.isEmpty)
        }
        let checked = WorkloadSet(entries: entries).checked()
        for spec in checked.specs {
            try expect(Identifier.isName(spec.name), "'\(spec.name)' is no name")
            try expect(spec.timeout ?? 1 <= 1e8 && spec.restartDelay <= 1e8 && spec.stopTimeout <= 1e8, "\(spec)")
        }
        return file.log.isEmpty && !drafts.isEmpty
    }

    static let settingsFiles = Fuzzer(
        "settings-files",
        seeds: [
            """
            central:
              enabled: true
              host: "127.0.0.1"
              port: 8080
              api_token: "your-secret-token-is-long"
              stale_threshold_seconds: 90
              tokens:
                - {name: reader, token: "0123456789abcdef0123", scopes: [read]}
            fleet:
              enabled: true
              client_name: "sensor-node-1"
              api_port: 9100
              central_api_url: "http://127.0.0.1:8080"
              heartbeat_interval_seconds: 30
            """,
            """
            defaults: {ssh_user: pi, env: {A: b}}
            clients:
              - {name: a, host: 10.0.0.1, api_port: 9100, tags: [x]}
              - {name: b, host: "::1", ssh_port: 22}
            """,
            "thresholds:\n  cpu: {warn: 70, bad: 90}\nkeys: {reload: r}\ncontexts: {lab: {url: 'http://a:1'}}\n",
            "styles:\n  text: {foreground: '#ff0000'}\n",
        ], pieces: yaml + ["#ffffff", "http://[::1]:1", "port: 99999\n", "clients:\n"], short: 800
    ) { bytes, _ in
        var file = ConfigFile(name: "a.yaml", bytes: bytes, variables: [:], environment: [:])
        guard let root = file.root else {
            try check(file.log)
            return false
        }
        var daemon = DaemonDraft(fleet: FleetDraft(settings: FleetSettings(clientName: "x", installDir: "/")))
        DaemonKeys.table.read(root, into: &daemon, log: &file.log)
        var inventory = InventoryDraft()
        InventoryKeys.table.read(root, into: &inventory, log: &file.log)
        var console = ConsoleSettings()
        ConsoleKeys.table.read(root, into: &console, log: &file.log)
        var theme = ThemeFile()
        ThemeKeys.table.read(root, into: &theme, log: &file.log)
        try check(file.log)
        return true
    }

    static let templates = Fuzzer(
        "templates",
        seeds: [
            "vars: {a: b}\nx: {{ a }} {{ env.HOME }}\n", "x: {{ '{{' }}{{ who }}{{ none }}\n# {{ who }}\n",
            "{{who}}{{ who }}",
        ],
        pieces: ["{{", "}}", "{", "}", " ", "\n", "who", "env.", "'{{'", "none", "vars:", "\t", "#", "é", "\u{2028}"],
        short: 2500
    ) { bytes, chance in
        var log = IssueLog(file: "a")
        let text = String(decoding: bytes, as: UTF8.self)
        let template = Template(variables: ["who": "me", "none": "", "a": "b"], environment: ["HOME": "/home"])
        let rendered = template.render(text, into: &log)
        try expect(rendered.utf8.count <= Template.largestResult + 1024, "it grew to \(rendered.utf8.count)")
        for _ in 0..<5 {
            let place = Position(line: 1 + chance.below(5), column: 1 + chance.below(200))
            let original = log.map.original(place)
            try expect(original.line == place.line && original.column >= 1, "\(place) comes from \(original)")
        }
        try check(log)
        var own = IssueLog(file: "a")
        _ = OwnVariables(of: text, template: template, log: &own)
        try check(own)
        return log.isEmpty
    }

    private static func check(_ log: IssueLog) throws {
        try expect(log.issues.count <= IssueLog.most + 1, "\(log.issues.count) errors")
        for issue in log.issues {
            try expect(issue.line >= 1 && issue.column >= 1, "\(issue) has no place")
            try expect(!issue.message.isEmpty && issue.message.utf8.count < 4000, "\(issue) is no sentence")
            let isPlain = issue.message.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value)
            }
            try expect(isPlain, "\(issue) has a control character")
        }
    }
}
