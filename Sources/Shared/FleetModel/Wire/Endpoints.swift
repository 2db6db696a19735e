/// Each path of the wire contract, written once for servers and clients.
///
/// A pattern has `{name}` where a name stands; `Endpoint.path` fills them in, percent-encoded.
package struct Endpoint: Hashable, Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    package var method: Method
    package var pattern: String

    package init(_ method: Method, _ pattern: String) {
        self.method = method
        self.pattern = pattern
    }

    /// The path with its placeholders filled from the left.
    package func path(_ names: String...) -> String {
        var names = names[...]
        return pattern.split(separator: "/", omittingEmptySubsequences: false)
            .map { part in
                guard part.hasPrefix("{"), let name = names.popFirst() else { return String(part) }
                return percentEncoded(name)
            }
            .joined(separator: "/")
    }
}

/// Paths of the client daemon.
package enum DaemonEndpoint {
    package static let health = Endpoint(.get, "/api/health")
    package static let list = Endpoint(.get, "/api/list")
    package static let status = Endpoint(.get, "/api/status/{name}")
    package static let start = Endpoint(.post, "/api/start/{name}")
    package static let stop = Endpoint(.post, "/api/stop/{name}")
    package static let restart = Endpoint(.post, "/api/restart/{name}")
    package static let reload = Endpoint(.post, "/api/reload")
    package static let logs = Endpoint(.get, "/api/logs/{name}")
    package static let events = Endpoint(.get, "/api/events")
    package static let shutdown = Endpoint(.post, "/api/shutdown")
    package static let metrics = Endpoint(.get, "/metrics")
}

/// Paths of the central.
package enum CentralEndpoint {
    package static let heartbeat = Endpoint(.post, "/api/heartbeat")
    package static let health = Endpoint(.get, "/api/health")
    package static let clients = Endpoint(.get, "/api/fleet/clients")
    package static let client = Endpoint(.get, "/api/fleet/clients/{name}")
    package static let forgetClient = Endpoint(.delete, "/api/fleet/clients/{name}")
    package static let workloads = Endpoint(.get, "/api/fleet/clients/{name}/workloads")
    package static let workload = Endpoint(.get, "/api/fleet/clients/{name}/workloads/{workload}")
    /// The whole definition, as the client has it.
    package static let workloadDetail = Endpoint(.get, "/api/fleet/clients/{name}/workloads/{workload}/detail")
    package static let start = Endpoint(.post, "/api/fleet/clients/{name}/workloads/{workload}/start")
    package static let stop = Endpoint(.post, "/api/fleet/clients/{name}/workloads/{workload}/stop")
    package static let restart = Endpoint(.post, "/api/fleet/clients/{name}/workloads/{workload}/restart")
    package static let logs = Endpoint(.get, "/api/fleet/clients/{name}/workloads/{workload}/logs")
    package static let reload = Endpoint(.post, "/api/fleet/clients/{name}/reload")
    package static let deploy = Endpoint(.post, "/api/fleet/deployments")
    package static let deployments = Endpoint(.get, "/api/fleet/deployments")
    package static let deployment = Endpoint(.get, "/api/fleet/deployments/{id}")
    package static let cancelDeployment = Endpoint(.post, "/api/fleet/deployments/{id}/cancel")
    package static let pauseDeployment = Endpoint(.post, "/api/fleet/deployments/{id}/pause")
    package static let resumeDeployment = Endpoint(.post, "/api/fleet/deployments/{id}/resume")
    package static let retryDeployment = Endpoint(.post, "/api/fleet/deployments/{id}/retry")
    package static let deploymentOutput = Endpoint(.get, "/api/fleet/deployments/{id}/clients/{name}/output")
    /// The releases that the control host holds.
    package static let releases = Endpoint(.get, "/api/fleet/releases")
    package static let events = Endpoint(.get, "/api/fleet/events")
    /// Who asks and what they may do.
    package static let access = Endpoint(.get, "/api/access")
    package static let audit = Endpoint(.get, "/api/fleet/audit")
    /// Requests that were refused, counted by address and minute.
    package static let refusals = Endpoint(.get, "/api/fleet/refusals")
    package static let metrics = Endpoint(.get, "/metrics")
    package static let login = Endpoint(.post, "/login")
}

private func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded = [UInt8]()
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "~"), UInt8(ascii: "+"):
            encoded.append(byte)
        default:
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
