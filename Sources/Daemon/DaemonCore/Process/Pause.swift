import FleetModel

/// How long the launcher waits before it tries again: each time twice as long, and at most a second.
enum Pause {
    /// From this one on they are a second long.
    static let slowest = 10
    /// A folder that a keeper nobody knows keeps is given up after that many, ten seconds in all.
    static let mostForFolder = 19
    /// A keeper that holds its lock and does not listen is given up after that many, a minute in all.
    static let mostForKeeper = 66

    /// A keeper that is just going has gone in a moment.
    static func forFolder(_ tries: Int) -> Double { Backoff(0.001...1).pause(afterFailures: tries + 1) }

    static func forKeeper(_ tries: Int) -> Double { Backoff(0.01...1).pause(afterFailures: tries + 1) }
}
