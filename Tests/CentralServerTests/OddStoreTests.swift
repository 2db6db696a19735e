import FleetModel
import Foundation
import GRDB
import Testing

@testable import CentralServer

/// Whatever stands in the store, it is read as far as it can be, and the start goes on.
@Suite("Odd rows of the store")
struct OddStoreTests {
    private static func with(_ body: (SQLiteFleetStore) throws -> Void) throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        try body(try SQLiteFleetStore(path: folder + "/fleet.db"))
    }

    /// As SQL: what the columns were not made for.
    static let values = [
        "NULL", "'text'", "x'ff00'", "1e300", "-9223372036854775808", "9223372036854775807", "''", "-1", "9e999",
    ]

    @Test("clients, audit and history of any kind of value are read", arguments: values)
    func anyValue(value: String) throws {
        try Self.with { store in
            try store.database.write { database in
                // Without what keeps the odd ones out of a new row.
                for table in ["client", "audit", "history"] { try database.execute(sql: "DROP TABLE \(table)") }
                try database.execute(
                    sql: """
                        CREATE TABLE client (name, heartbeat, last_seen, peer, is_authenticated, clock_skew);
                        CREATE TABLE audit (id INTEGER PRIMARY KEY, time, who, address, action, target, result);
                        CREATE TABLE history (client, taken, points);
                        INSERT INTO client VALUES (\(Array(repeating: value, count: 6).joined(separator: ",")));
                        INSERT INTO audit VALUES (1, \(Array(repeating: value, count: 6).joined(separator: ",")));
                        INSERT INTO history VALUES (\(Array(repeating: value, count: 3).joined(separator: ",")));
                        """)
            }
            for client in try store.clients() { #expect(client.lastSeen.description.count == 24) }
            for entry in try store.audit(limit: 10) { #expect(entry.time.description.count == 24) }
            let history = FleetHistory(try store.history(), now: .latest)
            _ = history.series(of: "a")
        }
    }

    @Test("a deployment that cannot be read is passed over, ended, and holds its clients no longer")
    func deployment() throws {
        try Self.with { store in
            let good = DeploymentMachine(
                id: "good", request: DeploymentRequest(version: "1"), targets: ["a"],
                createdAt: Timestamp(milliseconds: 0), createdBy: nil)
            let bad = DeploymentMachine(
                id: "bad", request: DeploymentRequest(version: "1"), targets: ["b"],
                createdAt: Timestamp(milliseconds: 0), createdBy: nil)
            try store.begin(good)
            try store.begin(bad)
            try store.database.write { try $0.execute(sql: "UPDATE deployment SET body = x'00' WHERE id = 'bad'") }
            #expect(try store.deployments(limit: 10).map(\.id) == ["good"])
            #expect(try store.deployment("bad") == nil)
            #expect(try store.unfinished().map(\.id) == ["good"])
            #expect(try store.locks() == ["a": "good"])
        }
    }

    @Test("numbers of a stored deployment are never so large that counting on would end the process")
    func numbers() throws {
        let deployment = DeploymentMachine(
            id: "a", request: DeploymentRequest(version: "1"), targets: ["a"], createdAt: Timestamp(milliseconds: 0),
            createdBy: nil)
        let text = String(decoding: try JSONEncoder().encode(deployment), as: UTF8.self)
            .replacingOccurrences(of: #""number":0"#, with: #""number":9223372036854775807"#)
        var read = try JSONDecoder().decode(DeploymentMachine.self, from: Data(text.utf8))
        #expect(read.clients.first?.number == 1 << 48)
        _ = read.handle(.start, at: Timestamp(milliseconds: 0))
        #expect(read.clients.first?.number == (1 << 48) + 1)
    }
}
