import FleetConfig
import FleetModel
import Glibc
import Synchronization

/// The deploy script as it is called.
struct DeployScript: Sendable {
    /// Nil where none is configured.
    var path: String?
    var inventory: String
    var releases: String
    /// Seconds.
    var timeLimit: Double

    /// What of our own environment it is given: nothing that could be a secret.
    private static let passed = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR",
    ]

    /// Why nothing can be deployed with it.
    var problem: String? {
        guard let path else { return "no deploy script is configured; set central.deploy_script_path" }
        guard access(path, X_OK) == 0 else {
            return "the deploy script '\(path)' cannot be run; see central.deploy_script_path"
        }
        return nil
    }

    /// Its exit status where the client has another release in use than it may have.
    static let leftAlone: Int32 = 3

    /// With exactly the arguments of the guide; paths are in the environment, and which release is meant.
    ///
    /// - Parameter client: what the inventory has on it, so that the script need not start a program to read that.
    func run(for job: DeploymentJob, client: InventoryClient?) -> ScriptRun {
        var variables = client?.env ?? [:]
        let fields = client?.fields ?? []
        if !fields.isEmpty, !fields.joined().utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            variables["MCTL_INVENTORY_ENTRY"] = fields.joined(separator: "\t")
        }
        for name in Self.passed {
            if variables[name] == nil, let value = getenv(name) { variables[name] = String(cString: value) }
        }
        variables["MCTL_INVENTORY"] = inventory
        variables["MCTL_RELEASES_DIR"] = releases
        variables["MCTL_END_WITH_INPUT"] = "1"
        variables["MCTL_RELEASE_DIGEST"] = job.digest
        variables["MCTL_RELEASE_EXPECTED"] = job.other.map { other in
            other.version.map { "\($0)@\(other.digest ?? "-")" } ?? "-"
        }
        if job.step.isBack { variables["MCTL_RELEASE_BACK"] = "1" }
        if let program = realpath("/proc/self/exe", nil) {
            variables["MCTL_PROGRAM"] = String(cString: program)
            free(program)
        }
        return ScriptRun(
            path: path ?? "", arguments: ["--client", job.client, "--sync-only", "--version", job.version],
            environment: variables.map { "\($0)=\($1)" }.sorted(), timeLimit: timeLimit)
    }
}

/// What one run prints, and nobody else.
final class ScriptOutput: Sendable {
    private let all: Mutex<OutputTail>
    private let last = Mutex(OutputTail(limit: 4096))

    /// - Parameters:
    ///   - earlier: what runs before it have left.
    ///   - title: of this run.
    init(after earlier: String, title: String) {
        var tail = OutputTail()
        tail.append(Array(earlier.utf8))
        tail.append(line: title)
        all = Mutex(tail)
    }

    func append(_ bytes: [UInt8]) {
        all.withLock { $0.append(bytes) }
        last.withLock { $0.append(bytes) }
    }

    /// With that of the runs before it.
    var text: String { all.withLock { $0.text } }

    /// The last line of this run.
    var lastLine: String? { last.withLock { $0.lastLine } }

    /// The last line of this run, to be put behind a sentence.
    var reason: String { lastLine.map { ": " + $0 } ?? "" }
}
