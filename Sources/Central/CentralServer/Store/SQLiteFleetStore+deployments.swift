import FleetModel
import FoundationEssentials
import GRDB
import Logging
import SQLiteFile

/// A deployment is a row and one row for each client, so that a step of one client writes two small rows however many
/// clients there are.
extension SQLiteFleetStore: DeploymentStore {
    /// A migration that has shipped is never changed.
    static func registerDeployments(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2 deployments") { database in
            try database.execute(
                sql: """
                    CREATE TABLE deployment (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        is_ended INTEGER NOT NULL,
                        body TEXT NOT NULL -- a Rollout without its clients, JSON
                    );
                    CREATE INDEX deployment_unfinished ON deployment (is_ended) WHERE is_ended = 0;
                    CREATE TABLE deployment_client (
                        deployment TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        body TEXT NOT NULL, -- a RolloutClient, JSON
                        PRIMARY KEY (deployment, position)
                    ) WITHOUT ROWID;
                    CREATE TABLE deployment_lock (
                        client TEXT NOT NULL PRIMARY KEY,
                        deployment TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE
                    ) WITHOUT ROWID;
                    CREATE TABLE deployment_output (
                        deployment TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
                        client TEXT NOT NULL,
                        text TEXT NOT NULL,
                        PRIMARY KEY (deployment, client)
                    ) WITHOUT ROWID;
                    """)
        }
    }

    package func begin(_ deployment: DeploymentMachine) throws {
        try database.writeDurably { database in
            for client in deployment.clients where client.status != .skipped {
                let holder = try String.fetchOne(
                    database, sql: "SELECT deployment FROM deployment_lock WHERE client = ?", arguments: [client.name])
                if let holder { throw DeploymentConflict(client: client.name, holder: holder) }
            }
            try database.execute(
                sql: "INSERT INTO deployment (id, is_ended, body) VALUES (?, ?, ?)",
                arguments: [deployment.id, deployment.state.isEnded, try Self.text(of: deployment.withoutClients)])
            for (position, client) in deployment.clients.enumerated() {
                try Self.write(client, at: position, of: deployment.id, in: database)
                guard client.status != .skipped else { continue }
                try database.execute(
                    sql: "INSERT INTO deployment_lock (client, deployment) VALUES (?, ?)",
                    arguments: [client.name, deployment.id])
            }
            try database.execute(
                sql: """
                    DELETE FROM deployment WHERE is_ended = 1 AND number <=
                        (SELECT number FROM deployment WHERE is_ended = 1 ORDER BY number DESC LIMIT 1 OFFSET ?)
                    """, arguments: [DeploymentStoreLimits.kept])
        }
    }

    package func save(_ deployment: DeploymentMachine, after earlier: DeploymentMachine) throws {
        try database.writeDurably { database in
            try database.execute(
                sql: "UPDATE deployment SET is_ended = ?, body = ? WHERE id = ?",
                arguments: [deployment.state.isEnded, try Self.text(of: deployment.withoutClients), deployment.id])
            for (position, client) in deployment.clients.enumerated() where client != earlier.clients[position] {
                try Self.write(client, at: position, of: deployment.id, in: database)
            }
            if deployment.state.isEnded {
                try database.execute(
                    sql: "DELETE FROM deployment_lock WHERE deployment = ?", arguments: [deployment.id])
            }
        }
    }

    package func deployment(_ id: String) throws -> DeploymentMachine? {
        try database.read { database in
            try Row.fetchOne(database, sql: "SELECT id, body FROM deployment WHERE id = ?", arguments: [id])
                .flatMap { deployment($0, in: database) }
        }
    }

    package func deployments(limit: Int) throws -> [DeploymentMachine] {
        try database.read { database in
            let sql = "SELECT id, body FROM deployment ORDER BY number DESC LIMIT ?"
            return try Row.fetchAll(database, sql: sql, arguments: [limit]).compactMap { deployment($0, in: database) }
        }
    }

    /// One that cannot be read is ended: nobody could go on with it or cancel it, and it would hold its clients for ever.
    package func unfinished() throws -> [DeploymentMachine] {
        try database.write { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT number, id, body FROM deployment WHERE is_ended = 0 ORDER BY number")
            return try rows.compactMap { row in
                if let deployment = deployment(row, in: database) { return deployment }
                try database.execute(
                    sql: "UPDATE deployment SET is_ended = 1 WHERE number = ?",
                    arguments: [row.lenient("number", as: Int64.self)])
                try database.execute(
                    sql: "DELETE FROM deployment_lock WHERE deployment = ?",
                    arguments: [row.lenient("id", as: String.self)])
                return nil
            }
        }
    }

    package func locks() throws -> [String: String] {
        try database.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT client, deployment FROM deployment_lock")
            let locks = rows.compactMap { row -> (String, String)? in
                guard let client: String = row.lenient("client"), let holder: String = row.lenient("deployment") else {
                    return nil
                }
                return (client, holder)
            }
            return Dictionary(locks, uniquingKeysWith: { first, _ in first })
        }
    }

    package func saveOutput(_ text: String, of client: String, in id: String) throws {
        try database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO deployment_output (deployment, client, text) VALUES (?, ?, ?)",
                arguments: [id, client, text])
        }
    }

    package func output(of client: String, in id: String) throws -> String? {
        try database.read { database in
            try String.fetchOne(
                database, sql: "SELECT text FROM deployment_output WHERE deployment = ? AND client = ?",
                arguments: [id, client])
        }
    }

    // MARK: - Rows

    private static func write(
        _ client: DeploymentTarget, at position: Int, of id: String, in database: Database
    ) throws {
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO deployment_client (deployment, position, body) VALUES (?, ?, ?)"
        ).execute(arguments: [id, position, try text(of: client)])
    }

    /// - Returns: nil where it cannot be read, which the log is told.
    private func deployment(_ row: Row, in database: Database) -> DeploymentMachine? {
        do {
            let body: String = try row.decode(forColumn: "body")
            let deployment = try JSONDecoder().decode(DeploymentMachine.self, from: Data(body.utf8))
            let clients = try String.fetchAll(
                database, sql: "SELECT body FROM deployment_client WHERE deployment = ? ORDER BY position",
                arguments: [deployment.id])
            return deployment.with(
                try clients.map { try JSONDecoder().decode(DeploymentTarget.self, from: Data($0.utf8)) })
        } catch {
            logger?.warning(
                "a stored deployment cannot be read and is passed over",
                metadata: ["deployment": "\(row.lenient("id", as: String.self)?.cut(toBytes: 64) ?? "?")"])
            return nil
        }
    }

    private static func text(of value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

extension DeploymentMachine {
    fileprivate var withoutClients: DeploymentMachine { with([]) }

    fileprivate func with(_ clients: [DeploymentTarget]) -> DeploymentMachine {
        var deployment = self
        deployment.clients = clients
        return deployment
    }
}
