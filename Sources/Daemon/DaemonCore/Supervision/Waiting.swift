import FleetModel

/// What a caller of start, stop or restart waits for.
enum Awaited: Hashable, Sendable {
    /// Nothing of the run of that generation, or an earlier one, lives.
    case gone(generation: Int64)
    /// A run of at least that generation was begun, or could not be.
    case begun(generation: Int64)

    /// - Parameter isHeld: it waits for what it depends on, and will be begun later.
    func isReached(by machine: WorkloadMachine, isHeld: Bool) -> Bool {
        switch self {
        case .gone(let generation):
            !machine.isActive || machine.record.generation > generation
        case .begun(let generation):
            isHeld || !machine.isActive
                || (machine.record.generation >= generation && machine.status != .starting
                    && machine.status != .stopping)
        }
    }
}

/// One who waits, and until when.
struct Waiter {
    var awaited: Awaited
    /// Monotonic.
    var deadline: Double
    /// True where it was reached, false where the time was up.
    var continuation: CheckedContinuation<Bool, Never>
}
