import DaemonCore
import FleetModel
import Glibc

/// What a command line says of the daemon it means beside the socket: the folder it works in.
///
/// Two folders can have one socket path, the default above all. Who stands in one must not stop what runs in the other.
struct MeantDaemon: Equatable {
    /// Absolute, without links; nil where nothing is said.
    var configDir: String?
    var dbPath: String?

    /// - Parameters:
    ///   - named: what was given as an option or a variable, nil elsewhere.
    ///   - standard: of this folder. It says something where there is such a database and nobody names a socket.
    init(named: CommonOptions.Named, standard: DaemonOptions) {
        configDir = named.configDir.map { Self.resolved($0) }
        dbPath = named.dbPath.map { Self.resolved($0) }
        if dbPath == nil, named.socketPath == nil, access(standard.dbPath, F_OK) == 0 {
            dbPath = Self.resolved(standard.dbPath)
        }
    }

    init(configDir: String? = nil, dbPath: String? = nil) {
        self.configDir = configDir
        self.dbPath = dbPath
    }

    var saysNothing: Bool { configDir == nil && dbPath == nil }

    /// Why this daemon is not the one that is meant; nil where it is, or does not say which one it is.
    func objection(to health: Health, at socket: String) -> String? {
        func differs(_ meant: String?, _ is: String?) -> Bool { meant != nil && `is` != nil && meant != `is` }
        let (what, theirs, ours) =
            differs(dbPath, health.dbPath)
            ? ("database", health.dbPath, dbPath) : ("configuration", health.configDir, configDir)
        guard differs(ours, theirs) else { return nil }
        return "the daemon at '\(socket)' is another one: its \(what) is '\(theirs ?? "")', not '\(ours ?? "")'; "
            + "call this from its folder, or name the socket of the one you mean with --socket-path"
    }

    /// What is not there stays as it is, and is no daemon's.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
