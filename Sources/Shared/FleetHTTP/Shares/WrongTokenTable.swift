/// Wrong tokens by address, by site and of all. Pure: times are passed in, in seconds.
///
/// A right token is never asked about here, so that nobody's wrong ones keep another out. Who has a whole /48 of IPv6
/// gains little by going through its 65,536 parts, for they have a share together; and who has still more pays for each
/// guess beyond the share of all with a connection. The table is bounded: whoever has been silent the longest is
/// forgotten first.
package struct WrongTokenTable: Sendable {
    /// Of an address, in a minute; further ones are answered with 429.
    package static let most = 30.0
    /// Of a /48 of IPv6, in a minute, likewise.
    static let mostOfSite = 240.0
    /// Of all, in a minute: beyond that each one costs its connection. The answer is the usual one, as it may be
    /// somebody's first.
    static let mostOfAll = 1200.0
    static let seconds = 60.0
    static let addresses = 4096

    package enum Verdict: Hashable, Sendable {
        /// The usual answer.
        case tell
        /// The usual answer, and the connection ends.
        case tellAndClose
        /// Too many of the address, or of all around it: the seconds until it may be told again.
        case refuse(AddressBlock, seconds: Int)
    }

    private struct Bucket {
        /// How many have not been forgiven.
        var level = 0.0
        var at: Double

        /// - Returns: the seconds until there is room for one more; nil where there is.
        mutating func wait(most: Double, now: Double) -> Int? {
            let perSecond = most / WrongTokenTable.seconds
            level = max(0, level - max(0, now - at) * perSecond)
            at = now
            guard level + 1 > most else { return nil }
            return max(1, Int(exactly: ((level + 1 - most) / perSecond).rounded(.up)) ?? 60)
        }
    }

    private var buckets: [AddressBlock: Bucket] = [:]
    private var recency = RecencyList<AddressBlock>()
    private var all = Bucket(at: 0)

    package init() {}

    package var count: Int { buckets.count }

    package mutating func wrong(from address: AddressBlock, now: Double) -> Verdict {
        // The site first: where it is over, its parts are not worth a row each. What a part has too many of is not the
        // site's, so that its neighbours go on being told.
        if let site = address.site, let seconds = wait(for: site, most: Self.mostOfSite, now: now) {
            return .refuse(site, seconds: seconds)
        }
        if let seconds = wait(for: address, most: Self.most, now: now) { return .refuse(address, seconds: seconds) }
        buckets[address]?.level += 1
        if let site = address.site { buckets[site]?.level += 1 }
        guard all.wait(most: Self.mostOfAll, now: now) == nil else { return .tellAndClose }
        all.level += 1
        return .tell
    }

    private mutating func wait(for block: AddressBlock, most: Double, now: Double) -> Int? {
        var bucket = buckets[block] ?? Bucket(at: now)
        let seconds = bucket.wait(most: most, now: now)
        buckets[block] = bucket
        recency.use(block)
        if buckets.count > Self.addresses, let oldest = recency.oldest {
            recency.remove(oldest)
            buckets[oldest] = nil
        }
        return seconds
    }
}
