import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("Deployments with the real program, sshd and script", .serialized, .timeLimit(.minutes(10)))
struct DeploymentTests {
    @Test("a good release, one that crashes at once and is undone, and what the client has of its own stays as it is")
    func goodAndBroken() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            let before = fleet.clients.map { $0.read("configs/daemon.yaml") }
            let own = try await fleet.clients[0].until("own", "runs") { $0.status == .running }
            let first = try await fleet.deploy("1.0")
            #expect(first.status == 0, "\(first.output)\(first.errors)")
            #expect(first.output.contains("deployment completed"), "\(first.output)")
            #expect(fleet.current == ["1.0", "1.0"])
            let app = try await fleet.clients[0].until("app", "runs") { $0.status == .running }
            #expect(app.release == "1.0")

            let broken = try await fleet.deploy("broken", "--batch-size", "2", "--health-check-timeout", "8")
            #expect(broken.status == 1)
            #expect(broken.output.contains("deployment rolled_back"), "\(broken.output)")
            #expect(broken.output.contains("'app'"), "\(broken.output)")
            #expect(fleet.current == ["1.0", "1.0"])
            for client in fleet.clients {
                let app = try await client.until("app", "runs again") { $0.status == .running }
                #expect(app.release == "1.0")
            }
            #expect(fleet.clients.map { $0.read("configs/daemon.yaml") } == before)
            #expect(try await fleet.clients[0].workload("own")?.pid == own.pid, "no other workload is disturbed")

            let list = try await fleet.control.run("deployments")
            #expect(list.lines.count == 3, "\(list.output)")
            let releases = try await fleet.control.run("releases", "--json")
            let shelf = try JSONDecoder().decode(ReleaseList.self, from: Data(releases.output.utf8)).releases
            #expect(Set(shelf.map(\.version)) == ["1.0", "1.1", "broken"])
        }
    }

    @Test("a release that dies after a while, and one that is never ready, are undone with the reason")
    func lateDeaths() async throws {
        try await DeployFleet.with(clients: 1) { fleet in
            #expect(try await fleet.deploy("1.0").status == 0)
            try fleet.release("dies", command: "sleep 1.5; exit 3")
            let died = try await fleet.begin("dies", ["--min-healthy-seconds", "4", "--health-check-timeout", "8"])
            try fleet.release("unready", command: "exec sleep infinity", more: "ready: {exec: [\"false\"]}")
            for (id, reason) in [(died.id, "exited with status 3"), (nil, "is not ready")] {
                let begun = id == nil ? try await fleet.begin("unready", ["--health-check-timeout", "8"]).id : id
                let ended = try await fleet.until(begun, "has ended") { $0.status.isEnded }
                #expect(ended.status == .rolledBack, "\(ended)")
                #expect(ended.error?.contains(reason) == true, "\(ended.error ?? "")")
                #expect(fleet.current == ["1.0"])
                let app = try await fleet.clients[0].until("app", "runs again") { $0.status == .running }
                #expect(app.release == "1.0")
            }
        }
    }

    @Test(
        "a client whose daemon dies in a step leaves the deployment in a named state, and itself with a whole release",
        arguments: [ClientDeploymentState.deploying, .deployed])
    func clientDies(moment: ClientDeploymentState) async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            #expect(try await fleet.deploy("1.0", "--batch-size", "2").status == 0)
            let begun = try await fleet.begin("1.1", ["--min-healthy-seconds", "3", "--health-check-timeout", "5"])
            _ = try await fleet.until(begun.id, "is \(moment) at the first client") {
                $0.clientStatuses[0].status == moment
            }
            try await fleet.clients[0].killDaemon()
            let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
            // Whether the former release lives there can't be seen any more.
            #expect([.rollbackFailed, .rolledBack].contains(ended.status), "\(ended)")
            #expect(ended.error?.contains("n1") == true, "\(ended.error ?? "")")
            #expect(ended.clientStatuses[1].status == .skipped)
            #expect(fleet.current == ["1.0", "1.0"])
            try await fleet.clients[0].up()
            let app = try await fleet.clients[0].until("app", "runs") { $0.status == .running }
            #expect(app.release == "1.0")
        }
    }

    @Test("a daemon that is down while its release is switched is reloaded once it is back (R5)")
    func daemonRestarts() async throws {
        // The daemon can be ended in the middle of it.
        let waiting = "case $* in *1.1) touch bringing; while [ ! -e go ]; do sleep 0.05; done;; esac"
        try await DeployFleet.with(clients: 1, before: waiting) { fleet in
            #expect(try await fleet.deploy("1.0").status == 0)
            let begun = try await fleet.begin("1.1", ["--health-check-timeout", "40"])
            _ = try await TestSupport.until("files are brought") {
                FileManager.default.fileExists(atPath: fleet.control.folder + "/bringing") ? true : nil
            }
            try await fleet.clients[0].killDaemon()
            try fleet.control.write("", to: "go")
            let down = try await fleet.until(begun.id, "reloads") { $0.clientStatuses[0].status != .deploying }
            #expect(down.clientStatuses[0].status == .deployed, "\(down)")
            try await fleet.clients[0].up()
            let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
            #expect(ended.status == .completed, "\(ended)")
            #expect(fleet.current == ["1.1"])
        }
    }

    @Test("where ssh leads nowhere nothing was touched, and nothing is said to be left half rolled back (R5)")
    func noWay() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            #expect(try await fleet.deploy("1.0", "--batch-size", "2").status == 0)
            fleet.ssh.stop()
            let begun = try await fleet.begin("1.1", ["--batch-size", "2"])
            let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
            #expect(ended.status == .rolledBack, "\(ended)")
            #expect(!ended.clientStatuses.contains { $0.status == .rollbackFailed }, "\(ended)")
            #expect(ended.clientStatuses.contains { $0.status == .failed && $0.error?.contains("ssh") == true })
            #expect(fleet.current == ["1.0", "1.0"])
        }
    }

    @Test("cancelled in the middle, the clients have what they had")
    func cancel() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            #expect(try await fleet.deploy("1.0", "--batch-size", "2").status == 0)
            let begun = try await fleet.begin("1.1", ["--min-healthy-seconds", "9"])
            _ = try await fleet.until(begun.id, "watches its first client") {
                $0.clientStatuses[0].status == .deployed
            }
            let cancelled = try await fleet.control.run("cancel", begun.id ?? "")
            #expect(cancelled.output.contains("Deployment cancelled"), "\(cancelled.output)\(cancelled.errors)")
            let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
            #expect(ended.status == .cancelled, "\(ended)")
            #expect(ended.clientStatuses.map(\.status) == [.rolledBack, .skipped])
            #expect(fleet.current == ["1.0", "1.0"])
            let again = try await fleet.control.run("cancel", begun.id ?? "")
            #expect(again.status == 1)
            #expect(again.errors.contains("has ended already"), "\(again.errors)")
        }
    }

    @Test("the central is killed in the middle, and the next one comes to the same end")
    func killed() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            #expect(try await fleet.deploy("1.0", "--batch-size", "2").status == 0)
            let moments: [(ClientDeploymentState, Int, String, DeploymentState)] = [
                (.deploying, 0, "1.1", .completed), (.deployed, 1, "1.0", .completed),
                (.deploying, 1, "broken", .rolledBack), (.rollingBack, 0, "broken", .rolledBack),
            ]
            for (turn, (moment, client, version, end)) in moments.enumerated() {
                let batch = version == "broken" ? "2" : "1"
                let before = fleet.current
                let begun = try await fleet.begin(
                    version, ["--batch-size", batch, "--health-check-timeout", "8"])
                _ = try await fleet.until(begun.id, "is \(moment) at client \(client)") {
                    $0.clientStatuses[client].status == moment || $0.status.isEnded
                }
                // By turns with its daemon, and alone: then that begins the next one by itself.
                if turn % 2 == 0 {
                    try await fleet.control.killAll()
                    try await fleet.control.up()
                } else {
                    try await fleet.control.killCentral()
                }
                let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
                #expect(ended.status == end, "\(moment) \(version): \(ended)")
                #expect(fleet.current == (end == .completed ? [version, version] : before), "\(moment) \(version)")
            }
        }
    }
}
