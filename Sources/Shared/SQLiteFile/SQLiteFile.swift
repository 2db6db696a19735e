import FleetModel
import GRDB
import Glibc

/// How both programs keep what they know: one SQLite file, readable by its owner alone, with a write-ahead log.
///
/// With `synchronous = NORMAL` a power cut may lose what was written last, never the file; `writeDurably` is for what must
/// not be lost.
package struct SQLiteFile: Sendable {
    package var path: String
    /// As a message calls it: `the database`.
    package var title: String
    /// What to do where the file is of no use, as the end of a sentence.
    package var advice: String
    package var cacheKiB: Int

    package init(path: String, title: String, advice: String, cacheKiB: Int) {
        self.path = path
        self.title = title
        self.advice = advice
        self.cacheKiB = cacheKiB
    }

    /// - Parameter looksAtAll: reads the whole file once, for damage; what is small can afford it at each start.
    /// - Throws: `SQLiteFileError` that names the file and says what to do, also where a newer version of the program wrote
    ///   it. Nothing is written into such a file.
    package func open(_ migrator: DatabaseMigrator, looksAtAll: Bool) throws -> DatabaseQueue {
        try makePrivate()
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let cacheKiB = cacheKiB
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA cache_size = -\(cacheKiB)")
        }
        return try explaining {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { try look(at: $0, migrator, looksAtAll) }
            try migrator.migrate(queue)
            return queue
        }
    }

    /// What SQLite says against the file becomes a sentence that says what to do about it.
    ///
    /// - Throws: `SQLiteFileError`, or what is no error of the database as it is.
    package func explaining<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            let reason = error.message ?? "error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_NOTADB:
                throw SQLiteFileError("the file '\(path)' is no database of master-control (\(reason)); \(advice)")
            case .SQLITE_CORRUPT, .SQLITE_ERROR:
                throw SQLiteFileError("\(title) '\(path)' is damaged (\(reason)); \(advice)")
            default: throw SQLiteFileError("cannot use \(title) '\(path)': \(reason)")
            }
        }
    }

    private func look(at database: Database, _ migrator: DatabaseMigrator, _ looksAtAll: Bool) throws {
        if try migrator.hasBeenSuperseded(database) {
            throw SQLiteFileError(
                "\(title) '\(path)' was written by a newer version of master-control than this one "
                    + "(\(ProgramVersion.current)); run that version, or \(advice)")
        }
        guard looksAtAll else { return }
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        if let verdict, verdict != "ok" {
            throw SQLiteFileError("\(title) '\(path)' is damaged (\(verdict)); \(advice)")
        }
    }

    /// Makes an empty file of mode 0600 where there is none: SQLite's companion files inherit that.
    private func makePrivate() throws {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SQLiteFileError("cannot open \(title) '\(path)': \(String(cString: strerror(errno)))")
        }
        _ = fchmod(descriptor, 0o600)
        close(descriptor)
    }
}

extension DatabaseWriter {
    /// One transaction that is on the disk when this returns, whatever happens to the power then.
    package func writeDurably(_ body: (Database) throws -> Void) throws {
        try writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            defer { try? database.execute(sql: "PRAGMA synchronous = NORMAL") }
            try database.inTransaction {
                try body(database)
                return .commit
            }
        }
    }
}

extension Row {
    /// What stands in a column, or nil where it is of another kind: SQLite keeps in a column whatever was put there, and
    /// the subscript of a row ends the process where that is not what was expected. `scripts/check` looks for it.
    package func lenient<Value: DatabaseValueConvertible & StatementColumnConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) -> Value? {
        try? decode(type, forColumn: column)
    }
}

/// Why a database can't be used, as a sentence.
package struct SQLiteFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
