import FleetConfig
import FleetHTTP
import FleetModel
import Testing

@testable import CentralServer

/// Files that are read again while a central runs.
@Suite("Settings that are taken by a central that runs")
struct LiveSettingsTests {
    private static func inventory(_ clients: (String, String)...) -> Inventory {
        var inventory = Inventory()
        inventory.clients = clients.map { InventoryClient(name: $0.0, host: $0.1) }
        return inventory
    }

    private static func state(_ settings: CentralSettings, _ inventory: Inventory) throws -> FleetState {
        let clock = TestClock()
        return try FleetState(
            store: MemoryFleetStore(), inventory: inventory, threshold: 90, apiToken: settings.apiToken,
            isGuarded: settings.hasToken, now: { clock.now }, logger: quietLogger)
    }

    @Test("a token that is gone or replaced opens nothing any more, its logins neither, and others go on")
    func tokens() throws {
        let old = CentralSettings.guarded
        let state = try Self.state(old, Inventory())
        let live = LiveSettings(old, Inventory(), files: [], isLoopbackOnly: false)
        let sessions = Sessions()
        let cookies = try ["o", "r"].map {
            sessions.begin(try #require(live.policy.principal(ofToken: $0)), now: 0)
        }
        var new = old
        new.tokens = old.tokens.filter { $0.name != "operator" }
        new.port = 1
        let told = live.take(new, Inventory(), files: [], in: state, sessions)
        #expect(
            told == [
                "tokens: removed operator", "taken at the next start of the central only: central.port",
            ])
        #expect(live.policy.principal(ofToken: "o") == nil)
        #expect(live.policy.principal(ofToken: "r") != nil)
        #expect(sessions.session(cookies.first, now: 1) == nil)
        #expect(sessions.session(cookies.last, now: 1) != nil)
        #expect(live.take(new, Inventory(), files: [], in: state, sessions).isEmpty)
    }

    @Test("a new api_token is not shown to an address that was named with the old one")
    func apiToken() throws {
        let old = CentralSettings.guarded
        let state = try Self.state(old, Inventory())
        let live = LiveSettings(old, Inventory(), files: [], isLoopbackOnly: false)
        try state.receive(FleetPictureTests.client("a"))
        #expect(state.ask { picture, _ in picture.address(of: "a")?.isTrusted } == true)
        var new = old
        new.apiToken = "another"
        #expect(live.take(new, Inventory(), files: [], in: state, Sessions()) == ["tokens: changed api_token"])
        #expect(state.keys.apiToken == "another")
        #expect(state.ask { picture, _ in picture.address(of: "a")?.isTrusted } == false)
        try state.receive(FleetPictureTests.client("a"))
        #expect(state.ask { picture, _ in picture.address(of: "a")?.isTrusted } == true)
    }

    @Test("readers are told which clients came, went and changed with an inventory")
    func inventory() throws {
        let before = Self.inventory(("a", "1.1.1.1"), ("b", "1.1.1.2"), ("c", "1.1.1.3"))
        let after = Self.inventory(("a", "1.1.1.1"), ("b", "1.1.1.9"), ("d", "1.1.1.4"))
        var picture = FleetPictureTests.picture(before)
        #expect(picture.use(after) == [.client("b"), .clientRemoved("c"), .client("d")])
        let difference = CentralDifference(
            from: (CentralSettings(), before), to: (CentralSettings(), after))
        #expect(difference.sentences == ["inventory: added d; removed c; changed b"])
    }

    @Test("a central that others reach is never left without a token by a file", arguments: [true, false])
    func lastToken(isLoopbackOnly: Bool) {
        let live = LiveSettings(.guarded, Inventory(), files: [], isLoopbackOnly: isLoopbackOnly)
        #expect((live.objection(to: CentralSettings()) == nil) == isLoopbackOnly)
        #expect(live.objection(to: .guarded) == nil)
    }
}
