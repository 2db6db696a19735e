/// A value that is set once, and waited for by any number of tasks. The first to set it wins.
package final class Once<Value: Sendable>: Sendable {
    private let room = WaitingRoom<Value?, Value>(nil)

    package init() {}

    /// - Returns: false where it was set before; that value stays.
    @discardableResult
    package func set(_ value: Value) -> Bool {
        let isFirst = room.withState { known in
            guard known == nil else { return false }
            known = value
            return true
        }
        // Who comes from here on finds the value; those who came before are in the line.
        if isFirst { room.passAll(value) { _, _ in } }
        return isFirst
    }

    /// Nil as long as it was not set.
    package var value: Value? { room.withState { $0 } }

    /// - Returns: nil where the task was cancelled before it was set.
    package func wait() async -> Value? { await room.wait { $0 } ?? value }

    /// - Returns: nil where the time was up first too.
    package func wait(seconds: Double) async -> Value? {
        await limited(to: seconds) { [self] in await wait() } ?? value
    }

    /// How many tasks wait for it now.
    package var waiting: Int { room.waiting }
}

extension Once where Value == Void {
    package func set() { set(()) }
    package var isSet: Bool { value != nil }
}
