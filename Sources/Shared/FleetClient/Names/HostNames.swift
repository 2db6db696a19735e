import FleetModel
import Synchronization

/// Looks up the names of hosts, so that none of them waits for another.
///
/// The network library below looks up one name at a time on each of its threads: one that no name server answers for
/// would hold up all other hosts. Here each name has a thread of its own for as long as that takes, up to a bound, and
/// one that has been waited for in vain takes no more than a few of them until it is answered.
///
/// An answer is used for `kept` seconds. Where the next one does not come, what was known goes on being used: that it
/// is another host by now is found out by whoever asks for its name.
package final class HostNames: Sendable {
    /// What a lookup has come to.
    package enum Answer: Hashable, Sendable {
        /// In the order in which they are to be tried; never none.
        case addresses([String])
        /// There is no such name.
        case unknown
        /// Nobody could say, and why.
        case silence(String)
    }

    /// Seconds that whoever asks waits for a name; below that of one look at a client.
    package static let limit = 4.0
    /// Seconds that an answer is used.
    package static let kept = 30.0
    /// Seconds that it is believed that there is no such name: what an operator has just mended should work soon.
    static let unknownKept = 5.0
    /// Lookups at the same time, each on a thread, and those of them for names that were waited for in vain.
    package static let mostLookups = 32
    static let mostSlowLookups = 8
    /// Beyond that it begins anew.
    private static let mostNames = 20_000

    package static let shared = HostNames(lookUp: SystemNames.lookUp)

    private struct Known {
        var addresses: [String]
        /// Until then nobody is asked.
        var until: Double
    }

    private struct State {
        var known: [String: Known] = [:]
        /// Looked up now, or waiting for a thread.
        var underWay: [String: Once<Answer>] = [:]
        var line: [String] = []
        /// Waited for in vain since they were answered last.
        var slow: Set<String> = []
        var slowLine: [String] = []
        var threads = 0
        var slowThreads = 0
    }

    private enum Turn {
        case known([String])
        case wait(Once<Answer>)
    }

    private let state = Mutex(State())
    private let lookUp: @Sendable (String) -> Answer
    private let limit: Double
    private let now: @Sendable () -> Double

    /// - Parameters:
    ///   - limit: seconds that whoever asks waits.
    ///   - now: seconds of a clock that does not jump.
    ///   - lookUp: blocks its thread for as long as it takes.
    package init(
        limit: Double = HostNames.limit, now: @escaping @Sendable () -> Double = HostNames.sinceStart,
        lookUp: @escaping @Sendable (String) -> Answer
    ) {
        self.limit = limit
        self.now = now
        self.lookUp = lookUp
    }

    /// - Throws: `NameNotFound`, or `CancellationError`.
    package func addresses(of name: String) async throws -> [String] {
        let turn: Turn = state.withLock { self.turn(of: name, &$0) }
        switch turn {
        case .known(let addresses): return try Self.found(addresses, name)
        case .wait(let lookup):
            let answer = await lookup.wait(seconds: limit)
            if answer == nil { try Task.checkCancellation() }
            switch answer {
            case .addresses, .unknown:
                return try Self.found(state.withLock { $0.known[name]?.addresses ?? [] }, name)
            case .silence(let reason): return try stale(name, "\(reason) for '\(name)'")
            case nil:
                return try stale(name, "no name server has answered for '\(name)' within \(Self.written(limit)) s")
            }
        }
    }

    /// Where it was reached: that one is tried first from now on.
    func worked(_ address: String, of name: String) {
        state.withLock { state in
            guard let known = state.known[name]?.addresses, known.first != address, known.contains(address) else {
                return
            }
            state.known[name]?.addresses = [address] + known.filter { $0 != address }
        }
    }

    /// Where nobody was: that one is tried last from now on.
    func failed(_ address: String, of name: String) {
        state.withLock { state in
            guard let known = state.known[name]?.addresses, known.count > 1, known.contains(address) else { return }
            state.known[name]?.addresses = known.filter { $0 != address } + [address]
        }
    }

    /// Threads that look up now; for tests.
    package var threads: Int { state.withLock { $0.threads } }

    private func turn(of name: String, _ state: inout State) -> Turn {
        if let known = state.known[name], now() < known.until { return .known(known.addresses) }
        if let lookup = state.underWay[name] { return .wait(lookup) }
        let lookup = Once<Answer>()
        state.underWay[name] = lookup
        if state.slow.contains(name) { state.slowLine.append(name) } else { state.line.append(name) }
        if state.threads < Self.mostLookups {
            state.threads += 1
            LookupThread.start { [self] in work() }
        }
        return .wait(lookup)
    }

    /// What was known before, where there is something.
    private func stale(_ name: String, _ reason: String) throws -> [String] {
        let addresses = state.withLock { state -> [String] in
            if state.underWay[name] != nil { state.slow.insert(name) }
            let addresses = state.known[name]?.addresses ?? []
            if !addresses.isEmpty { state.known[name]?.until = now() + Self.kept }
            return addresses
        }
        guard !addresses.isEmpty else { throw NameNotFound(name: name, reason: reason) }
        return addresses
    }

    private static func found(_ addresses: [String], _ name: String) throws -> [String] {
        guard !addresses.isEmpty else {
            throw NameNotFound(name: name, reason: "'\(name)' is known neither to a name server nor to /etc/hosts")
        }
        return addresses
    }

    // MARK: - On a thread

    /// Looks up what waits, until nothing does.
    private func work() {
        while let (name, isSlow) = state.withLock({ state in Self.next(&state) }) {
            let answer = lookUp(name)
            let lookup = state.withLock { state in
                if isSlow { state.slowThreads -= 1 }
                note(answer, of: name, &state)
                return state.underWay.removeValue(forKey: name)
            }
            lookup?.set(answer)
        }
    }

    /// - Returns: nil where the thread is to end.
    private static func next(_ state: inout State) -> (name: String, isSlow: Bool)? {
        if !state.line.isEmpty { return (state.line.removeFirst(), false) }
        if state.slowThreads < mostSlowLookups, !state.slowLine.isEmpty {
            state.slowThreads += 1
            return (state.slowLine.removeFirst(), true)
        }
        state.threads -= 1
        return nil
    }

    private func note(_ answer: Answer, of name: String, _ state: inout State) {
        if state.known.count >= Self.mostNames { state.known = [:] }
        switch answer {
        case .addresses(let addresses):
            state.slow.remove(name)
            // The one that worked last stays the first.
            let best = state.known[name]?.addresses.first.flatMap { addresses.contains($0) ? $0 : nil }
            let ordered = best.map { best in [best] + addresses.filter { $0 != best } } ?? addresses
            state.known[name] = Known(addresses: ordered, until: now() + Self.kept)
        case .unknown:
            state.slow.remove(name)
            state.known[name] = Known(addresses: [], until: now() + Self.unknownKept)
        case .silence: break
        }
    }

    private static func written(_ seconds: Double) -> String {
        Int(exactly: seconds).map { "\($0)" } ?? "\(seconds)"
    }

    private static let start = ContinuousClock.now
    /// Seconds since this process asked first.
    package static let sinceStart: @Sendable () -> Double = { (ContinuousClock.now - start) / .seconds(1) }
}

/// Why a name leads nowhere, to be put behind "cannot be reached: ".
package struct NameNotFound: Error, Hashable, Sendable, CustomStringConvertible {
    package var name: String
    package var reason: String

    package var description: String { "its name could not be looked up: \(reason)" }
}
