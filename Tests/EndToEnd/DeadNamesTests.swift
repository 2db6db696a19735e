import FleetModel
import Foundation
import Glibc
import TestSupport
import Testing

/// A name server of a test that takes every question and answers none.
private struct SilentNameServer {
    let address: String
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        address = "127.53.\(Int.random(in: 1...254)).\(Int.random(in: 1...254))"
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(53).bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        let code = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw TestHost.Failed(text: "port 53 of \(address): \(errno)") }
    }

    func stop() { close(descriptor) }
}

@Suite("A control host whose name servers are dead", .timeLimit(.minutes(3)))
struct DeadNamesTests {
    @Test(
        "clients whose names are known are reached as ever, and the others are told by name (R8)",
        .enabled(if: SSHServer.canBeApart, "it takes root, and mounts"))
    func deadNameServer() async throws {
        let server = try SilentNameServer()
        defer { server.stop() }
        try await withHosts(2) { hosts in
            let (control, client, api, port) = (hosts[0], hosts[1], try freePort(), try freePort())
            let lost = (1...6).map { "lost-\($0)" }
            try control.write("nameserver \(server.address)\n", to: "resolv.conf")
            try control.write(
                "clients:\n  - {name: here, host: localhost, api_port: \(api)}\n"
                    + lost.map { "  - {name: \($0), host: \($0).example}\n" }.joined(), to: "inventory.yaml")
            try control.write(
                """
                central: {enabled: true, host: 127.0.0.1, port: \(port), api_token: \(SmallFleet.token)}
                """, to: "configs/daemon.yaml")
            try client.write(
                """
                fleet:
                  enabled: true
                  client_name: here
                  api_host: 127.0.0.1
                  api_port: \(api)
                  api_token: \(SmallFleet.token)
                """, to: "configs/daemon.yaml")
            try client.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
            try await client.up()
            try await control.up(through: [
                "/usr/bin/unshare", "-m", "/bin/sh", "-c",
                "mount --bind '\(control.folder)/resolv.conf' /etc/resolv.conf && exec \"$@\"", "sh",
            ])
            _ = try await control.port(of: "central")
            let url = "http://127.0.0.1:\(port)/api/fleet/clients/"
            let token = ["-H", "Authorization: Bearer \(SmallFleet.token)"]
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for name in lost {
                    tasks.addTask {
                        let start = ContinuousClock.now
                        let answer = try await control.curl(["-X", "POST", url + name + "/reload"] + token)
                        #expect(answer.status == 502, "\(answer.body)")
                        #expect(
                            answer.body.contains(
                                "its name could not be looked up: no name server has answered for '\(name).example' "
                                    + "within 4 s"), "\(answer.body)")
                        #expect(ContinuousClock.now - start < .seconds(15))
                    }
                }
                tasks.addTask {
                    for _ in 0..<3 {
                        let start = ContinuousClock.now
                        let answer = try await control.curl([url + "here/workloads/ticker/logs"] + token)
                        #expect(answer.status == 200, "\(answer.body)")
                        #expect(ContinuousClock.now - start < .seconds(4), "it waits for nobody else's name")
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }
}
