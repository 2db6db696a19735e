import FleetModel
import FoundationEssentials
import GRDB
import Logging
import SQLiteFile

/// The state in one SQLite file, readable by its owner alone.
///
/// Write-ahead logging with `synchronous = NORMAL`: a power cut may lose what runs did last, never the file. That is
/// enough, as after a power cut no process is left that it could be about. What an operator decided is written with
/// `synchronous = FULL` and is on the disk before the answer.
package final class SQLiteStateStore: StateStore {
    let database: DatabaseQueue
    private let file: SQLiteFile
    private let logger: Logger?

    /// - Parameter logger: told of rows that cannot be read.
    /// - Throws: `SQLiteFileError` where the file can't be used, or was written by a newer version of the program.
    package init(path: String, logger: Logger? = nil) throws {
        file = Self.file(path)
        self.logger = logger
        database = try file.open(Self.migrator, looksAtAll: true)
    }

    package func records() throws -> [WorkloadRecord] {
        let rows = try file.explaining {
            try database.read { try Row.fetchAll($0, sql: "SELECT name, record FROM workload ORDER BY name") }
        }
        let decoder = JSONDecoder()
        return rows.compactMap { row in
            if let text: String = row.lenient("record"),
                let record = try? decoder.decode(WorkloadRecord.self, from: Data(text.utf8)),
                record.name == row.lenient("name")
            {
                return record
            }
            logger?.warning(
                "what is stored of a workload cannot be read; it begins as one that is new",
                metadata: ["workload": "\(Self.shownName(of: row))"])
            return nil
        }
    }

    package func save(_ records: [WorkloadRecord], durably: Bool) throws {
        let encoder = JSONEncoder()
        let rows = try records.map { ($0.name, String(decoding: try encoder.encode($0), as: UTF8.self)) }
        func write(_ database: Database) throws {
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO workload (name, record) VALUES (?, ?)")
            for (name, text) in rows { try statement.execute(arguments: [name, text]) }
        }
        if durably { try database.writeDurably(write) } else { try database.write(write) }
    }

    package func definitions() throws -> [StoredDefinition] {
        let rows = try file.explaining {
            try database.read { try Row.fetchAll($0, sql: "SELECT name, file, spec FROM definition ORDER BY name") }
        }
        let decoder = JSONDecoder()
        return rows.compactMap { row in
            if let text: String = row.lenient("spec"),
                let spec = try? decoder.decode(WorkloadSpec.self, from: Data(text.utf8)),
                spec.name == row.lenient("name")
            {
                return StoredDefinition(spec: spec, file: row.lenient("file"))
            }
            logger?.warning(
                "the stored definition of a workload cannot be read",
                metadata: ["workload": "\(Self.shownName(of: row))"])
            return nil
        }
    }

    package func save(_ definitions: [StoredDefinition]) throws {
        let encoder = WorkloadSpec.encoder
        let rows = try definitions.map { definition in
            (
                definition.spec.name, definition.file,
                String(decoding: try encoder.encode(definition.spec), as: UTF8.self)
            )
        }
        try database.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO definition (name, file, spec) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET file = excluded.file, spec = excluded.spec
                    WHERE file IS NOT excluded.file OR spec IS NOT excluded.spec
                    """)
            for (name, file, text) in rows { try statement.execute(arguments: [name, file, text]) }
        }
    }

    package func remove(_ names: [String]) throws {
        try database.write { database in
            for name in names {
                try database.execute(sql: "DELETE FROM workload WHERE name = ?", arguments: [name])
                try database.execute(sql: "DELETE FROM definition WHERE name = ?", arguments: [name])
            }
        }
    }

    private static func shownName(of row: Row) -> String {
        row.lenient("name", as: String.self)?.cut(toBytes: 64) ?? "?"
    }
}
