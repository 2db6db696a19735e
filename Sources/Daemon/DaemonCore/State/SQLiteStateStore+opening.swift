import FleetModel
import GRDB
import Glibc
import SQLiteFile

extension SQLiteStateStore {
    static func file(_ path: String) -> SQLiteFile {
        SQLiteFile(
            path: path, title: "the database",
            advice:
                "move it aside with 'master-control up --reset-state': that begins with an empty one, takes over what "
                + "runs, and forgets counts and what was stopped by hand",
            // The whole state of a hundred workloads fits.
            cacheKiB: 256)
    }

    /// A migration that has shipped is never changed.
    static var migrator: DatabaseMigrator {
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

/// Why the state can't be used, as a sentence.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
