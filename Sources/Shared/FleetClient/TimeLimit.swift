import FleetModel

/// Something took longer than it may.
package struct TimeLimitPassed: Error, Hashable, Sendable {
    package init() {}
}

/// Ends the work after so many seconds, whatever it waits for. The deadline of an HTTP call covers its head alone: a
/// peer that sends its body byte by byte would hold whoever waits for the rest.
///
/// - Throws: `TimeLimitPassed`, and what the work throws.
package func withTimeLimit<Value: Sendable>(
    seconds: Double, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: .seconds(clamping: seconds))
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw TimeLimitPassed() }
        return value
    }
}
