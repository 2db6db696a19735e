import GRDB

extension Row {
    /// What stands in a column, or nil where it is of another kind: SQLite keeps in a column whatever was put there, and
    /// the subscript of a row ends the process where that is not what was expected. `scripts/check` looks for it.
    func lenient<Value: DatabaseValueConvertible & StatementColumnConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) -> Value? {
        try? decode(type, forColumn: column)
    }
}
