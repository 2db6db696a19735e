import FleetModel
import FoundationEssentials
import GRDB
import SQLiteFile

/// A row a client. What a power cut takes away is the picture of some minutes.
extension SQLiteFleetStore {
    /// A migration that has shipped is never changed.
    static func registerHistory(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("3 history") { database in
            try database.execute(
                sql: """
                    CREATE TABLE history (
                        client TEXT NOT NULL PRIMARY KEY,
                        taken INTEGER NOT NULL, -- when the newest point was, ms since 1970; the same in all rows
                        points BLOB NOT NULL -- percents, a byte each, the oldest first; 255 is none
                    ) WITHOUT ROWID;
                    """)
        }
    }

    package func save(_ history: StoredHistory) throws {
        try database.write { database in
            try database.execute(sql: "DELETE FROM history")
            let statement = try database.cachedStatement(
                sql: "INSERT INTO history (client, taken, points) VALUES (?, ?, ?)")
            for (client, points) in history.points {
                try statement.execute(arguments: [client, history.taken.milliseconds, Data(points)])
            }
        }
    }

    package func history() throws -> StoredHistory? {
        try database.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT client, taken, points FROM history")
            guard let first = rows.first else { return nil }
            var history = StoredHistory(
                taken: Timestamp(milliseconds: first.lenient("taken") ?? 0), points: [:])
            for row in rows {
                guard let client: String = row.lenient("client"), let points: Data = row.lenient("points") else {
                    continue
                }
                history.points[client] = [UInt8](points)
            }
            return history
        }
    }
}
