import FleetModel
import Testing

@Suite("Addresses and networks")
struct AddressNetworkTests {
    @Test(
        "an address is read and shown in the one form that it has",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0::1", "2001:db8::1"),
            ("::1", "::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"),
        ])
    func read(text: String, shown: String) {
        #expect(IPAddress(text)?.description == shown)
    }

    @Test(
        "what is no address is none",
        arguments: [
            "", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "fe80::1%eth0", "1", "::g", "a\0",
            "127.0.0.1\0", "::1\0", " ::1",
        ])
    func none(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("loopback is all of 127.0.0.0/8, and ::1")
    func loopback() {
        let all = ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "::1"].compactMap { IPAddress($0) }
        #expect(all.count == 4 && all.allSatisfy(\.isLoopback))
        let others = ["128.0.0.1", "126.255.255.255", "::2", "::", "::7f00:1"].compactMap { IPAddress($0) }
        #expect(others.count == 5 && !others.contains(where: \.isLoopback))
    }

    @Test(
        "a network holds what begins as it does",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false), ("192.0.2.0/31", "192.0.2.1", true),
            ("128.0.0.0/1", "127.255.255.255", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
            ("2001:db8::/32", "2001:db8:ffff::", true), ("::1", "::1", true), ("::1", "127.0.0.1", false),
            ("::1/128", "::1", true), ("::/1", "1.2.3.4", true),
        ])
    func contains(network: String, address: String, isIn: Bool) throws {
        #expect(try AddressNetwork(network).contains(#require(IPAddress(address))) == isIn)
    }

    @Test(
        "what is no network is refused with what would be one",
        arguments: [
            ("proxy.lan", "not a name"), ("", "not a name"), ("10.0.0.1/8", "be written as 10.0.0.0/8"),
            ("fd00::1/8", "be written as fd00::/8"), ("10.0.0.0/33", "from 1 to 32"), ("0.0.0.0/0", "from 1 to 32"),
            ("::/0", "from 1 to 128"), ("10.0.0.0/", "from 1 to 32"), ("10.0.0.0/-1", "from 1 to 32"),
            ("10.0.0.0/8/8", "from 1 to 32"), ("fd00::/129", "from 1 to 128"), ("10.0.0.0/255.0.0.0", "from 1 to 32"),
        ])
    func refused(text: String, says: String) {
        #expect { try AddressNetwork(text) } throws: { error in
            (error as? AddressNetwork.Refusal)?.reason.contains(says) == true
        }
    }

    @Test("a network is shown as it is written", arguments: ["10.0.0.0/8", "192.0.2.1", "fd00::/8", "::1"])
    func shown(text: String) throws {
        #expect(try AddressNetwork(text).description == text)
    }
}
