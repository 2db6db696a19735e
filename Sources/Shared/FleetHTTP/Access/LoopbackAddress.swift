/// Which hosts are this machine and nothing else.
package enum LoopbackAddress {
    package static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        return host == "localhost" || host == "::1" || host == "[::1]"
            || (host.hasPrefix("127.") && isDotted(host))
    }

    private static func isDotted(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0, radix: 10) != nil }
    }

    /// As `isLoopback`, for a host with or without a port.
    static func isLoopback(authority: String) -> Bool {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return isLoopback(String(authority[...end]))
        }
        return isLoopback(String(authority.prefix { $0 != ":" }))
    }
}
