import FleetConfig
import FleetModel
import FoundationEssentials
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import CentralServer

/// A host as its reports show it.
private struct ReportingHost {
    enum Kind: CaseIterable { case ours, older, other }

    let name: String
    let kind: Kind
    var address: String
    var boot = 1
    var life = 1
    /// Of its clock, seconds.
    var offset = 0.0
    /// Milliseconds since boot when the daemon began, and reports since.
    var begun: Int64
    var count: Int64 = 0

    init(_ name: String, _ kind: Kind, address: String, begun: Int64 = 5000) {
        self.name = name
        self.kind = kind
        self.address = address
        self.begun = begun
    }

    mutating func report(at seconds: Double, goodbye: Bool = false) -> KnownClient {
        count += 1
        var heartbeat = Heartbeat(
            clientName: "a", timestamp: Timestamp(seconds: 1_700_000_000 + seconds + offset),
            workloads: [Workload(name: name, type: .agent, runMode: .forever, status: .running)])
        if kind != .other {
            heartbeat.bootID = "kernel-\(boot)"
            heartbeat.sequence = begun + count
        }
        if kind == .ours { heartbeat.instance = "\(name)-\(boot)-\(life)" }
        if goodbye { heartbeat.goodbye = true }
        return KnownClient(
            heartbeat: heartbeat, text: ByteBuffer(), lastSeen: Timestamp(seconds: 1_700_000_000 + seconds),
            peer: address, showedAPIToken: true, clockSkew: offset)
    }

    mutating func restart(after seconds: Double) {
        life += 1
        begun += Int64(seconds * 1000) + count
        count = 0
    }

    mutating func reboot() {
        boot += 1
        life += 1
        begun = 3000
        count = 0
    }
}

@Suite("Hosts that share a name", .timeLimit(.minutes(2)))
struct CloneTests {
    private static func picture() -> FleetPicture { FleetPictureTests.picture() }
    private static func at(_ seconds: Double) -> CentralMoment { FleetPictureTests.at(seconds) }

    @Test(
        "two daemons on one kernel: each report counts, both are told of, and one that goes takes nobody with it",
        arguments: [ReportingHost.Kind.ours, .older])
    fileprivate func oneKernel(_ kind: ReportingHost.Kind) throws {
        var picture = Self.picture()
        var hosts = [
            ReportingHost("one", kind, address: "10.0.0.7", begun: 900_000),
            // Behind in its numbers.
            ReportingHost("two", kind, address: "10.0.0.8", begun: 5000),
        ]
        var seconds = 0.0
        for round in 1...3 {
            for index in hosts.indices {
                seconds += 15
                let reception = picture.receive(hosts[index].report(at: seconds), at: Self.at(seconds))
                #expect(reception.isTaken)
                #expect(picture.workloads(of: "a")?.map(\.name) == [hosts[index].name])
                let isLast = round == 3 && index == 1
                if isLast { #expect(reception.clones?.count == 2, "\(round) \(index)") }
            }
        }
        let told = try #require(picture.overview("a", at: Self.at(seconds)))
        #expect(told.clones?.map(\.address) == ["10.0.0.7", "10.0.0.8"])
        #expect(told.cloneWarning?.contains("10.0.0.8 (boot kernel-1") == true)
        // It says goodbye: the other one is there, and shown.
        let goodbye = hosts[0].report(at: seconds + 1, goodbye: true)
        picture.receive(goodbye, at: Self.at(seconds + 1))
        #expect(picture.status(of: "a", at: Self.at(seconds + 1)) == .online)
        #expect(picture.overview("a", at: Self.at(seconds + 1))?.clones == [])
        for _ in 1...20 {
            seconds += 30
            #expect(picture.receive(hosts[1].report(at: seconds), at: Self.at(seconds)).isTaken)
            #expect(picture.status(of: "a", at: Self.at(seconds)) == .online)
            #expect(picture.workloads(of: "a")?.map(\.name) == ["two"])
        }
    }

    @Test("a sequence that stays behind is a new life, also after a goodbye, and a sign of life in any case")
    func behind() {
        var picture = Self.picture()
        picture.receive(FleetPictureTests.client("a", boot: "b", sequence: 900), at: Self.at(1))
        picture.receive(FleetPictureTests.client("a", boot: "b", sequence: 901) { $0.goodbye = true }, at: Self.at(2))
        #expect(picture.status(of: "a", at: Self.at(2)) == .offline)
        #expect(picture.receive(FleetPictureTests.client("a", boot: "b", sequence: 3), at: Self.at(3)).isTaken)
        #expect(picture.status(of: "a", at: Self.at(3)) == .online)
    }

    @Test("a report of one life that was overtaken on the way is a sign of life and no more")
    func overtaken() {
        var picture = Self.picture()
        var host = ReportingHost("one", .ours, address: "10.0.0.7")
        var late = host.report(at: 1)
        late.heartbeat.workloads = []
        late.lastSeen = Self.at(100).wall
        picture.receive(host.report(at: 2), at: Self.at(2))
        #expect(picture.status(of: "a", at: Self.at(100)) == .stale)
        let reception = picture.receive(late, at: Self.at(100))
        #expect(!reception.isTaken && reception.changes == [.client("a")])
        #expect(picture.status(of: "a", at: Self.at(100)) == .online)
        #expect(picture.overview("a", at: Self.at(100))?.lastSeen == Self.at(100).wall)
        #expect(picture.workloads(of: "a")?.count == 1)
    }

    @Test("it ends when one of them is silent for as long as it takes to be offline, and readers are told")
    func end() {
        var picture = Self.picture()
        var hosts = [
            ReportingHost("one", .ours, address: "10.0.0.7"), ReportingHost("two", .ours, address: "10.0.0.8"),
        ]
        for turn in 0..<6 { picture.receive(hosts[turn % 2].report(at: 1), at: Self.at(1 + Double(turn))) }
        #expect(picture.overview("a", at: Self.at(7))?.clones?.count == 2)
        for seconds in stride(from: 30.0, to: 180, by: 30) {
            picture.receive(hosts[0].report(at: seconds), at: Self.at(seconds))
            #expect(picture.tick(at: Self.at(seconds)).isEmpty)
        }
        picture.receive(hosts[0].report(at: 185), at: Self.at(185))
        #expect(
            picture.overview("a", at: Self.at(186.5))?.clones?.isEmpty == true
                || picture.tick(at: Self.at(186.5)) == [.client("a")])
        #expect(picture.overview("a", at: Self.at(187))?.clones == [])
    }

    @Test(
        "one host is never called two: restarts, reboots, other addresses, clocks that are set, reports that come late",
        arguments: 0..<40)
    func oneHost(_ seed: Int) {
        for round in 0..<25 {
            var numbers = SeededRandom(seed: UInt64(seed * 1000 + round))
            let kind = ReportingHost.Kind.allCases[round % 3]
            var host = ReportingHost("one", kind, address: "10.0.0.1")
            var picture = Self.picture()
            var seconds = 0.0
            var lastLate = -1000.0
            // By numbers alone, those that come late again and again would be a second one.
            let pause = kind == .ours ? 60.0 : 200
            for _ in 0..<200 {
                seconds += Double.random(in: 0.02...40, using: &numbers)
                var late: KnownClient?
                switch Int.random(in: 0..<20, using: &numbers) {
                case 0:
                    if seconds - lastLate > pause, kind != .other { late = host.report(at: seconds) }
                    host.restart(after: Double.random(in: 0.1...5, using: &numbers))
                case 1:
                    if seconds - lastLate > pause, kind != .other { late = host.report(at: seconds) }
                    host.reboot()
                // One that has no id is known by its address alone, which then may change now and then only.
                case 2 where kind != .other || seconds - lastLate > 400:
                    host.address = "10.0.0.\(Int.random(in: 1...3, using: &numbers))"
                    if kind == .other { lastLate = seconds }
                case 3: host.offset = Double.random(in: -1e6...1e6, using: &numbers)
                case 4:
                    picture.receive(host.report(at: seconds, goodbye: true), at: Self.at(seconds))
                    #expect(picture.status(of: "a", at: Self.at(seconds)) == .offline)
                    host.restart(after: 1)
                default: break
                }
                #expect(picture.receive(host.report(at: seconds), at: Self.at(seconds)).isTaken)
                if let late {
                    lastLate = seconds
                    picture.receive(late, at: Self.at(seconds + 0.01))
                    picture.receive(host.report(at: seconds), at: Self.at(seconds + 0.015))
                }
                #expect(picture.status(of: "a", at: Self.at(seconds)) == .online)
                #expect(picture.overview("a", at: Self.at(seconds))?.clones == [], "seed \(seed), round \(round)")
            }
        }
    }

    @Test(
        "two hosts are always found, whatever they are, restart or change, and are one again once one goes",
        arguments: 0..<40)
    func twoHosts(_ seed: Int) {
        for round in 0..<25 {
            var numbers = SeededRandom(seed: UInt64(seed * 1000 + round))
            func kind() -> ReportingHost.Kind { ReportingHost.Kind.allCases.randomElement(using: &numbers) ?? .ours }
            var hosts = [
                ReportingHost("one", kind(), address: "10.0.0.1", begun: .random(in: 0...1_000_000, using: &numbers)),
                ReportingHost("two", kind(), address: "10.0.0.2", begun: .random(in: 0...1_000_000, using: &numbers)),
            ]
            // Two kernels, now and then.
            if Bool.random(using: &numbers) { hosts[1].boot = 100 }
            var picture = Self.picture()
            var seconds = 0.0
            var silence = 0
            for turn in 0..<60 {
                seconds += 15
                let index = turn % 2
                if Int.random(in: 0..<15, using: &numbers) == 0 { hosts[index].restart(after: 2) }
                let report = hosts[index].report(at: seconds)
                #expect(picture.receive(report, at: Self.at(seconds)).isTaken)
                #expect(picture.workloads(of: "a") == report.heartbeat.workloads)
                let isFound = picture.overview("a", at: Self.at(seconds))?.cloneWarning != nil
                silence = isFound ? 0 : silence + 1
                // Six reports are enough where nobody is restarted in between.
                #expect(silence < 16, "seed \(seed), round \(round), turn \(turn), \(hosts)")
            }
            for _ in 0..<20 {
                seconds += 30
                picture.receive(hosts[0].report(at: seconds), at: Self.at(seconds))
            }
            #expect(picture.overview("a", at: Self.at(seconds))?.clones == [])
        }
    }

    @Test("the API, the list and the pages of a central say which hosts they are, and so does its log once")
    func told() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            for turn in 0..<6 {
                _ = try await central.report("sensor-1") {
                    $0.bootID = "one-boot"
                    $0.sequence = turn.isMultiple(of: 2) ? 1000 + Int64(turn) : Int64(turn)
                    $0.host = HostInfo(
                        hostname: "pi-\(turn % 2)", os: "", architecture: "", uptimeSeconds: 1, load: [])
                }
                // Turn by turn as long as there are two reports of each.
                if turn == 2 {
                    #expect(try await central.ask(.GET, "/api/fleet/clients/sensor-1").text.contains(#""clones":[]"#))
                }
            }
            _ = try await central.report("sensor-1") {
                $0.bootID = "one-boot"
                $0.sequence = 1006
            }
            for path in ["/api/fleet/clients", "/api/fleet/clients/sensor-1"] {
                let answer = try await central.ask(.GET, path)
                let overview = try #require(
                    path.hasSuffix("s") ? answer.json([ClientOverview].self).first : answer.json(ClientOverview.self))
                #expect(overview.clones?.map(\.hostname) == ["pi-0", "pi-1"] || overview.clones?.count == 2)
                #expect(overview.clones?.first?.bootID == "one-boot")
                #expect(overview.clones?.first?.address == "127.0.0.1")
            }
            let fleet = try await central.ask(.GET, "/", token: nil)
            #expect(fleet.text.contains("2 hosts") && fleet.text.contains("(!) 1 cloned"))
            let page = try await central.ask(.GET, "/clients/sensor-1", token: nil)
            #expect(page.text.contains("2 daemons report as") && page.text.contains("pi-1"))
        }
    }
}
