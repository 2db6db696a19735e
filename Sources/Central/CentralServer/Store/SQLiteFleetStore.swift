import FleetModel
import GRDB
import Logging
import SQLiteFile

/// The fleet in one SQLite file, readable by its owner alone.
///
/// Write-ahead logging. What a power cut may lose is the last reports, which the clients repeat anyway: they are written
/// once a second with `synchronous = NORMAL`. A line of the audit is on the disk before the request is answered.
package final class SQLiteFleetStore: FleetStore {
    let database: DatabaseQueue
    let limits: FleetStoreLimits
    let logger: Logger?

    /// - Parameter logger: told of rows that cannot be read.
    /// - Throws: `SQLiteFileError` where the file can't be used, or was written by a newer version of the program.
    package init(path: String, limits: FleetStoreLimits = FleetStoreLimits(), logger: Logger? = nil) throws {
        self.limits = limits
        self.logger = logger
        database = try SQLiteFile(
            path: path, title: "the central's database",
            advice:
                "put back a copy, or move it away: then the central begins with an empty one, learns the fleet from its "
                + "reports, and knows no deployment and no audit of before",
            cacheKiB: 1024
        ).open(Self.migrator, looksAtAll: false)
    }

    /// A migration that has shipped is never changed.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 clients and audit") { database in
            try database.execute(
                sql: """
                    CREATE TABLE client (
                        name TEXT NOT NULL PRIMARY KEY,
                        heartbeat TEXT NOT NULL, -- the last report as it came, JSON
                        last_seen INTEGER NOT NULL, -- by the central's clock, ms since 1970
                        peer TEXT,
                        is_authenticated INTEGER NOT NULL,
                        clock_skew REAL NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE audit (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        time INTEGER NOT NULL, -- ms since 1970
                        who TEXT NOT NULL,
                        address TEXT,
                        action TEXT NOT NULL,
                        target TEXT NOT NULL,
                        result TEXT NOT NULL
                    );
                    """)
        }
        Self.registerDeployments(in: &migrator)
        Self.registerHistory(in: &migrator)
        migrator.registerMigration("4 token marks") { database in
            // `is_authenticated` said that some token was shown, even one that is bound to a client. The new column takes
            // its place, and the old one is cleared so that an older program does not trust it either.
            try database.execute(
                sql: """
                    ALTER TABLE client ADD COLUMN token_mark TEXT; -- of the token that allows everything, if shown
                    UPDATE client SET is_authenticated = 0;
                    """)
        }
        Self.registerRefusals(in: &migrator)
        return migrator
    }

    package func clients() throws -> [StoredClient] {
        try database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM client ORDER BY name").map { row in
                // One without a report that can be read is left out, and told of, where reports are read.
                StoredClient(
                    name: row.lenient("name") ?? "", heartbeat: row.lenient("heartbeat") ?? "",
                    lastSeen: Timestamp(milliseconds: row.lenient("last_seen") ?? 0), peer: row.lenient("peer"),
                    tokenMark: row.lenient("token_mark"), clockSkew: row.lenient("clock_skew") ?? 0)
            }
        }
    }

    package func save(_ clients: [StoredClient]) throws {
        try database.write { database in
            let statement = try database.cachedStatement(
                sql:
                    "INSERT OR REPLACE INTO client (name, heartbeat, last_seen, peer, is_authenticated, token_mark, clock_skew) "
                    + "VALUES (?, ?, ?, ?, 0, ?, ?)")
            // By the keys of the table: each of its pages is then read and written once, however small the cache.
            for client in clients.sorted(by: { $0.name < $1.name }) {
                try statement.execute(arguments: [
                    client.name, client.heartbeat, client.lastSeen.milliseconds, client.peer, client.tokenMark,
                    client.clockSkew,
                ])
            }
        }
    }

    package func forget(_ name: String, noting entry: AuditEntry) throws {
        try database.writeDurably { database in
            try database.execute(sql: "DELETE FROM client WHERE name = ?", arguments: [name])
            try append(entry, to: database)
        }
    }

    package func append(_ entry: AuditEntry) throws { try database.writeDurably { try append(entry, to: $0) } }

    private func append(_ entry: AuditEntry, to database: Database) throws {
        try database.execute(
            sql: "INSERT INTO audit (time, who, address, action, target, result) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                entry.time.milliseconds, entry.who, entry.address, entry.action, entry.target, entry.result,
            ])
        try database.execute(
            sql: """
                DELETE FROM audit WHERE (SELECT count(*) FROM audit) > ? AND id = (
                    SELECT min(id) FROM audit WHERE who =
                        (SELECT who FROM audit GROUP BY who ORDER BY count(*) DESC, min(id) LIMIT 1))
                """, arguments: [limits.audit])
    }

    package func audit(limit: Int) throws -> [AuditEntry] {
        try database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM audit ORDER BY id DESC LIMIT ?", arguments: [limit]).map {
                AuditEntry(
                    time: Timestamp(milliseconds: $0.lenient("time") ?? 0), who: $0.lenient("who") ?? "",
                    address: $0.lenient("address"), action: $0.lenient("action") ?? "",
                    target: $0.lenient("target") ?? "", result: $0.lenient("result") ?? "")
            }
        }
    }
}

/// Why the central can't do its work, as a sentence.
package struct CentralError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
