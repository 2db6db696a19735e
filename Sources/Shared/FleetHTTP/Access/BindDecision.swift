/// Where a server may listen: without any token only on a loopback address, unless that is asked for by name.
package struct BindDecision: Hashable, Sendable {
    package var host: String
    /// True where the want of a token is why only this machine is served.
    package var isLoopbackOnly: Bool
    /// One line for the log; nil where there is nothing to say.
    package var notice: String?

    /// - Parameter section: of `daemon.yaml`, for the notice: `fleet` or `central`.
    package static func decide(
        host: String, hasToken: Bool, allowUnauthenticated: Bool, section: String
    ) -> BindDecision {
        if hasToken { return BindDecision(host: host, isLoopbackOnly: false) }
        if allowUnauthenticated {
            return BindDecision(
                host: host, isLoopbackOnly: false,
                notice: "no token is configured and \(section).allow_unauthenticated is set: "
                    + "whoever reaches \(host) may do everything")
        }
        let loopback = LoopbackAddress.isLoopback(host) ? host : host.contains(":") ? "::1" : "127.0.0.1"
        return BindDecision(
            host: loopback, isLoopbackOnly: true,
            notice: "no token is configured: listening on \(loopback) only; "
                + "set \(section).api_token to be reached from other hosts")
    }
}
