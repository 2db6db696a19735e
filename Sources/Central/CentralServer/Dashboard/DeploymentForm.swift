import FleetHTTP
import FleetModel

/// What stands in the form of a new deployment, as it was typed.
struct DeploymentForm: Sendable {
    private static let texts = [
        "version", "targets", "batch_size", "canary", "max_failures", "health_check_timeout", "min_healthy_seconds",
    ]
    private static let boxes = ["auto_rollback", "skip_unreachable"]

    private var typed: [String: String]

    init() {
        typed = [
            "batch_size": "1", "canary": "0", "max_failures": "0", "health_check_timeout": "60",
            "min_healthy_seconds": "10", "auto_rollback": "1",
        ]
    }

    init(_ fields: [String: String]) { typed = fields.filter { (Self.texts + Self.boxes).contains($0.key) } }

    var fields: [(String, String)] { typed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    var values: [String: Any] {
        var values: [String: Any] = [:]
        for key in Self.texts { values[key] = typed[key] ?? "" }
        for key in Self.boxes { values[key] = typed[key] == "1" }
        return values
    }

    /// - Throws: `APIError` 400 with a sentence on the first field that is no number.
    func request() throws -> DeploymentRequest {
        var request = DeploymentRequest(version: typed["version"] ?? "")
        let names = (typed["targets"] ?? "").split { $0.isWhitespace || $0 == "," }.map(String.init)
        request.targetClients = names.isEmpty ? nil : names
        request.batchSize = try number("batch_size", or: request.batchSize)
        request.canary = try number("canary", or: request.canary)
        request.maxFailures = try number("max_failures", or: request.maxFailures)
        request.healthCheckTimeout = try number("health_check_timeout", or: request.healthCheckTimeout)
        request.minHealthySeconds = try number("min_healthy_seconds", or: request.minHealthySeconds)
        request.autoRollback = typed["auto_rollback"] == "1"
        request.skipUnreachable = typed["skip_unreachable"] == "1"
        return request
    }

    private func number<Number: LosslessStringConvertible>(_ key: String, or standard: Number) throws -> Number {
        guard let text = typed[key], !text.isEmpty else { return standard }
        guard let number = Number(text) else {
            throw APIError.badRequest("'\(key)' must be a number, not '\(text.cut(toBytes: 20))'")
        }
        return number
    }
}
