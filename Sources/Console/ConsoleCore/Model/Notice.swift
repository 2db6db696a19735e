import FleetModel

/// Something that happened, in the fleet or to the console itself: a line of the events.
package struct Notice: Hashable, Sendable {
    package enum Severity: Int, Sendable, Comparable {
        case info, good, warning, bad
        package static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }

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
    package var severity: Severity
    /// `client`, `client/workload`, a deployment, or empty.
    package var target: String
    package var text: String

    package init(time: Timestamp, severity: Severity, target: String, text: String) {
        self.time = time
        self.severity = severity
        self.target = target
        self.text = text
    }

    var client: Substring { target.prefix { $0 != "/" } }
}

/// The newest notices, oldest first; each has a number of its own.
package struct NoticeLog: Sendable {
    static let most = 2000

    private(set) var entries: [Notice] = []
    /// Number of the first that is still there.
    private(set) var first = 0

    var end: Int { first + entries.count }

    mutating func append(_ notice: Notice) {
        entries.append(notice)
        // The old ones go many at a time, since each removal moves all that stay.
        if entries.count > Self.most + 200 {
            first += entries.count - Self.most
            entries.removeFirst(entries.count - Self.most)
        }
    }

    /// Puts in front what happened before this console was started.
    mutating func prepend(_ older: [Notice]) {
        let room = max(0, Self.most - entries.count)
        entries.insert(contentsOf: older.suffix(room), at: 0)
        first -= min(room, older.count)
    }

    subscript(number: Int) -> Notice? {
        entries.indices.contains(number - first) ? entries[number - first] : nil
    }

    /// The newest of a client, newest first.
    func newest(of client: String, _ count: Int) -> [Notice] {
        var found: [Notice] = []
        for notice in entries.reversed() where notice.client == client {
            found.append(notice)
            if found.count == count { break }
        }
        return found
    }
}
