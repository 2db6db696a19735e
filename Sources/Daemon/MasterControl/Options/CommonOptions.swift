import ArgumentParser
import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetModel
import FoundationEssentials

/// The options every command has. An option goes before the environment, that before the default.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Directory with the configuration. (MCTL_CONFIG_DIR; default: ./configs)"),
        completion: .directory)
    var configDir: String?

    @Option(
        help: ArgumentHelp("The daemon's database. (MCTL_DB_PATH; default: ./master_control.db)"), completion: .file())
    var dbPath: String?

    @Option(
        help: ArgumentHelp("The daemon's socket. (MCTL_SOCKET_PATH; default: /tmp/master_control.sock)"),
        completion: .file())
    var socketPath: String?

    @Option(help: ArgumentHelp("Directory for logs. (MCTL_LOG_DIR; default: ./logs)"), completion: .directory)
    var logDir: String?

    /// What these options come to.
    func resolved(environment: [String: String] = ProcessInfo.processInfo.environment) -> DaemonOptions {
        let standard = DaemonOptions()
        func pick(_ option: String?, _ variable: String, _ otherwise: String) -> String {
            option ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? otherwise
        }
        return DaemonOptions(
            configDir: pick(configDir, "MCTL_CONFIG_DIR", standard.configDir),
            dbPath: pick(dbPath, "MCTL_DB_PATH", standard.dbPath),
            socketPath: pick(socketPath, "MCTL_SOCKET_PATH", standard.socketPath),
            logDir: pick(logDir, "MCTL_LOG_DIR", standard.logDir))
    }

    /// Calls the daemon of this host; what it throws is a `CommandFailure`.
    func withDaemon<Value>(_ body: (DaemonClient) async throws -> Value) async throws -> Value {
        try await withHTTP { http in
            try await body(DaemonClient(.socket(path: resolved().socketPath), http: http))
        }
    }
}

/// The option of every command that prints something.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON, in the shapes of the HTTP API.")
    var json = false
}

/// An HTTP client for the time of one command.
func withHTTP<Value>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
    let http = HTTPClient.fleet()
    do {
        let value = try await body(http)
        try? await http.shutdown()
        return value
    } catch let error as FleetClientError {
        try? await http.shutdown()
        throw CommandFailure(sentence(for: error))
    } catch {
        try? await http.shutdown()
        throw error
    }
}

/// An error of the server, with each of its further errors on a line.
private func sentence(for error: FleetClientError) -> String {
    guard case .answered(_, let answer) = error, let issues = answer.errors else { return error.description }
    return ([error.description] + issues.map(\.description)).joined(separator: "\n")
}
