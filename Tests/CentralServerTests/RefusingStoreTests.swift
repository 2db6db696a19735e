import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import GRDB
import HTTPTypes
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import CentralServer

/// A database that refuses to be written now and then, as on a full disk.
@Suite("A store that fails now and then", .timeLimit(.minutes(2)))
struct RefusingStoreTests {
    private static func with(_ body: (SQLiteFleetStore) async throws -> Void) async throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        try await body(try SQLiteFleetStore(path: folder + "/fleet.db"))
    }

    private static func state(_ store: any FleetStore) throws -> FleetState {
        let clock = TestClock()
        return try FleetState(
            store: store, inventory: Inventory(), threshold: 90, now: { clock.now }, logger: quietLogger)
    }

    private static func refuse(_ store: SQLiteFleetStore, _ table: String, _ change: String = "INSERT") async throws {
        try await store.database.write { database in
            try database.execute(
                sql: """
                    CREATE TRIGGER full_\(table)_\(change) BEFORE \(change) ON \(table)
                    BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
                    """)
        }
    }

    private static func allow(_ store: SQLiteFleetStore) async throws {
        try await store.database.write { database in
            for name in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
                try database.execute(sql: "DROP TRIGGER \(name)")
            }
        }
    }

    private static func report(_ name: String, workload: String) throws -> KnownClient {
        var client = FleetPictureTests.client(
            name, workloads: [Workload(name: workload, type: .agent, runMode: .forever, status: .running)])
        client.text = ByteBuffer(bytes: try JSONEncoder().encode(client.heartbeat))
        return client
    }

    private static func entry(_ target: String) -> AuditEntry {
        AuditEntry(
            time: Timestamp(milliseconds: 1), who: "me", address: nil, action: "forget", target: target, result: "ok")
    }

    @Test("reports that were refused are written later, the newest of each client, without another report")
    func reports() async throws {
        try await Self.with { store in
            let state = try Self.state(store)
            try await Self.refuse(store, "client")
            try state.receive(try Self.report("a", workload: "old"))
            try state.receive(try Self.report("b", workload: "old"))
            for _ in 1...3 { state.flush() }
            #expect(try store.clients().isEmpty)
            try state.receive(try Self.report("b", workload: "new"))
            state.flush()
            try await Self.allow(store)
            state.flush()
            let again = try Self.state(store)
            #expect(again.ask { picture, _ in picture.workloads(of: "a")?.map(\.name) } == ["old"])
            #expect(again.ask { picture, _ in picture.workloads(of: "b")?.map(\.name) } == ["new"])
            // Nothing is left to be written, and no text is kept.
            let (changed, text) = state.ask { picture, _ in (picture.takeChanged().count, picture.client("a")?.text) }
            #expect(changed == 0 && text?.readableBytes == 0)
        }
    }

    @Test("counts of refused requests are written later, and none is counted twice")
    func refusals() async throws {
        try await Self.with { store in
            try await TestCentral.run(settings: .guarded, store: store) { central async throws in
                try await Self.refuse(store, "refusal")
                for _ in 1...2 {
                    #expect(try await central.ask(.DELETE, "/api/fleet/clients/a", token: nil).status == 401)
                    central.state.flush()
                }
                #expect(try store.refusals(limit: 10).isEmpty)
                try await Self.allow(store)
                for _ in 1...2 { central.state.flush() }
            }
            #expect(try store.refusals(limit: 10).map(\.count) == [2])
        }
    }

    @Test(
        "a client is forgotten by memory and disk together or by neither",
        arguments: [("client", "DELETE"), ("audit", "INSERT")])
    func forget(table: String, change: String) async throws {
        try await Self.with { store in
            let state = try Self.state(store)
            try state.receive(try Self.report("a", workload: "w"))
            state.flush()
            try await Self.refuse(store, table, change)
            let position = state.events.position
            #expect(throws: APIError.self) { try state.forget("a", noting: Self.entry("a")) }
            #expect(state.ask { picture, _ in picture.client("a") != nil })
            #expect(try store.clients().count == 1)
            #expect(try store.audit(limit: 10).isEmpty)
            #expect(state.events.position == position)
            try await Self.allow(store)
            #expect(try state.forget("a", noting: Self.entry("a")))
            #expect(state.ask { picture, _ in picture.client("a") == nil })
            #expect(try store.clients().isEmpty)
            #expect(try store.audit(limit: 10).map(\.target) == ["a"])
            state.flush()
            #expect(try store.clients().isEmpty)
        }
    }

    @Test("what is done without its line of the audit is no success, and nothing more is done until there is one")
    func actions() async throws {
        try await Self.with { store in
            let stops = Mutex(0)
            var routes = Routes(policy: AccessPolicy(grants: [], anonymous: .operate))
            routes.clientName = "a"
            routes.on(DaemonEndpoint.act(.stop), needs: .open) { _, _ in
                stops.withLock { $0 += 1 }
                return try .json(ActionResult(success: true, message: "Stopped workload 'w'"))
            }
            routes.on(DaemonEndpoint.health, needs: .open) { _, _ in try .json(Health(clientName: "a")) }
            try await FakeDaemon.run(routes) { port async throws in
                var client = InventoryClient(name: "a", host: "127.0.0.1")
                client.apiPort = port
                var inventory = Inventory()
                inventory.clients = [client]
                try await TestCentral.run(settings: .guarded, inventory: inventory, store: store) {
                    central async throws in
                    let path = "/api/fleet/clients/a/workloads/w/stop"
                    #expect(try await central.ask(.POST, path).status == 200)
                    try await Self.refuse(store, "audit")
                    let unsure = try await central.ask(.POST, path)
                    #expect(unsure.status == 503)
                    #expect(unsure.detail?.contains("'stop' of 'a/w' was done (ok)") == true, "\(unsure.text)")
                    #expect(stops.withLock { $0 } == 2)
                    let refused = try await central.ask(.POST, path)
                    #expect(refused.status == 503)
                    #expect(refused.detail?.contains("nothing was done") == true, "\(refused.text)")
                    #expect(stops.withLock { $0 } == 2)
                    try await Self.allow(store)
                    #expect(try await central.ask(.POST, path).status == 200)
                    #expect(stops.withLock { $0 } == 3)
                    #expect(try store.audit(limit: 10).map(\.result) == ["ok", "ok", "ok"])
                }
            }
        }
    }

    @Test("a database that fails for a moment costs that moment and nothing else")
    func moment() async throws {
        try await Self.with { store in
            let state = try Self.state(store)
            try await Self.refuse(store, "audit")
            async let noted: Void = state.noteForSure(Self.entry("a"))
            _ = try? await Task.sleep(for: .milliseconds(200))
            try await Self.allow(store)
            try await noted
            #expect(try store.audit(limit: 10).map(\.target) == ["a"])
        }
    }
}
