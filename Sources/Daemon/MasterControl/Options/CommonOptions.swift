import ArgumentParser
import DaemonCore
import FleetClient
import FoundationEssentials

/// The options every command has. An option goes before the environment, that before the default.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Directory with the configuration. (MCTL_CONFIG_DIR; default: ./configs)", valueName: "dir"),
        completion: .directory)
    var configDir: String?

    @Option(
        help: ArgumentHelp("The daemon's database. (MCTL_DB_PATH; default: ./master_control.db)", valueName: "file"),
        completion: .file())
    var dbPath: String?

    @Option(
        help: ArgumentHelp(
            "The daemon's socket. (MCTL_SOCKET_PATH; default: /tmp/master_control.sock)", valueName: "file"),
        completion: .file())
    var socketPath: String?

    @Option(
        help: ArgumentHelp("Directory for logs. (MCTL_LOG_DIR; default: ./logs)", valueName: "dir"),
        completion: .directory)
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
    func withDaemon<Value>(
        limits: TimeLimits = TimeLimits(), _ body: (DaemonClient) async throws -> Value
    ) async throws -> Value {
        try await withHTTP { http in
            try await body(DaemonClient(.socket(path: resolved().socketPath), http: http, limits: limits))
        }
    }
}
