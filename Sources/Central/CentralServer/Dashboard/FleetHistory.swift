import FleetModel
import Synchronization

/// CPU, memory and disk of each client over the last hour: one point a minute, 180 bytes a client whatever happens.
final class FleetHistory: Sendable {
    /// Points of a series, one a minute.
    static let points = 60
    static let measures = 3
    private static let unknown: UInt8 = 255

    /// Of one client: `measures` rings of percents, 255 where nothing was known.
    private struct State {
        var rings: [String: [UInt8]] = [:]
        /// Where the next point goes.
        var next = 0
    }

    private let state = Mutex(State())

    /// Takes one point of each client. Clients that are no longer there are dropped.
    func sample(_ clients: [ClientOverview]) {
        state.withLock { state in
            var rings: [String: [UInt8]] = [:]
            rings.reserveCapacity(clients.count)
            for client in clients {
                var ring =
                    state.rings.removeValue(forKey: client.name)
                    ?? [UInt8](repeating: Self.unknown, count: Self.points * Self.measures)
                for (measure, percent) in Self.percents(client).enumerated() {
                    ring[measure * Self.points + state.next] = percent
                }
                rings[client.name] = ring
            }
            state.rings = rings
            state.next = (state.next + 1) % Self.points
        }
    }

    private static func percents(_ client: ClientOverview) -> [UInt8] {
        guard client.status == .online, let system = client.system else { return [unknown, unknown, unknown] }
        return [
            system.cpuPercent, FleetQuery.share(system.memoryUsedMB, system.memoryTotalMB),
            FleetQuery.share(system.diskUsedGB, system.diskTotalGB),
        ].map { $0.isFinite ? UInt8(max(0, min(100, $0))) : unknown }
    }

    /// The three series of a client, oldest point first, nil where nothing was known.
    func series(of client: String) -> [[UInt8?]] {
        state.withLock { state in
            guard let ring = state.rings[client] else { return [] }
            return (0..<Self.measures).map { measure in
                (0..<Self.points).map { point in
                    let value = ring[measure * Self.points + (state.next + point) % Self.points]
                    return value == Self.unknown ? nil : value
                }
            }
        }
    }

    /// The points of an SVG polyline in a box of 60 by 20; nil where there are too few to draw.
    static func line(_ series: [UInt8?]) -> String? {
        let known = series.enumerated().compactMap { place, value in value.map { (place, $0) } }
        guard known.count > 1 else { return nil }
        return known.map { "\($0),\(20 - Int($1) / 5)" }.joined(separator: " ")
    }
}
