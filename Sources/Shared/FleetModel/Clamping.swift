/// Conversions that have an answer for every number, for numbers that a peer, a file or the store had. The initializers
/// of the standard library end the process where a number does not fit; `scripts/check` looks for them.
extension FixedWidthInteger {
    /// The nearest whole number towards zero that this type has; 0 for what is no number.
    @inlinable
    package init(clamping value: Double) {
        if let whole = Self(exactly: value.rounded(.towardZero)) {
            self = whole
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Duration {
    /// Longer than any process lives, and short enough for every sum and every timer of the system: 31 years.
    @usableFromInline package static let longest = 1e9

    /// That many seconds, from none to 31 years; none for what is no number.
    @inlinable
    package static func seconds(clamping seconds: Double) -> Duration {
        .milliseconds(Int64(clamping: Swift.min(Swift.max(seconds, 0), longest) * 1000))
    }
}
