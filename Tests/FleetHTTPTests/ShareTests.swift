import NIOCore
import Testing

@testable import FleetHTTP

@Suite("Shares, as values")
struct ShareTests {
    static func address(_ text: String) throws -> AddressBlock {
        AddressBlock(try SocketAddress(ipAddress: text, port: 1))
    }

    @Test(
        "an IPv4 address is one, a /64 of IPv6 is one",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true, "192.0.2.1"), ("192.0.2.1", "192.0.2.2", false, "192.0.2.1"),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true, "2001:db8:0:1::/64"),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false, "2001:db8:0:1::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1", true, "192.0.2.1"),
            ("::1", "::2", true, "0:0:0:0::/64"), ("::1", "0.0.0.1", false, "0:0:0:0::/64"),
        ])
    func blocks(one: String, other: String, isSame: Bool, text: String) throws {
        #expect(try (Self.address(one) == Self.address(other)) == isSame)
        #expect(try Self.address(one).description == text)
        #expect(!AddressBlock(nil).isLocal && AddressBlock.local.isLocal)
        #expect(try !Self.address(one).isLocal)
    }

    @Test("a list by last use gives the oldest first, whatever is used or removed")
    func recency() {
        var list = RecencyList<Int>()
        var model: [Int] = []
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let element = Int.random(in: 0..<20, using: &random)
            model.removeAll { $0 == element }
            if Int.random(in: 0..<3, using: &random) == 0 {
                list.remove(element)
            } else {
                list.use(element)
                model.append(element)
            }
            #expect(list.oldest == model.first)
            #expect(list.count == model.count)
            #expect(list.contains(element) == model.contains(element))
        }
    }

    static func limits(all: Int = 100, outsiders: Int = 50, address: Int = 10, client: Int = 2) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = all
        limits.connectionsOfOutsiders = outsiders
        limits.connectionsOfAddress = address
        limits.connectionsOfClient = client
        return limits
    }

    @Test("an address that is over its share loses the connection that asked for nothing the longest")
    func ownAddress() throws {
        var shares = ConnectionShares(limits: Self.limits(address: 3))
        let (one, other) = (try Self.address("192.0.2.1"), try Self.address("192.0.2.2"))
        for id in 1...3 { #expect(shares.opened(UInt64(id), from: one) == []) }
        #expect(shares.opened(4, from: other) == [])
        shares.asked(1)
        #expect(shares.opened(5, from: one) == [2])
        #expect(shares.opened(6, from: one) == [3])
        #expect(shares.opened(7, from: one) == [1])
        #expect(shares.count == 4)
    }

    @Test("outsiders of many addresses take no more than their share together")
    func manyAddresses() throws {
        var shares = ConnectionShares(limits: Self.limits(all: 10, outsiders: 4))
        for id in 1...20 {
            let leaving = shares.opened(UInt64(id), from: try Self.address("192.0.2.\(id)"))
            #expect(leaving == (id > 4 ? [UInt64(id - 4)] : []))
        }
    }

    @Test("an insider is closed for no outsider, and counts for no address")
    func insiders() throws {
        var shares = ConnectionShares(limits: Self.limits(all: 6, outsiders: 4, address: 2))
        let shared = try Self.address("192.0.2.1")
        // A thousand clients behind one address, or one proxy for everybody.
        for id in 1...5 {
            #expect(shares.opened(UInt64(id), from: shared) == [])
            #expect(shares.proved(UInt64(id), as: nil) == [])
        }
        #expect(shares.opened(6, from: shared) == [])
        #expect(shares.opened(7, from: shared) == [6], "no room but that of an outsider")
        #expect(shares.proved(7, as: nil) == [])
        #expect(shares.opened(8, from: shared) == [8], "all is insiders'")
        shares.closed(3)
        #expect(shares.opened(9, from: shared) == [])
        #expect(shares.count == 6)
    }

    @Test("one client has few connections, however it came by its token")
    func oneClient() throws {
        var shares = ConnectionShares(limits: Self.limits(client: 2))
        let address = try Self.address("192.0.2.1")
        for id in 1...4 { _ = shares.opened(UInt64(id), from: address) }
        #expect(shares.proved(1, as: "a") == [])
        #expect(shares.proved(2, as: "a") == [])
        #expect(shares.proved(3, as: "b") == [])
        #expect(shares.proved(4, as: "a") == [1])
        #expect(shares.proved(4, as: "a") == [], "it is told once")
    }

    @Test("where there is no room for another reason, an outsider makes it; the Unix socket is no outsider's")
    func full() throws {
        var shares = ConnectionShares(limits: Self.limits())
        let outsider = try Self.address("192.0.2.1")
        #expect(shares.opened(1, from: outsider) == [])
        #expect(shares.opened(2, from: .local) == [])
        #expect(shares.opened(3, from: .local, isFull: true) == [1])
        #expect(shares.opened(4, from: .local, isFull: true) == [4])
        #expect(shares.outsiderCount == 0)
        for id in 10...15 { _ = shares.opened(UInt64(id), from: outsider) }
        #expect(shares.shed(2) == [10, 11])
        #expect(shares.shed(9) == [12, 13, 14, 15])
        #expect(shares.shed(1) == [])
    }

    @Test("nothing is kept of connections that are gone, in whatever order they went")
    func nothingKept() throws {
        var shares = ConnectionShares(limits: Self.limits(all: 30, outsiders: 20, address: 5))
        var random = SystemRandomNumberGenerator()
        var open: Set<UInt64> = []
        for id in 1...3000 as ClosedRange<UInt64> {
            let address = try Self.address("192.0.2.\(Int.random(in: 1...9, using: &random))")
            let leaving = shares.opened(id, from: address)
            open.insert(id)
            open.subtract(leaving)
            if let some = open.randomElement(using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: open.subtract(shares.proved(some, as: Bool.random() ? "a" : nil))
                case 1: shares.lasts(some)
                case 2: shares.asked(some)
                default:
                    shares.closed(some)
                    open.remove(some)
                }
            }
            #expect(shares.count == open.count)
            #expect(shares.count <= 30)
            #expect(shares.outsiderCount <= 20)
        }
        for id in open { shares.closed(id) }
        #expect(shares.count == 0 && shares.outsiderCount == 0)
    }

    @Test("streams: nobody has more than one's own share, and outsiders leave room for those with a token")
    func streams() throws {
        var limits = HTTPLimits()
        limits.streams = 10
        limits.streamsOfOutsiders = 5
        limits.streamsOfOne = 3
        var shares = StreamShares(limits: limits)
        let outsiders = try (1...3).map { StreamShares.Reader.outsider(try Self.address("192.0.2.\($0)")) }
        for _ in 0..<3 { #expect(shares.begin(outsiders[0]) == nil) }
        #expect(shares.begin(outsiders[0]) == .own(3))
        for _ in 0..<2 { #expect(shares.begin(outsiders[1]) == nil) }
        #expect(shares.begin(outsiders[2]) == .outsiders(5))
        for _ in 0..<3 { #expect(shares.begin(.insider("a")) == nil) }
        #expect(shares.begin(.insider("a")) == .own(3))
        for _ in 0..<2 { #expect(shares.begin(.insider("b")) == nil) }
        #expect(shares.begin(.insider("b")) == .all(10))
        shares.end(outsiders[0])
        #expect(shares.begin(.insider("b")) == nil)
        shares.end(outsiders[1])
        #expect(shares.begin(outsiders[2]) == nil)
    }

    @Test("wrong tokens: thirty in a minute are told so, then a wait; others are not concerned")
    func wrongTokens() throws {
        var table = WrongTokenTable()
        let (one, other) = (try Self.address("192.0.2.1"), try Self.address("192.0.2.2"))
        for _ in 0..<30 { #expect(table.wrong(from: one, now: 100) == .tell) }
        #expect(table.wrong(from: one, now: 100) == .refuse(one, seconds: 2))
        #expect(table.wrong(from: other, now: 100) == .tell)
        #expect(table.wrong(from: one, now: 101) == .refuse(one, seconds: 1))
        #expect(table.wrong(from: one, now: 102.1) == .tell)
        #expect(table.wrong(from: one, now: 102.1) != .tell)
        // A clock that goes back forgives nothing.
        #expect(table.wrong(from: one, now: 50) != .tell)
        #expect(table.wrong(from: one, now: 1000) == .tell)
    }

    @Test("wrong tokens: who goes through the parts of a /48 has had enough soon, and no neighbour pays for one part")
    func wrongTokensOfSite() throws {
        var table = WrongTokenTable()
        let first = try Self.address("2001:db8:1:0::1")
        for _ in 0..<1000 { _ = table.wrong(from: first, now: 0) }
        #expect(table.wrong(from: first, now: 0) == .refuse(first, seconds: 2))
        #expect(table.wrong(from: try Self.address("2001:db8:1:1::1"), now: 0) == .tell, "its neighbour")
        var told = 0
        for part in 2..<2000 {
            let address = try Self.address("2001:db8:1:\(String(part, radix: 16))::1")
            if table.wrong(from: address, now: 0) == .tell { told += 1 }
        }
        #expect(told == 240 - 31)
        #expect(table.count < 300, "parts of one that is over get no rows")
        let site = try #require(first.site)
        #expect("\(site)" == "2001:db8:1::/48")
        #expect(table.wrong(from: try Self.address("2001:db8:1:ffff::1"), now: 0) == .refuse(site, seconds: 1))
        #expect(table.wrong(from: try Self.address("2001:db8:2::1"), now: 0) == .tell, "another one's")
        #expect(table.wrong(from: try Self.address("192.0.2.1"), now: 0) == .tell)
    }

    @Test("wrong tokens: beyond what all may send, each costs its connection, and is told still")
    func wrongTokensOfAll() throws {
        var table = WrongTokenTable()
        for number in 0..<1200 {
            #expect(table.wrong(from: try Self.address("10.0.\(number / 250).\(number % 250)"), now: 0) == .tell)
        }
        #expect(table.wrong(from: try Self.address("10.1.0.1"), now: 0) == .tellAndClose)
        #expect(table.wrong(from: try Self.address("10.1.0.1"), now: 1) == .tell)
    }

    @Test("wrong tokens: the table is bounded, and forgets who was silent the longest")
    func wrongTokensOfMany() throws {
        var table = WrongTokenTable()
        let first = try Self.address("2001:db8::1")
        for _ in 0..<30 { _ = table.wrong(from: first, now: 0) }
        for number in 0..<10_000 {
            _ = table.wrong(from: try Self.address("10.0.\(number / 250).\(number % 250)"), now: 1)
            #expect(table.count <= WrongTokenTable.addresses)
            if number % 1000 == 0 { #expect(table.wrong(from: first, now: 1) != .tell) }
        }
    }

    @Test("a budget is never overdrawn, and has all again when nobody holds any of it")
    func budget() {
        let budget = ByteBudget(100)
        var first = budget.claim(60)
        #expect(first != nil)
        #expect(budget.claim(41) == nil)
        #expect(budget.claim(10, for: .client("a")) != nil && budget.claim(16, for: .client("a")) == nil)
        let second = budget.claim(30)
        #expect(second?.grow(to: 40) == true)
        #expect(second?.grow(to: 41) == false)
        #expect(second?.grow(to: 10) == true, "it does not shrink")
        #expect(budget.bytes == 100)
        first = nil
        #expect(budget.bytes == 40)
        withExtendedLifetime((first, second)) {}
    }

    @Test("neither one who can only report nor one without a token takes the room of all, nor do all of them")
    func holders() throws {
        let budget = ByteBudget(800)
        var held: [ByteLease?] = []
        for name in ["a", "b", "c", "d", "e", "f", "g"] {
            held.append(budget.claim(100, for: .client(name)))
            #expect(budget.claim(1, for: .client(name)) == nil, "it has its share")
        }
        #expect(held.filter { $0 != nil }.count == 6, "three quarters are for clients")
        #expect(budget.claim(1, for: .outsider(try Self.address("10.0.0.1"))) == nil, "more than half is used")
        #expect(budget.claim(200, for: .operating) != nil)
        held = []
        let one = budget.claim(300, for: .outsider(try Self.address("10.0.0.1")))
        #expect(one != nil, "one is given, however long it is")
        #expect(budget.claim(1, for: .outsider(try Self.address("10.0.0.1"))) == nil)
        #expect(budget.claim(100, for: .outsider(try Self.address("10.0.0.2"))) != nil)
        withExtendedLifetime(one) {}
    }

    @Test("of snapshots that are held, outsiders' go first, the oldest first, and the newest stays")
    func snapshots() {
        final class Snapshot {}
        let all = (0..<6).map { _ in Snapshot() }
        func id(_ index: Int) -> ObjectIdentifier { ObjectIdentifier(all[index]) }
        var table = SnapshotTable(limit: 100)
        #expect(table.hold(id(0), bytes: 1000, by: 1, isInsider: false) == [], "one is always given, whatever its size")
        #expect(table.hold(id(0), bytes: 1000, by: 2, isInsider: false) == [], "it is the same for all")
        #expect(Set(table.hold(id(1), bytes: 60, by: 3, isInsider: true)) == [1, 2])
        table.release(1)
        table.release(2)
        #expect(table.bytes == 60)
        #expect(table.hold(id(2), bytes: 60, by: 4, isInsider: false) == [])
        #expect(table.hold(id(3), bytes: 10, by: 5, isInsider: true) == [4])
        table.release(4)
        #expect(table.hold(id(4), bytes: 90, by: 6, isInsider: true) == [])
        #expect(table.hold(id(5), bytes: 10, by: 7, isInsider: true) == [3], "then insiders', the slowest first")
        for reader in 1...7 as ClosedRange<UInt64> { table.release(reader) }
        #expect(table.bytes == 0)
    }

    @Test("accepting pauses longer and longer, and is told of once a minute")
    func acceptBackoff() {
        var backoff = AcceptBackoff()
        func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .milliseconds(milliseconds) }
        let pauses = [0, 100, 300, 700, 1500, 2500].map { backoff.failed(now: at($0)) }
        #expect(pauses.map(\.pause) == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(pauses.map(\.isTold) == [true, false, false, false, false, false])
        #expect(backoff.failed(now: at(61_000)) == (.milliseconds(100), true))
        #expect(backoff.failed(now: at(61_100)) == (.milliseconds(200), false))
    }

    @Test(
        "descriptors are left to everything else, whatever the limit",
        arguments: [(64, 48), (1024, 768), (20_000, 18_976), (524_288, 523_264), (UInt64.max, Int.max - 1024)]
            as [(UInt64, Int)])
    func descriptors(limit: UInt64, connections: Int) {
        #expect(DescriptorRoom.connections(limit: limit) == connections)
    }
}
