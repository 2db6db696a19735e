/// Who may have how many streams at a time: readers of events, followed logs. Pure.
///
/// Nobody has more than one's own share, an address of outsiders or a token; and outsiders together leave room for those
/// with a token.
package struct StreamShares: Sendable {
    package enum Reader: Hashable, Sendable {
        case outsider(AddressBlock)
        case insider(String)
    }

    package enum Refusal: Hashable, Sendable {
        /// Of this reader alone.
        case own(Int)
        case outsiders(Int)
        case all(Int)
    }

    private let limits: HTTPLimits
    private var counts: [Reader: Int] = [:]
    private var all = 0
    private var outsiders = 0

    package init(limits: HTTPLimits) { self.limits = limits }

    /// - Returns: nil where it may begin, and is counted.
    package mutating func begin(_ reader: Reader) -> Refusal? {
        let own = counts[reader] ?? 0
        if own >= limits.streamsOfOne { return .own(limits.streamsOfOne) }
        if case .outsider = reader {
            if outsiders >= limits.streamsOfOutsiders { return .outsiders(limits.streamsOfOutsiders) }
            outsiders += 1
        }
        if all >= limits.streams {
            if case .outsider = reader { outsiders -= 1 }
            return .all(limits.streams)
        }
        all += 1
        counts[reader] = own + 1
        return nil
    }

    package mutating func end(_ reader: Reader) {
        guard let own = counts[reader] else { return }
        counts[reader] = own > 1 ? own - 1 : nil
        all -= 1
        if case .outsider = reader { outsiders -= 1 }
    }
}
