import CentralServer
import FleetModel
import Foundation
import GRDB
import Glibc
import SQLiteFile
import Testing

/// What both forms of the store do.
@Suite("Store of the fleet")
struct FleetStoreTests {
    enum Form: CaseIterable { case sqlite, memory }

    private static func with(
        _ form: Form, audit: Int = 10_000, _ body: (any FleetStore) throws -> Void
    ) throws {
        var limits = FleetStoreLimits()
        limits.audit = audit
        switch form {
        case .memory: try body(MemoryFleetStore(limits: limits))
        case .sqlite:
            let folder = try temporaryFolder()
            defer { removeFolder(folder) }
            try body(try SQLiteFleetStore(path: folder + "/fleet.db", limits: limits))
        }
    }

    static func client(_ name: String, text: String = "{}", peer: String? = "10.0.0.1") -> StoredClient {
        StoredClient(
            name: name, heartbeat: text, lastSeen: Timestamp(milliseconds: 1_700_000_000_123), peer: peer,
            tokenMark: "0123456789abcdef", clockSkew: -0.25)
    }

    @Test("clients come back as they were saved, by name", arguments: Form.allCases)
    func clients(form: Form) throws {
        try Self.with(form) { store in
            #expect(try store.clients().isEmpty)
            try store.save([Self.client("b", peer: nil), Self.client("a")])
            try store.save([Self.client("b", text: #"{"é":"\""}"#)])
            #expect(try store.clients() == [Self.client("a"), Self.client("b", text: #"{"é":"\""}"#)])
        }
    }

    @Test("a client that is forgotten is gone, and one that is not there is no error", arguments: Form.allCases)
    func forget(form: Form) throws {
        try Self.with(form) { store in
            try store.save([Self.client("a"), Self.client("b")])
            let entries = ["a", "nobody"].map { name in
                AuditEntry(
                    time: Timestamp(milliseconds: 1), who: "me", address: nil, action: "forget", target: name,
                    result: "ok")
            }
            for entry in entries { try store.forget(entry.target, noting: entry) }
            #expect(try store.clients() == [Self.client("b")])
            #expect(try store.audit(limit: 10) == entries.reversed())
        }
    }

    @Test("the audit has the newest first, as many as are asked for", arguments: Form.allCases)
    func audit(form: Form) throws {
        try Self.with(form) { store in
            let entries = (1...5).map { number in
                AuditEntry(
                    time: Timestamp(milliseconds: Int64(number)), who: "api_token", address: number == 2 ? nil : "::1",
                    action: "stop", target: "a/w\(number)", result: "ok")
            }
            for entry in entries { try store.append(entry) }
            #expect(try store.audit(limit: 3) == Array(entries.reversed().prefix(3)))
            #expect(try store.audit(limit: 100) == Array(entries.reversed()))
        }
    }

    @Test("the history comes back as it was saved, and the next takes its place", arguments: Form.allCases)
    func history(form: Form) throws {
        try Self.with(form) { store in
            #expect(try store.history() == nil)
            let time = Timestamp(milliseconds: 1_700_000_000_123)
            let first = StoredHistory(taken: time, points: ["a": [0, 100, 255], "b'": []])
            try store.save(first)
            #expect(try store.history() == first)
            let second = StoredHistory(taken: Timestamp(milliseconds: 5), points: ["c": [7]])
            try store.save(second)
            #expect(try store.history() == second)
        }
    }

    @Test(
        "the audit has a bound: whoever has the most makes room, so that nobody pushes out what others did",
        arguments: Form.allCases)
    func pushing(form: Form) throws {
        let limit = 100
        try Self.with(form, audit: limit) { store in
            func append(_ who: String, _ number: Int) throws {
                try store.append(
                    AuditEntry(
                        time: Timestamp(milliseconds: Int64(number)), who: who, address: nil, action: "b", target: "c",
                        result: "d"))
            }
            for number in 0..<10 { try append("deployer", number) }
            for number in 10..<limit + 300 { try append("operator", number) }
            let all = try store.audit(limit: 100_000)
            #expect(all.count == limit)
            #expect(all.suffix(10).map(\.time.milliseconds) == (0..<10).reversed())
            #expect(all.dropLast(10).last?.time.milliseconds == 310)
        }
    }

    @Test("the audit has a bound: the oldest make room", arguments: Form.allCases)
    func bound(form: Form) throws {
        try Self.with(form, audit: 20) { store in
            for number in 0...20 {
                try store.append(
                    AuditEntry(
                        time: Timestamp(milliseconds: Int64(number)), who: "a", address: nil, action: "b", target: "c",
                        result: "d"))
            }
            let all = try store.audit(limit: 100_000)
            #expect(all.count == 20)
            #expect(all.last?.time.milliseconds == 1)
        }
    }

    @Test("the file is its owner's alone, its companions too, and still has everything when it is opened again")
    func file() throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let path = folder + "/fleet.db"
        do {
            let store = try SQLiteFleetStore(path: path)
            try store.save([Self.client("a")])
            for suffix in ["", "-wal", "-shm"] {
                var status = stat()
                #expect(stat(path + suffix, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(suffix)")
            }
        }
        #expect(try SQLiteFleetStore(path: path).clients() == [Self.client("a")])
    }

    @Test("a file that cannot be opened is named")
    func noFolder() {
        #expect(
            throws: SQLiteFileError(
                "cannot open the central's database '/no/such/fleet.db': No such file or directory")
        ) {
            try SQLiteFleetStore(path: "/no/such/fleet.db")
        }
    }

    @Test("a file of a newer program is refused as it is, with what to do")
    func newer() throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let path = folder + "/fleet.db"
        try SQLiteFleetStore(path: path).save([Self.client("a")])
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 later')") }
        let error = #expect(throws: SQLiteFileError.self) { try SQLiteFleetStore(path: path) }
        let text = try #require(error?.description)
        #expect(text.contains("fleet.db' was written by a newer version of master-control"))
        #expect(text.contains("put back a copy, or move it away"))
        #expect(try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM client") } == 1)
    }

    @Test("what is no database, or a broken one, is named with what to do", arguments: ["text", "damage"])
    func broken(kind: String) throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let path = folder + "/fleet.db"
        if kind == "damage" {
            let queue = try DatabaseQueue(path: path)
            try queue.write { try $0.execute(sql: "CREATE TABLE client (x)") }
            try queue.close()
        } else {
            try Data(String(repeating: "no database, ", count: 400).utf8).write(to: URL(filePath: path))
        }
        let error = #expect(throws: SQLiteFileError.self) { try SQLiteFleetStore(path: path) }
        #expect(try #require(error?.description).hasSuffix("and knows no deployment and no audit of before"))
    }
}
