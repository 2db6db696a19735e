import FleetModel
import Synchronization

/// CPU, memory and disk of each client over the last hour: one point a minute, 180 bytes a client whatever happens.
package final class FleetHistory: Sendable {
    /// Points of a series, one a minute.
    package static let points = 60
    package static let measures = 3
    package static let unknown: UInt8 = 255

    private struct State {
        /// By client: as many rings as there are measures, of percents; `unknown` where nothing was known.
        var rings: [String: [UInt8]] = [:]
        /// Where the next point goes.
        var next = 0
        var taken: Timestamp?
    }

    private let state: Mutex<State>

    /// Goes on with what was stored; the time since then is unknown.
    package init(_ stored: StoredHistory? = nil, now: Timestamp) {
        guard let stored else {
            state = Mutex(State())
            return
        }
        // Where the clock was set back meanwhile, no time has passed.
        let gap = Int(
            clamping: max(0, min(now.seconds(since: stored.taken) / HistoryService.interval, Double(Self.points))))
        let rings = stored.points.filter { $0.value.count == Self.points * Self.measures }.mapValues { all in
            (0..<Self.measures).flatMap { measure in
                all[measure * Self.points..<(measure + 1) * Self.points].dropFirst(gap)
                    + [UInt8](repeating: Self.unknown, count: gap)
            }
        }
        state = Mutex(State(rings: rings, next: 0, taken: min(stored.taken, now)))
    }

    /// Takes one point of each client. Clients that are no longer there are dropped.
    package func sample(_ clients: [ClientOverview], at time: Timestamp) {
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
            state.taken = time
        }
    }

    private static func percents(_ client: ClientOverview) -> [UInt8] {
        guard client.status == .online, let system = client.system else { return [unknown, unknown, unknown] }
        return [
            system.cpuPercent, FleetQuery.share(system.memoryUsedMB, system.memoryTotalMB),
            FleetQuery.share(system.diskUsedGB, system.diskTotalGB),
        ].map { $0.isFinite ? UInt8(clamping: max(0, min(100, $0))) : unknown }
    }

    /// 0 where no point was taken yet, or the last one is old enough.
    func secondsUntilDue(_ now: Timestamp) -> Double {
        guard let taken = state.withLock({ $0.taken }) else { return 0 }
        return max(0, min(HistoryService.interval - now.seconds(since: taken), HistoryService.interval))
    }

    /// Nil before the first point.
    package var stored: StoredHistory? {
        let copy = state.withLock { $0 }
        guard let taken = copy.taken else { return nil }
        return StoredHistory(
            taken: taken,
            points: copy.rings.mapValues { ring in
                (0..<Self.measures).flatMap { measure in
                    let series = ring[measure * Self.points..<(measure + 1) * Self.points]
                    return series.dropFirst(copy.next) + series.prefix(copy.next)
                }
            })
    }

    /// The three series of a client, oldest point first, nil where nothing was known.
    package func series(of client: String) -> [[UInt8?]] {
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
}
