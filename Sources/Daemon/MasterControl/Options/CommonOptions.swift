import ArgumentParser
import DaemonCore
import FleetClient
import FleetModel
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
            "The daemon's socket. (MCTL_SOCKET_PATH; default: /tmp/master_control.sock, or that of the service)",
            valueName: "file"),
        completion: .file())
    var socketPath: String?

    @Option(
        help: ArgumentHelp("Directory for logs. (MCTL_LOG_DIR; default: ./logs)", valueName: "dir"),
        completion: .directory)
    var logDir: String?

    /// What was said, as an option or by a variable, and not left to the defaults.
    struct Named {
        var configDir: String?
        var dbPath: String?
        var socketPath: String?
        var logDir: String?
    }

    func named(environment: [String: String] = ProcessInfo.processInfo.environment) -> Named {
        func pick(_ option: String?, _ variable: String) -> String? {
            option ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        return Named(
            configDir: pick(configDir, "MCTL_CONFIG_DIR"), dbPath: pick(dbPath, "MCTL_DB_PATH"),
            socketPath: pick(socketPath, "MCTL_SOCKET_PATH"), logDir: pick(logDir, "MCTL_LOG_DIR"))
    }

    /// What these options come to.
    func resolved(environment: [String: String] = ProcessInfo.processInfo.environment) -> DaemonOptions {
        let standard = DaemonOptions()
        let named = named(environment: environment)
        return DaemonOptions(
            configDir: named.configDir ?? standard.configDir, dbPath: named.dbPath ?? standard.dbPath,
            socketPath: named.socketPath ?? standard.socketPath, logDir: named.logDir ?? standard.logDir)
    }

    /// The socket of the daemon that is meant.
    /// - Throws: `CommandFailure` where none is, or where there are two.
    func daemonSocket() throws -> String {
        if let path = named().socketPath { return path }
        switch SocketChoice.here {
        case .use(let path): return path
        case .refuse(let sentence): throw CommandFailure(sentence)
        }
    }

    /// Calls the daemon of this host; what it throws is a `CommandFailure`.
    func withDaemon<Value>(
        limits: TimeLimits = TimeLimits(), _ body: (DaemonClient) async throws -> Value
    ) async throws -> Value {
        let socket = try daemonSocket()
        let meant = MeantDaemon(named: named(), standard: DaemonOptions())
        return try await withHTTP { http in
            let client = DaemonClient(.socket(path: socket), http: http, limits: limits)
            if !meant.saysNothing, let objection = meant.objection(to: try await client.health(), at: socket) {
                throw CommandFailure(objection)
            }
            return try await body(client)
        }
    }
}
