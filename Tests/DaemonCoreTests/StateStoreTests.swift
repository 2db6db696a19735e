import FleetModel
import Foundation
import GRDB
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
            #expect(throws: (any Error).self) { try SQLiteStateStore(path: path) }
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
            }
            let records = try store.records()
            #expect(records.map(\.name) == ["c"])
            #expect(records.first?.runCount == 1 << 48)
        }
    }
}
