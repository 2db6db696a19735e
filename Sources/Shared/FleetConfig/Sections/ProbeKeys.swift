import FleetModel

/// A readiness probe on its way.
struct ProbeDraft: Sendable {
    var exec: [String]?
    var http: String?
    var tcp: HostAndPort?
    var interval = 1.0
    var timeout = 60.0
    /// Once the keys have passed their check.
    var probe: ReadinessProbe?
}

/// The keys under `ready`.
enum ProbeKeys {
    static let table = KeyTable<ProbeDraft>(
        name: "'ready'",
        keys: [
            .optional("exec", .command, \.exec, "Program and arguments; up when it exits with 0."),
            .optional("http", .pageURL, \.http, "Up when this URL answers with a status from 200 to 399."),
            .optional(
                "tcp", .tcpAddress, \.tcp, "Up when this port accepts a connection; without a host, of 127.0.0.1."),
            .key("interval", .seconds, \.interval, standard: "1.0", "Seconds between two tries."),
            .key(
                "timeout", .seconds, \.timeout, standard: "60.0",
                "Seconds after which a workload that is not up counts as failed."),
        ], check: check)

    @Sendable
    private static func check(_ present: PresentKeys, _ draft: inout ProbeDraft, _ log: inout IssueLog) {
        let checks = ["exec", "http", "tcp"].filter(present.contains)
        guard checks.count == 1 else {
            log.report(
                "'ready' needs exactly one of 'exec', 'http' and 'tcp'",
                at: checks.dropFirst().first.map(present.position(of:)) ?? present.section)
            return
        }
        let check: ReadinessProbe.Check
        if let command = draft.exec {
            check = .exec(command)
        } else if let url = draft.http {
            check = .http(url)
        } else if let address = draft.tcp, let port = address.port {
            check = .tcp(host: address.host, port: port)
        } else {
            return
        }
        var probe = ReadinessProbe(check: check)
        probe.interval = draft.interval
        probe.timeout = draft.timeout
        draft.probe = probe
    }
}

extension ValueKind where Value == HostAndPort {
    /// `host:port`, or a port alone.
    fileprivate static var tcpAddress: Self {
        ValueKind("port or address like '127.0.0.1:5432'") { node in
            guard var text = node.text else { return .failure(.kind) }
            if !text.contains(":") { text = "127.0.0.1:" + text }
            guard let address = HostAndPort(text), address.port != nil else { return .failure(.kind) }
            return .success(address)
        }
    }
}
