import FleetModel
import Foundation
import GRDB
import SQLiteFile
import Synchronization
import Testing

@testable import DaemonCore

@Suite("The state of workloads")
struct StateStoreTests {
    enum Kind: CaseIterable { case sqlite, memory }

    private func withStore(_ kind: Kind, _ body: (any StateStore, String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "mctl-state-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/s.db"
        try body(kind == .memory ? MemoryStateStore() : try SQLiteStateStore(path: path), path)
    }

    private static func record(_ name: String, runs: Int = 0) -> WorkloadRecord {
        var record = WorkloadRecord(name: name, wantedUp: true)
        record.runCount = runs
        record.lastError = "it's \"over\"; -- 🧨"
        record.lastStarted = Timestamp(milliseconds: 1_750_000_000_123)
        return record
    }

    @Test("keeps what it is given, replaces by name, forgets by name", arguments: Kind.allCases)
    func keeps(kind: Kind) throws {
        try withStore(kind) { store, _ in
            #expect(try store.records().isEmpty)
            try store.save([Self.record("b"), Self.record("a")])
            try store.save([Self.record("b", runs: 7)])
            #expect(try store.records() == [Self.record("a"), Self.record("b", runs: 7)])
            try store.remove(["a", "never there"])
            #expect(try store.records().map(\.name) == ["b"])
        }
    }

    @Test("a file is its owner's alone, and the next one that opens it finds everything")
    func reopened() throws {
        try withStore(.sqlite) { store, path in
            try store.save([Self.record("a", runs: 3)])
            #expect(try SQLiteStateStore(path: path).records() == [Self.record("a", runs: 3)])
            for suffix in ["", "-wal", "-shm"] {
                var status = stat()
                #expect(lstat(path + suffix, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600)
            }
        }
    }

    @Test("a file that is no database is refused, and left as it is")
    func noDatabase() throws {
        try withStore(.memory) { _, path in
            let text = String(repeating: "this is no database\n", count: 100)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: SQLiteFileError.self) { try SQLiteStateStore(path: path) }
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("up --reset-state") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
    }

    @Test("one daemon holds the lock, the second is told what to do")
    func lock() throws {
        try withStore(.memory) { _, path in
            let first = try DirectoryLock(besideDatabase: path)
            let error = #expect(throws: StateError.self) { try DirectoryLock(besideDatabase: path) }
            #expect(error?.description.contains("--db-path") == true)
            withExtendedLifetime(first) {}
        }
    }

    @Test("a row that cannot be read is passed over, and counts that are too large are bounded")
    func oddRows() throws {
        try withStore(.sqlite) { store, path in
            try store.save([Self.record("a"), Self.record("b"), Self.record("c", runs: .max)])
            try DatabaseQueue(path: path).write { database in
                try database.execute(sql: "UPDATE workload SET record = x'ff' WHERE name = 'a'")
                try database.execute(sql: "UPDATE workload SET record = '{' WHERE name = 'b'")
                try database.execute(
                    sql: """
                        INSERT INTO workload SELECT 'draining', replace(record, '"registered"', '"draining"')
                        FROM workload WHERE name = 'c'
                        """)
                try database.execute(sql: "INSERT INTO workload SELECT 'other', record FROM workload WHERE name = 'c'")
            }
            let records = try store.records()
            #expect(records.map(\.name) == ["c"])
            #expect(records.first?.runCount == 1 << 48)
        }
    }

    @Test("definitions are kept, replaced and forgotten with the record", arguments: Kind.allCases)
    func definitions(kind: Kind) throws {
        try withStore(kind) { store, path in
            var spec = WorkloadSpec(name: "a", program: .command(["x"]))
            try store.save([StoredDefinition(spec: spec, file: "/a.yaml")])
            spec.env = ["A": "1"]
            let latest = StoredDefinition(spec: spec, file: nil)
            try store.save([
                latest, StoredDefinition(spec: .init(name: "b", program: .command(["y"])), file: "/b.yaml"),
            ])
            try store.remove(["b"])
            #expect(try store.definitions() == [latest])
            guard kind == .sqlite else { return }
            #expect(try SQLiteStateStore(path: path).definitions() == [latest])
            try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE definition SET spec = '{'") }
            #expect(try store.definitions() == [])
        }
    }

    @Test("a database of a newer version is refused by what it is, and left as it is")
    func newer() throws {
        try withStore(.sqlite) { _, path in
            try DatabaseQueue(path: path).write { database in
                try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 from the future')")
            }
            let error = #expect(throws: SQLiteFileError.self) { try SQLiteStateStore(path: path) }
            #expect(error?.description.contains("newer version") == true)
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test("one of version 0.1.0 is read, and nothing of it is lost")
    func older() throws {
        try withStore(.memory) { _, path in
            try DatabaseQueue(path: path).write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                        INSERT INTO grdb_migrations VALUES ('1 workloads');
                        CREATE TABLE workload (name TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
                        INSERT INTO workload VALUES ('a', '{"enabled":true,"failuresInRow":0,"finishedRuns":1,
                            "generation":2,"name":"a","restarts":0,"runCount":2,"status":"scheduled","wantedUp":false}');
                        """)
            }
            let store = try SQLiteStateStore(path: path)
            #expect(try store.records().map(\.finishedRuns) == [1])
            #expect(try store.definitions() == [])
        }
    }

    @Test("a damaged file is named with advice, and moved aside with all that is beside it")
    func damaged() throws {
        try withStore(.memory) { _, path in
            do {
                let store = try SQLiteStateStore(path: path)
                try store.save((0..<200).map { Self.record("w\($0)") })
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            let size = try file.seekToEnd()
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0x5A, count: Int(size) - 4096))
            try file.close()
            let error = #expect(throws: SQLiteFileError.self) { try SQLiteStateStore(path: path) }
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("up --reset-state") == true)
            try Data("w".utf8).write(to: URL(fileURLWithPath: path + "-wal"))
            let time = try #require(Timestamp("2026-03-02T10:00:30Z"))
            let moved = try SQLiteStateStore.moveAside(path, at: time)
            let place = try #require(moved)
            #expect(place.hasPrefix(path + ".broken-2026"))
            #expect(FileManager.default.fileExists(atPath: place))
            #expect(FileManager.default.fileExists(atPath: place + "-wal"))
            #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
            let anew = try SQLiteStateStore(path: path).records()
            #expect(anew == [])
        }
        try withStore(.memory) { _, path in
            let moved = try SQLiteStateStore.moveAside(path, at: Timestamp(milliseconds: 0))
            #expect(moved == nil)
        }
    }

    @Test("what is durable is on the disk when it is stored, and what is not costs no wait")
    func durable() throws {
        try withStore(.sqlite) { store, _ in
            let sqlite = try #require(store as? SQLiteStateStore)
            let said = Mutex<[String]>([])
            sqlite.database.writeWithoutTransaction { database in
                database.trace { event in said.withLock { $0.append("\(event)") } }
            }
            try store.save([Self.record("a")], durably: true)
            let words = said.withLock { $0 }
            let full = try #require(words.firstIndex { $0.contains("synchronous = FULL") })
            let commit = try #require(words.firstIndex { $0.contains("COMMIT") })
            let normal = try #require(words.firstIndex { $0.contains("synchronous = NORMAL") })
            #expect(full < commit && commit < normal)
            try store.save([Self.record("b")])
            #expect(said.withLock { $0.filter { $0.contains("FULL") }.count } == 1)
            #expect(try store.records().map(\.name) == ["a", "b"])
        }
    }
}
