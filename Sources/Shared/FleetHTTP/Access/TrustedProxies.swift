import FleetModel
import HTTPTypes
import Hummingbird
import NIOHTTP1

/// What a proxy that is believed says of a request that it passes on.
package struct Forwarded: Hashable, Sendable {
    /// Who sent it to the first of the proxies that are believed.
    package var address: IPAddress
    /// Name and port it was sent to there; nil where that is not said.
    package var host: String?
    /// `http` or `https`, by which it came there; nil where that is not said.
    package var scheme: String?

    /// The request as it was sent to the proxy, so that nobody behind this has to know that there was one.
    func applied(to request: Request) -> Request {
        var head = request.head
        if let host { head.authority = host }
        if let scheme { head.scheme = scheme }
        return Request(head: head, body: request.body)
    }
}

/// The proxies that are believed. Pure: what anybody else says of a request counts for nothing.
package struct TrustedProxies: Hashable, Sendable {
    /// Beyond that many proxies in a row nobody is asked who was before.
    static let longestChain = 32

    private let networks: [AddressNetwork]

    package init(_ networks: [AddressNetwork] = []) { self.networks = networks }

    /// - Parameter peer: the other side of the connection.
    /// - Returns: nil where that is none of them.
    package func forwarded(_ headers: HTTPFields, from peer: IPAddress?) -> Forwarded? {
        guard !networks.isEmpty, let peer, isTrusted(peer) else { return nil }
        // Each proxy writes behind the others whom it has it from. So the last that is none of ours sent it, whatever
        // stands before: that is what it said itself.
        var address = peer
        var proxies = 0
        for entry in Self.entries(headers, .xForwardedFor).prefix(Self.longestChain) {
            guard let before = Self.address(entry) else { break }
            address = before
            guard isTrusted(before) else { break }
            proxies += 1
        }
        func said(_ name: HTTPField.Name) -> String? {
            // A proxy writes its own behind what there is, or in its place.
            Array(Self.entries(headers, name).prefix(proxies + 1)).last.map { String($0) }
        }
        let host = said(.xForwardedHost).flatMap { HTTPRequestHead.isAuthority($0) ? $0 : nil }
        let scheme = said(.xForwardedProto)?.lowercased()
        return Forwarded(address: address, host: host, scheme: ["http", "https"].contains(scheme) ? scheme : nil)
    }

    private func isTrusted(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// The elements of a list, the last one first. Taken one by one: there may be thousands.
    private static func entries(_ headers: HTTPFields, _ name: HTTPField.Name) -> some Sequence<Substring> {
        headers[values: name].reversed().lazy.flatMap { line in
            sequence(state: line[...] as Substring?) { rest -> Substring? in
                guard let text = rest else { return nil }
                let comma = text.lastIndex(of: ",")
                rest = comma.map { text[..<$0] }
                let entry = comma.map { text[text.index(after: $0)...] } ?? text
                return entry.withoutBlanks
            }
        }
    }

    /// Of an element: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`, with a zone or without.
    private static func address(_ entry: Substring) -> IPAddress? {
        var text = entry
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            text = text[..<end].dropFirst()
        } else if text.count(where: { $0 == ":" }) == 1 {
            text = text.prefix { $0 != ":" }
        }
        return IPAddress(String(text.prefix { $0 != "%" }))
    }
}

extension HTTPFields {
    /// Some proxy passed this on, and says so.
    package var showProxy: Bool {
        contains { [.xForwardedFor, .forwarded, .via].contains($0.name) }
    }
}

extension Substring {
    fileprivate var withoutBlanks: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
