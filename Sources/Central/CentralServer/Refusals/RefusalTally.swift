import FleetHTTP
import FleetModel

/// Counts refused requests by address and minute. Pure, and bounded whoever asks however often: what an outsider is
/// refused must cost less than what it costs to ask.
struct RefusalTally: Sendable {
    /// Told apart in a minute; the rest are `others`.
    static let addresses = 256
    static let others = "others"
    private static let longest = 200
    private static let minute: Int64 = 60_000

    private struct Key: Hashable {
        var minute: Int64
        /// Nil is the others.
        var address: AddressBlock?
    }

    private struct Row {
        var count: Int
        var status: Int
        var request: String
        var reason: String
    }

    private var rows: [Key: Row] = [:]
    private var current: Int64 = 0
    /// Of the current minute, also those whose rows were taken already.
    private var known: Set<AddressBlock> = []

    mutating func note(
        _ address: AddressBlock, status: Int, method: String, path: String, reason: String, at time: Timestamp
    ) {
        let minute = time.milliseconds / Self.minute
        if minute != current {
            current = minute
            known = []
        }
        let isKnown = known.contains(address) || known.count < Self.addresses
        if isKnown { known.insert(address) }
        let key = Key(minute: minute, address: isKnown ? address : nil)
        var row = rows[key] ?? Row(count: 0, status: 0, request: "", reason: "")
        row.count += 1
        row.status = status
        row.request = "\(method.cut(toBytes: 20)) \(path.cut(toBytes: Self.longest))"
        row.reason = reason.cut(toBytes: Self.longest)
        // A clock that is set again and again would add minutes without end.
        if rows.count < 4 * Self.addresses || rows[key] != nil { rows[key] = row }
    }

    /// What was counted since this was asked last; for a minute and an address it adds up.
    mutating func drain() -> [Refusal] {
        defer { rows = [:] }
        return rows.map { key, row in
            Refusal(
                time: Timestamp(milliseconds: key.minute * Self.minute),
                address: key.address.map { $0.description } ?? Self.others, count: row.count, status: row.status,
                request: Self.cleaned(row.request), reason: Self.cleaned(row.reason))
        }
    }

    /// Nothing in it is anything but a letter, a sign or a space.
    private static func cleaned(_ text: String) -> String {
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                cleaned.append("?")
            default: cleaned.append(scalar)
            }
        }
        return String(cleaned)
    }
}
