import FleetModel
import HTTPTypes
import Testing

@testable import FleetHTTP

@Suite("What a proxy is believed")
struct TrustedProxyTests {
    static let proxies = TrustedProxies(
        ["127.0.0.1", "10.1.0.0/16", "fd00::/8"].compactMap { try? AddressNetwork($0) })

    private static func forwarded(
        _ said: [(HTTPField.Name, String)], from peer: String = "127.0.0.1"
    ) -> Forwarded? {
        var headers = HTTPFields()
        for (name, value) in said { headers.append(HTTPField(name: name, value: value)) }
        return proxies.forwarded(headers, from: IPAddress(peer))
    }

    @Test(
        "the last one that is no proxy of ours sent it, whatever it said of others",
        arguments: [
            (["192.0.2.7"], "192.0.2.7"), (["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            (["127.0.0.1, 192.0.2.7"], "192.0.2.7"), (["192.0.2.7, 10.1.2.3"], "192.0.2.7"),
            (["198.51.100.1,192.0.2.7 ,\t10.1.2.3,fd00::1"], "192.0.2.7"),
            (["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
            (["192.0.2.7:4711"], "192.0.2.7"), (["[2001:db8::1]:80"], "2001:db8::1"), (["2001:db8::1"], "2001:db8::1"),
            (["fe80::1%eth0"], "fe80::1"), (["::ffff:192.0.2.7"], "192.0.2.7"),
            // All of them are ours: the first one asks itself.
            (["10.1.0.9, 10.1.0.8"], "10.1.0.9"),
            // Nothing, and nothing that makes sense: then it is the one who says so.
            ([], "127.0.0.1"), ([""], "127.0.0.1"), ([","], "127.0.0.1"), (["unknown"], "127.0.0.1"),
            (["_hidden, 10.1.0.1"], "10.1.0.1"), (["192.0.2.7, garbage"], "127.0.0.1"), (["[::1"], "127.0.0.1"),
            (["192.0.2.7, \"10.1.0.1\""], "127.0.0.1"), (["1.2.3.4.5"], "127.0.0.1"),
        ])
    func address(lines: [String], expected: String) {
        let said = Self.forwarded(lines.map { (.xForwardedFor, $0) })
        #expect(said?.address.description == expected)
    }

    @Test("thousands of entries, ours and garbage, are walked only so far")
    func many() {
        let ours = Array(repeating: "10.1.0.1", count: 10_000).joined(separator: ",")
        #expect(Self.forwarded([(.xForwardedFor, ours)])?.address.description == "10.1.0.1")
        #expect(Self.forwarded([(.xForwardedFor, "192.0.2.7," + ours)])?.address.description == "10.1.0.1")
        let commas = String(repeating: ",", count: 10_000)
        #expect(Self.forwarded([(.xForwardedFor, commas)])?.address.description == "127.0.0.1")
        #expect(Self.forwarded([(.xForwardedFor, commas + "192.0.2.7")])?.address.description == "192.0.2.7")
    }

    @Test(
        "nobody else is believed, and without a list nobody is",
        arguments: ["192.0.2.1", "127.0.0.2", "10.2.0.1", "::1", "2001:db8::1"])
    func strangers(peer: String) {
        let said: [(HTTPField.Name, String)] = [
            (.xForwardedFor, "198.51.100.1"), (.xForwardedHost, "evil.example"), (.xForwardedProto, "https"),
        ]
        #expect(Self.forwarded(said, from: peer) == nil)
        #expect(TrustedProxies().forwarded([.xForwardedFor: "198.51.100.1"], from: IPAddress("127.0.0.1")) == nil)
        #expect(Self.proxies.forwarded([.xForwardedFor: "198.51.100.1"], from: nil) == nil, "a Unix socket is no proxy")
    }

    @Test(
        "host and scheme are those that the outermost of ours was asked with",
        arguments: [
            ("192.0.2.7", "fleet.example", "https", "fleet.example", "https"),
            ("192.0.2.7", "fleet.example:8443", "HTTPS", "fleet.example:8443", "https"),
            // Written behind what the sender said itself.
            ("192.0.2.7", "evil.example, fleet.example", "http, https", "fleet.example", "https"),
            // Two of ours, each of which writes.
            ("192.0.2.7, 10.1.0.1", "evil, fleet.example, inner", "http, https, http", "fleet.example", "https"),
            // Two of ours, of which the outer one writes, or each in place of the other.
            ("192.0.2.7, 10.1.0.1", "fleet.example", "https", "fleet.example", "https"),
            ("192.0.2.7", "a b", "gopher", nil, nil), ("192.0.2.7", "", "", nil, nil),
            ("192.0.2.7", "<script>", "https://", nil, nil),
        ] as [(String, String, String, String?, String?)])
    func hostAndScheme(from: String, host: String, scheme: String, expected: String?, expectedScheme: String?) {
        let said = Self.forwarded([(.xForwardedFor, from), (.xForwardedHost, host), (.xForwardedProto, scheme)])
        #expect(said?.host == expected)
        #expect(said?.scheme == expectedScheme)
    }
}
