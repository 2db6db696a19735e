import FleetHTTP

extension HTTPLimits {
    /// Those of a central: each client keeps a connection to it, and those who look come on top.
    package static var central: HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = 16_384
        limits.connectionsOfOutsiders = 4096
        limits.connectionsOfAddress = 1024
        // What it waits for are clients, and what they are asked for happens without it too.
        limits.endingTime = .seconds(1.5)
        return limits
    }
}
