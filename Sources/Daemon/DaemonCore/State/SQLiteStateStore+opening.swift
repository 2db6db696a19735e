import CProcess
import FleetModel
import GRDB
import Glibc

extension SQLiteStateStore {
    /// - Throws: `StateError` that names the file and says what to do.
    static func open(_ path: String) throws -> DatabaseQueue {
        try makePrivateFile(path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            // In KiB: the whole state of a hundred workloads fits.
            try database.execute(sql: "PRAGMA cache_size = -256")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            // Looked at before anything is written into it.
            try queue.read { database in
                if try migrator.hasBeenSuperseded(database) {
                    throw StateError(
                        "the database '\(path)' was written by a newer version of master-control than this one "
                            + "(\(ProgramVersion.current)); run that version, or \(advice)")
                }
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                if let verdict, verdict != "ok" {
                    throw StateError("the database '\(path)' is damaged (\(verdict)); \(advice)")
                }
            }
            try migrator.migrate(queue)
            return queue
        } catch let error as DatabaseError {
            throw explained(error, path)
        }
    }

    private static let advice =
        "move it aside with 'master-control up --reset-state': that begins with an empty one, takes over what runs, "
        + "and forgets counts and what was stopped by hand"

    /// What is wrong with the file, and what to do about it.
    static func explained(_ error: DatabaseError, _ path: String) -> StateError {
        let reason = error.message ?? "error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_NOTADB:
            return StateError("the file '\(path)' is no database of master-control (\(reason)); \(advice)")
        case .SQLITE_CORRUPT, .SQLITE_ERROR:
            return StateError("the database '\(path)' is damaged (\(reason)); \(advice)")
        default: return StateError("cannot use the database '\(path)': \(reason)")
        }
    }

    /// A migration that has shipped is never changed.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 workloads") { database in
            try database.execute(
                sql: """
                    CREATE TABLE workload (
                        name TEXT NOT NULL PRIMARY KEY,
                        record TEXT NOT NULL -- a WorkloadRecord as JSON
                    ) WITHOUT ROWID
                    """)
        }
        migrator.registerMigration("2 definitions") { database in
            try database.execute(
                sql: """
                    CREATE TABLE definition (
                        name TEXT NOT NULL PRIMARY KEY,
                        file TEXT, -- it was read from
                        spec TEXT NOT NULL -- a WorkloadSpec as JSON
                    ) WITHOUT ROWID
                    """)
        }
        return migrator
    }

    /// Renames the file and what SQLite has beside it, for somebody to look at. Only while the lock beside it is held.
    ///
    /// - Returns: where it is now; nil where there was none.
    /// - Throws: `StateError`.
    package static func moveAside(_ path: String, at time: Timestamp) throws -> String? {
        let place = "\(path).broken-\(time.description.filter { $0.isLetter || $0.isNumber })"
        for suffix in ["-wal", "-shm", ""] where rename(path + suffix, place + suffix) != 0 {
            let code = errno
            guard code == ENOENT else {
                throw StateError("cannot move '\(path + suffix)' aside: \(errorText(code))")
            }
            if suffix.isEmpty { return nil }
        }
        return place
    }
}

/// Makes an empty file of mode 0600 where there is none: SQLite's companion files inherit that.
private func makePrivateFile(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StateError("cannot open the database '\(path)': \(errorText(errno))") }
    _ = fchmod(descriptor, 0o600)
    close(descriptor)
}

/// Why the state can't be used, as a sentence.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
