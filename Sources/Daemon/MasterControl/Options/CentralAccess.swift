import FleetConfig
import FleetModel

/// Where a central is and what opens it, from all the places that may say so.
struct CentralAccess: Equatable {
    var url: String
    var token: String?

    /// - Parameters:
    ///   - url: `--central`.
    ///   - token: what `--token-file` holds.
    ///   - reading: `daemon.yaml`: on the control host that of the central, elsewhere that of one of its clients.
    /// - Throws: `CommandFailure` where nothing says where the central is.
    init(url: String?, token: String?, environment: [String: String], reading: SettingsReading) throws {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let settings = reading.settings
        let configured = Self.url(of: settings)
        guard let url = url ?? variable("MCTL_CENTRAL_URL") ?? configured else {
            guard reading.issues.isEmpty else {
                throw CommandFailure(
                    (["daemon.yaml, which may say where the central is, is not valid:"]
                        + reading.issues.map(\.description)).joined(separator: "\n"))
            }
            throw CommandFailure(
                "where is the central? Give its URL with --central or MCTL_CENTRAL_URL, as http://control-host:8080")
        }
        self.url = url
        // The token of daemon.yaml is for the central of daemon.yaml, and for no other host.
        let own = settings.central.enabled ? settings.central.apiToken : settings.fleet.apiToken
        self.token = token ?? variable("MCTL_API_TOKEN") ?? (url == configured ? own : nil)
        if let token = self.token, !SecretFile.isToken(token) {
            throw CommandFailure("the token in MCTL_API_TOKEN must be printable ASCII without spaces")
        }
    }

    private static func url(of settings: DaemonSettings) -> String? {
        guard settings.central.enabled else { return settings.fleet.centralAPIURL }
        let host = settings.central.host
        let reachable = ["0.0.0.0", "::", ""].contains(host) ? "127.0.0.1" : host
        return "http://\(reachable.contains(":") ? "[\(reachable)]" : reachable):\(settings.central.port)"
    }
}
