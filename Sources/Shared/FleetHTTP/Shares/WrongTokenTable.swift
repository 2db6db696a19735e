/// Wrong tokens by address. Pure: times are passed in, in seconds.
///
/// A right token is never asked about here, so that nobody's wrong ones keep another out. The table is bounded: the
/// address that has been silent the longest is forgotten first.
package struct WrongTokenTable: Sendable {
    /// Of an address, in a minute; further ones are answered with 429.
    package static let most = 30.0
    static let seconds = 60.0
    static let addresses = 4096

    private struct Bucket {
        /// How many have not been forgiven; one is every two seconds.
        var level: Double
        var at: Double
    }

    private var buckets: [AddressBlock: Bucket] = [:]
    private var recency = RecencyList<AddressBlock>()

    package init() {}

    package var count: Int { buckets.count }

    /// - Returns: nil while the address may still be told that it was wrong; then the seconds until it may be again.
    package mutating func wrong(from address: AddressBlock, now: Double) -> Int? {
        var bucket = buckets[address] ?? Bucket(level: 0, at: now)
        let perSecond = Self.most / Self.seconds
        bucket.level = max(0, bucket.level - max(0, now - bucket.at) * perSecond)
        bucket.at = now
        let isOver = bucket.level + 1 > Self.most
        if !isOver { bucket.level += 1 }
        buckets[address] = bucket
        recency.use(address)
        if buckets.count > Self.addresses, let oldest = recency.oldest {
            recency.remove(oldest)
            buckets[oldest] = nil
        }
        guard isOver else { return nil }
        return max(1, Int(exactly: ((bucket.level + 1 - Self.most) / perSecond).rounded(.up)) ?? 60)
    }
}
