import FleetModel

/// Something that happened, in the fleet or to the console itself: a line of the events.
package struct Happening: Hashable, Sendable {
    package enum Weight: Int, Sendable, Comparable {
        case info, good, warning, bad
        package static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }

        var role: Role {
            switch self {
            case .info: .info
            case .good: .ok
            case .warning: .warn
            case .bad: .bad
            }
        }
    }

    package var time: Timestamp
    package var weight: Weight
    /// `client`, `client/workload`, a deployment, or empty.
    package var target: String
    package var text: String

    package init(time: Timestamp, weight: Weight, target: String, text: String) {
        self.time = time
        self.weight = weight
        self.target = target
        self.text = text
    }

    var client: Substring { target.prefix { $0 != "/" } }
}

/// The newest happenings, oldest first; each has a number of its own.
package struct HappeningLog: Sendable {
    static let most = 2000

    private(set) var entries: [Happening] = []
    /// Number of the first that is still there.
    private(set) var first = 0

    var end: Int { first + entries.count }

    mutating func append(_ happening: Happening) {
        entries.append(happening)
        // In one go now and then, so that it costs nothing each time.
        if entries.count > Self.most + 200 {
            first += entries.count - Self.most
            entries.removeFirst(entries.count - Self.most)
        }
    }

    /// What was there before this console was, which goes in front.
    mutating func prepend(_ older: [Happening]) {
        let room = max(0, Self.most - entries.count)
        entries.insert(contentsOf: older.suffix(room), at: 0)
        first -= min(room, older.count)
    }

    subscript(number: Int) -> Happening? {
        entries.indices.contains(number - first) ? entries[number - first] : nil
    }

    /// The newest of a client, newest first.
    func newest(of client: String, _ count: Int) -> [Happening] {
        var found: [Happening] = []
        for happening in entries.reversed() where happening.client == client {
            found.append(happening)
            if found.count == count { break }
        }
        return found
    }
}
