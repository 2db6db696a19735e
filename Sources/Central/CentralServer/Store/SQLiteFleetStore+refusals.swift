import FleetModel
import GRDB
import SQLiteFile

/// A row for an address and a minute. What a power cut takes away is the last second's.
extension SQLiteFleetStore {
    /// A migration that has shipped is never changed.
    static func registerRefusals(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("5 refusals, audit by who") { database in
            try database.execute(
                sql: """
                    CREATE TABLE refusal (
                        minute INTEGER NOT NULL, -- its begin, ms since 1970
                        address TEXT NOT NULL,
                        count INTEGER NOT NULL,
                        status INTEGER NOT NULL, -- of the last one, as the following
                        request TEXT NOT NULL,
                        reason TEXT NOT NULL,
                        PRIMARY KEY (minute, address)
                    ) WITHOUT ROWID;
                    -- For finding whose lines are the most.
                    CREATE INDEX audit_who ON audit (who, id);
                    """)
        }
    }

    package func add(_ refusals: [Refusal]) throws {
        try database.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO refusal (minute, address, count, status, request, reason) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (minute, address) DO UPDATE SET count = min(count + excluded.count, 1000000000),
                        status = excluded.status, request = excluded.request, reason = excluded.reason
                    """)
            for refusal in refusals {
                try statement.execute(arguments: [
                    refusal.time.milliseconds, refusal.address, refusal.count, refusal.status, refusal.request,
                    refusal.reason,
                ])
            }
            try database.execute(
                sql: """
                    DELETE FROM refusal WHERE minute <
                        (SELECT minute FROM refusal ORDER BY minute DESC, address LIMIT 1 OFFSET ?)
                    """, arguments: [limits.refusals - 1])
        }
    }

    package func refusals(limit: Int) throws -> [Refusal] {
        try database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM refusal ORDER BY minute DESC, count DESC, address LIMIT ?",
                arguments: [limit]
            ).map {
                Refusal(
                    time: Timestamp(milliseconds: $0.lenient("minute") ?? 0), address: $0.lenient("address") ?? "",
                    count: $0.lenient("count") ?? 0, status: $0.lenient("status") ?? 0,
                    request: $0.lenient("request") ?? "", reason: $0.lenient("reason") ?? "")
            }
        }
    }
}
