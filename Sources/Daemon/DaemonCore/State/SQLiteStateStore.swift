import CProcess
import FleetModel
import FoundationEssentials
import GRDB
import Glibc
import Logging

/// The state in one SQLite file, readable by its owner alone.
///
/// Write-ahead logging with `synchronous = NORMAL`: a power cut may lose the last changes, never the file. That is
/// enough, as after a power cut no process is left that they could be about.
package final class SQLiteStateStore: StateStore {
    private let database: DatabaseQueue
    private let logger: Logger?

    /// - Parameter logger: told of rows that cannot be read.
    /// - Throws: where the file can't be opened, or was written by a newer version of the program.
    package init(path: String, logger: Logger? = nil) throws {
        self.logger = logger
        try makePrivateFile(path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            // In KiB: the whole state of a hundred workloads fits.
            try database.execute(sql: "PRAGMA cache_size = -256")
        }
        database = try DatabaseQueue(path: path, configuration: configuration)
        try Self.migrator.migrate(database)
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
        return migrator
    }

    package func records() throws -> [WorkloadRecord] {
        let rows = try database.read { try Row.fetchAll($0, sql: "SELECT name, record FROM workload ORDER BY name") }
        let decoder = JSONDecoder()
        return rows.compactMap { row in
            if let text: String = row.lenient("record"),
                let record = try? decoder.decode(WorkloadRecord.self, from: Data(text.utf8))
            {
                return record
            }
            logger?.warning(
                "what is stored of a workload cannot be read; it begins as one that is new",
                metadata: ["workload": "\(row.lenient("name", as: String.self)?.cut(toBytes: 64) ?? "?")"])
            return nil
        }
    }

    package func save(_ records: [WorkloadRecord]) throws {
        let encoder = JSONEncoder()
        let rows = try records.map { ($0.name, String(decoding: try encoder.encode($0), as: UTF8.self)) }
        try database.write { database in
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO workload (name, record) VALUES (?, ?)")
            for (name, text) in rows { try statement.execute(arguments: [name, text]) }
        }
    }

    package func remove(_ names: [String]) throws {
        try database.write { database in
            for name in names { try database.execute(sql: "DELETE FROM workload WHERE name = ?", arguments: [name]) }
        }
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
