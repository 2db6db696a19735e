import CentralServer
import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// A central with two clients whose daemons only pretend, and a script that only switches: what is tried is how the
/// central leads a deployment. The real script and real daemons are tried end to end.
struct DeployRig: Sendable {
    static let clients = ["a", "b"]
    let folder: String
    var names = clients
    /// What the daemon of a client answers to a reload.
    var reload: @Sendable (String) async throws -> Response = { _ in
        try .json(ReloadResult(changes: ReloadChanges()))
    }
    /// Told of each look at the workloads of a client.
    var onLook: @Sendable (String) -> Void = { _ in }

    /// Releases: 1.0, 2.0; `bad` whose workload does not live; `unready` whose workload waits to be started again; `hang` whose script does not end; `fail` whose script
    /// fails; `empty` with nothing in it.
    static func with<Value: Sendable>(
        change: (inout DeployRig) -> Void = { _ in }, _ body: @Sendable (DeployRig) async throws -> Value
    ) async throws -> Value {
        var rig = DeployRig(folder: try temporaryFolder())
        change(&rig)
        defer { removeFolder(rig.folder) }
        let files = FileManager.default
        for version in ["1.0", "2.0", "bad", "unready", "hang", "fail", "empty"] {
            try files.createDirectory(
                atPath: "\(rig.folder)/releases/\(version)/configs", withIntermediateDirectories: true)
            guard version != "empty" else { continue }
            try rig.write(
                "name: app\ncommand: [sleep, infinity]\n", to: "releases/\(version)/configs/app.yaml")
        }
        for client in rig.names {
            try files.createDirectory(atPath: "\(rig.folder)/\(client)", withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: "\(rig.folder)/\(client)/current", withDestinationPath: "1.0")
        }
        try rig.write(
            """
            #!/bin/sh
            set -eu
            [ "$1 $3 $4" = "--client --sync-only --version" ]
            echo "bringing $5 to $2"
            [ "$5" != hang ] || exec sleep 600
            [ "$5" != fail ] || { echo "deploy: no room" >&2; exit 1; }
            here=$(dirname "$MCTL_INVENTORY")/$2
            echo "$5 ${MCTL_RELEASE_DIGEST:--} ${MCTL_RELEASE_EXPECTED:-any} ${MCTL_RELEASE_BACK:-no}" >>"$here/orders"
            printf %s "${MCTL_RELEASE_DIGEST:-}" >"$here/digest"
            ln -sfn "$5" "$here/current"

            """, to: "deploy.sh")
        chmod(rig.folder + "/deploy.sh", 0o755)
        return try await body(rig)
    }

    /// An answer whose head comes at once and whose body a byte at a time, for as long as somebody reads.
    static var dribble: Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody { writer in
                while true {
                    try await writer.write(ByteBuffer(string: " "))
                    try await Task.sleep(for: .milliseconds(200))
                }
            })
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// The release that a client has.
    func current(_ client: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(client)/current")
    }

    /// What its daemon says of that; nil for a daemon that does not tell.
    func digest(_ client: String) -> String? {
        let text = try? String(contentsOfFile: "\(folder)/\(client)/digest", encoding: .utf8)
        return text == "" ? nil : text
    }

    /// Somebody else brings a release, or changes what is in one.
    func bring(_ version: String, digest: String? = nil, to client: String) throws {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(client)/current")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/\(client)/current", withDestinationPath: version)
        try write(digest ?? "", to: "\(client)/digest")
    }

    /// What the script was told for a client, a line for each time.
    func orders(_ client: String) -> [String] {
        ((try? String(contentsOfFile: "\(folder)/\(client)/orders", encoding: .utf8)) ?? "")
            .split(separator: "\n").map(String.init)
    }

    /// Runs a central on this fleet.
    func run<Value: Sendable>(
        store: any DeploymentStore = MemoryDeploymentStore(), change: (inout CentralSettings) -> Void = { _ in },
        _ body: @Sendable @escaping (TestCentral) async throws -> Value
    ) async throws -> Value {
        var settings = CentralSettings.guarded
        settings.inventoryPath = folder + "/inventory.yaml"
        settings.releasesDir = folder + "/releases"
        settings.deployScriptPath = folder + "/deploy.sh"
        change(&settings)
        let fixed = settings
        return try await FakeDaemon.run(daemon()) { port in
            var inventory = Inventory()
            inventory.clients =
                names.map { name in
                    var client = InventoryClient(name: name, host: "127.0.0.1")
                    client.apiPort = port
                    client.apiToken = "token-of-" + name
                    return client
                } + [InventoryClient(name: "gone", host: "127.0.0.1")]
            inventory.clients[names.count].apiPort = 1
            return try await TestCentral.run(
                settings: fixed, inventory: inventory, deployments: store, body)
        }
    }

    /// Each client is told by its token.
    private func daemon() -> Routes {
        var routes = Routes(policy: AccessPolicy(grants: [], anonymous: .operate))
        @Sendable func client(_ request: Request) -> String {
            String((request.headers[.authorization] ?? "").split(separator: "-").last ?? "")
        }
        routes.on(DaemonEndpoint.health, needs: .open) { request, _ in
            let name = client(request)
            return try .json(
                Health(
                    version: "1", deployedVersion: current(name), deployedDigest: digest(name), clientName: name))
        }
        routes.on(DaemonEndpoint.list, needs: .open) { request, _ in
            let version = current(client(request))
            onLook(client(request))
            var app = Workload(
                name: "app", type: .service, runMode: .forever,
                status: version == "bad" ? .failed : version == "unready" ? .backoff : .running)
            app.release = version
            var own = Workload(name: "own", type: .service, runMode: .forever, status: .failed)
            own.lastError = "of no release"
            return try .json(WorkloadList(workloads: [app, own]))
        }
        routes.on(DaemonEndpoint.reload, needs: .open) { request, _ in try await reload(client(request)) }
        return routes
    }
}

extension TestCentral {
    /// Begins a deployment of both clients, with short times.
    func deploy(_ version: String, _ more: String = "", token: String? = "all") async throws -> Answer {
        try await ask(
            .POST, "/api/fleet/deployments", token: token,
            body: """
                {"version":"\(version)","target_clients":["a","b"],"min_healthy_seconds":0,
                "health_check_timeout":20\(more)}
                """)
    }

    func deployment(_ id: String) async throws -> DeploymentStatus {
        try await ask(.GET, "/api/fleet/deployments/\(id)").json(DeploymentStatus.self)
    }

    /// Reads the event stream until a deployment is as wished.
    func until(_ id: String, _ isSo: @Sendable (DeploymentStatus) -> Bool) async throws -> DeploymentStatus {
        // Each change is published; a look in between is enough, with an end.
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let status = try await deployment(id)
            if isSo(status) { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ListenError("the deployment did not become what was waited for: \(try await deployment(id))")
    }

    func untilEnded(_ id: String) async throws -> DeploymentStatus { try await until(id) { $0.status.isEnded } }
}
