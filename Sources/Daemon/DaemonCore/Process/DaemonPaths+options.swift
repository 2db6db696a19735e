import Glibc

extension DaemonPaths {
    /// The folders that belong to a daemon with these options, made where they are missing.
    ///
    /// State of runs lies beside the database, as the database is what makes a daemon this one and no other.
    /// - Throws: `StateError`.
    package init(options: DaemonOptions) throws {
        guard let current = getcwd(nil, 0) else {
            throw StateError("the working directory is not there any more: \(errorText(errno))")
        }
        defer { free(current) }
        let root = String(cString: current)
        let database = absolute(options.dbPath, below: root)
        let stem = database.hasSuffix(".db") ? String(database.dropLast(3)) : database
        self.init(
            workingDirectory: root, logDirectory: absolute(options.logDir, below: root), runDirectory: stem + ".run",
            moduleRunner: stem + ".run/.module_runner.py")
        try Self.makeFolder(logDirectory, mode: 0o755)
        // Others may pass, as a workload's user must reach the module runner; each run's folder is closed to them.
        try Self.makeFolder(runDirectory, mode: 0o711)
        // However tight our umask is; a folder that is not ours stays as it is.
        chmod(runDirectory, 0o711)
    }

    static func makeFolder(_ path: String, mode: mode_t) throws {
        guard mkdir(path, mode) != 0, errno != EEXIST else { return }
        throw StateError("cannot make the folder '\(path)': \(errorText(errno))")
    }
}
