/// Which hosts are this machine and nothing else.
package enum LoopbackAddress {
    package static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        return host == "localhost" || host == "::1" || host == "[::1]"
            || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    /// As `isLoopback`, for a host with or without a port.
    static func isLoopback(authority: String) -> Bool {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return isLoopback(String(authority[...end]))
        }
        return isLoopback(String(authority.prefix { $0 != ":" }))
    }
}
