import FleetConfig
import FleetModel
import FoundationEssentials
import NIOCore
import Testing

@testable import CentralServer

@Suite("The picture of the fleet")
struct FleetPictureTests {
    static func at(_ seconds: Double) -> CentralMoment {
        CentralMoment(wall: Timestamp(seconds: 1_700_000_000 + seconds), monotonic: 1000 + seconds)
    }

    static func inventory(_ names: String...) -> Inventory {
        var inventory = Inventory()
        inventory.clients = names.map { name in
            var client = InventoryClient(name: name, host: "\(name).lan")
            client.tags = ["roof"]
            client.apiPort = 9200
            return client
        }
        return inventory
    }

    static func picture(_ inventory: Inventory = Inventory(), known: [KnownClient] = []) -> FleetPicture {
        FleetPicture(
            staleness: Staleness(threshold: 90, startedAt: at(0).monotonic), inventory: inventory, known: known)
    }

    static func client(
        _ name: String, boot: String? = nil, sequence: Int64? = nil, workloads: [Workload] = [],
        showedAPIToken: Bool = true, seen: Double = 0, change: (inout Heartbeat) -> Void = { _ in }
    ) -> KnownClient {
        var heartbeat = Heartbeat(clientName: name, timestamp: at(seen).wall, workloads: workloads)
        heartbeat.bootID = boot
        heartbeat.sequence = sequence
        change(&heartbeat)
        return KnownClient(
            heartbeat: heartbeat, text: ByteBuffer(), lastSeen: at(seen).wall, peer: "10.0.0.9",
            showedAPIToken: showedAPIToken, clockSkew: 0)
    }

    @Test(
        "a client is online, then stale, then offline, by how long it was silent",
        arguments: [
            (0.0, ClientStatus.online), (89.9, .online), (90, .stale), (179.9, .stale), (180, .offline),
            (1e9, .offline),
        ])
    func staleness(silence: Double, status: ClientStatus) {
        var picture = Self.picture()
        picture.receive(Self.client("a", seen: 10), at: Self.at(10))
        #expect(picture.status(of: "a", at: Self.at(10 + silence)) == status)
    }

    @Test("after a start of the central nobody is called stale for one threshold")
    func afterStart() {
        let picture = Self.picture(known: [Self.client("a", seen: -5000)])
        #expect(picture.status(of: "a", at: Self.at(1)) == .online)
        #expect(picture.status(of: "a", at: Self.at(89)) == .online)
        #expect(picture.status(of: "a", at: Self.at(91)) == .stale)
        #expect(picture.status(of: "a", at: Self.at(181)) == .offline)
    }

    @Test("a goodbye is offline at once, also for a central that starts later, and a report ends it")
    func goodbye() {
        let leaving = Self.client("a") { $0.goodbye = true }
        var picture = Self.picture(known: [leaving])
        #expect(picture.status(of: "a", at: Self.at(1)) == .offline)
        picture.receive(Self.client("a", seen: 2), at: Self.at(2))
        #expect(picture.status(of: "a", at: Self.at(3)) == .online)
    }

    @Test("the inventory's address and tags win over what a report says")
    func inventoryWins() {
        var picture = Self.picture(Self.inventory("a"))
        picture.receive(
            Self.client("a") {
                $0.advertiseHost = "evil.example"
                $0.apiPort = 1
            }, at: Self.at(1))
        #expect(picture.address(of: "a") == ClientAddress(host: "a.lan", port: 9200, isTrusted: true))
        let overview = picture.overview("a", at: Self.at(1))
        #expect(overview?.host == "a.lan")
        #expect(overview?.apiPort == 9200)
        #expect(overview?.tags == ["roof"])
    }

    @Test(
        "without the inventory a report's address counts, and it is trusted only if the report had the central's token")
    func addresses() {
        var picture = Self.picture()
        picture.receive(Self.client("a") { $0.advertiseHost = "a.example" }, at: Self.at(1))
        picture.receive(Self.client("b", showedAPIToken: false) { $0.apiPort = 9300 }, at: Self.at(1))
        #expect(picture.address(of: "a") == ClientAddress(host: "a.example", port: 9100, isTrusted: true))
        #expect(picture.address(of: "b") == ClientAddress(host: "10.0.0.9", port: 9300, isTrusted: false))
        #expect(picture.address(of: "c") == nil)
    }

    @Test("clients of the inventory that never reported are there, offline; the list is by name")
    func list() throws {
        var picture = Self.picture(Self.inventory("c", "a"))
        picture.receive(Self.client("b"), at: Self.at(1))
        let overviews = picture.overviews(at: Self.at(1))
        #expect(overviews.map(\.name) == ["a", "b", "c"])
        #expect(overviews.map(\.status) == [.offline, .online, .offline])
        #expect(overviews[0].lastSeen == nil)
        #expect(picture.workloads(of: "a") == [])
        #expect(picture.workloads(of: "nobody") == nil)
    }

    @Test("the list as text says what the values say, whenever it is asked for")
    func text() throws {
        var picture = Self.picture(Self.inventory("c"))
        let failed = Workload(name: "\"status\":\"online\"", type: .agent, runMode: .forever, status: .backoff)
        picture.receive(Self.client("b \"status\":\"stale\"", workloads: [failed]), at: Self.at(1))
        picture.receive(
            Self.client("a") {
                $0.system = SystemMetrics(
                    cpuPercent: 1.5, memoryUsedMB: 2, memoryTotalMB: 3, diskUsedGB: 4, diskTotalGB: 5)
            }, at: Self.at(50))
        for seconds in [50.0, 60, 100, 200, 300] {
            let text = picture.overviewsText(at: Self.at(seconds))
            let read = try JSONDecoder().decode([ClientOverview].self, from: Data(text.readableBytesView))
            #expect(read == picture.overviews(at: Self.at(seconds)))
        }
        picture.receive(Self.client("a", seen: 301), at: Self.at(301))
        picture.use(Self.inventory("a"))
        let read = try JSONDecoder().decode(
            [ClientOverview].self, from: Data(picture.overviewsText(at: Self.at(301)).readableBytesView))
        #expect(read == picture.overviews(at: Self.at(301)))
        #expect(read.first?.host == "a.lan")
        #expect(read.map(\.name).contains("c") == false)
    }

    @Test("failed and backoff count as trouble")
    func counts() {
        var picture = Self.picture()
        let workloads = WorkloadStatus.allCases.map {
            Workload(name: $0.rawValue, type: .script, runMode: .forever, status: $0)
        }
        picture.receive(Self.client("a", workloads: workloads), at: Self.at(1))
        let overview = picture.overview("a", at: Self.at(1))
        #expect(overview?.workloadCount == WorkloadStatus.allCases.count)
        #expect(overview?.workloadsRunning == 1)
        #expect(overview?.workloadsFailed == 2)
    }

    @Test("what changed is given out once, to be stored; what was forgotten is not")
    func changes() {
        var picture = Self.picture()
        for name in ["a", "b"] { picture.receive(Self.client(name), at: Self.at(1)) }
        #expect(picture.forget("b") == true)
        #expect(picture.forget("b") == false)
        #expect(picture.takeChanged().map(\.heartbeat.clientName) == ["a"])
        #expect(picture.takeChanged().isEmpty)
        #expect(picture.overview("b", at: Self.at(1)) == nil)
    }
}
