import FleetModel
import Foundation

/// A line of `cron_cases.tsv`, which another implementation made; see `cron_cases.py`.
struct CronCase: CustomStringConvertible, Sendable {
    var expression: String
    var zone: String
    var from: Int64
    var expected: [Int64]

    var description: String { "\(expression) in \(zone) from \(from)" }

    static func all() throws -> [CronCase] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cron_cases.tsv")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t").map(String.init)
            let times = fields.dropFirst(2).compactMap { Int64($0) }
            guard fields.count == 6, times.count == 4 else { throw Malformed(line: String(line)) }
            return CronCase(expression: fields[0], zone: fields[1], from: times[0], expected: Array(times[1...]))
        }
    }

    struct Malformed: Error { var line: String }
}

/// A zone by the tables of Foundation.
struct NamedZone: CivilZone {
    private let zone: TimeZone

    init?(_ name: String) {
        guard let found = TimeZone(identifier: name) else { return nil }
        zone = found
    }

    func offset(at utcSeconds: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utcSeconds)))
    }
}
