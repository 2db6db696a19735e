import CentralServer
import DaemonCore
import FleetConfig
import FleetModel
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the files of a central that runs, and tells the daemon that watches it what came of that.
final class CentralReload: Sendable {
    private struct State {
        var report: CentralReport
        var setup: CentralSetup
        var number = 0
    }

    private let configDir: String
    private let environment: [String: String]
    /// The file that the daemon looks at; nil where nobody watches.
    private let watcher: String?
    private let state: Mutex<State>
    private let logger: Logger

    init(
        configDir: String, environment: [String: String], watcher: String?, report: CentralReport, setup: CentralSetup,
        logger: Logger
    ) {
        self.configDir = configDir
        self.environment = environment
        self.watcher = watcher
        state = Mutex(State(report: report, setup: setup))
        self.logger = logger
    }

    func listens(at port: Int) {
        tell("the daemon cannot be told that the central listens") { $0.report.port = port }
    }

    /// With one error nothing is taken.
    func run(_ central: Central) {
        let issues: [ConfigIssue]
        var changes: [String] = []
        var taken: CentralSetup?
        switch CentralSetup.read(configDir: configDir, environment: environment) {
        case .failure(let invalid): issues = invalid.issues
        case .success(let setup):
            issues = objections(to: setup, central)
            if issues.isEmpty {
                changes = central.take(setup.settings, setup.inventory, files: setup.files)
                taken = setup
            }
        }
        if taken == nil {
            logger.error("reload refused: the central's files are not valid; nothing was changed")
            for issue in issues { logger.error("configuration is not valid", metadata: ["issue": "\(issue)"]) }
        } else {
            logger.notice(
                "the central has read its files again",
                metadata: ["changes": "\(changes.isEmpty ? "none" : changes.joined(separator: ". "))"])
        }
        tell("the daemon cannot be told what the central has read") { [taken, issues, changes] state in
            state.number += 1
            state.report.reload = CentralReport.Reload(number: state.number, issues: issues, changes: changes)
            guard let taken else { return }
            state.setup = taken
            state.report.identity = taken.identity
            state.report.files = taken.files
        }
    }

    /// What is valid by itself and cannot be taken by a central that runs.
    private func objections(to setup: CentralSetup, _ central: Central) -> [ConfigIssue] {
        var issues: [ConfigIssue] = []
        func object(_ file: String, _ message: String) {
            issues.append(ConfigIssue(file: file, line: 0, column: 0, message: message))
        }
        // What is not there was not removed on purpose, perhaps.
        if state.withLock({ $0.setup.hasInventory }), !setup.hasInventory {
            object(setup.settings.inventoryPath, "does not exist; for an empty inventory leave 'clients: []' in it")
        }
        if let objection = central.live.objection(to: setup.settings) { object("\(configDir)/daemon.yaml", objection) }
        return issues
    }

    private func tell(_ problem: Logger.Message, _ change: (inout State) -> Void) {
        let report = state.withLock { state in
            change(&state)
            return state.report
        }
        guard let watcher, !report.write(to: watcher) else { return }
        logger.error(problem, metadata: ["file": "\(watcher)"])
    }
}

/// SIGHUP has the central read its files again.
struct CentralReloadService: Service {
    let reload: CentralReload
    let central: Central

    func run() async {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) { reload.run(central) }
        }
    }
}
