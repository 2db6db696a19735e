import ArgumentParser
import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetConfig
import FoundationEssentials

/// How to reach a central. On the control host both come from its `daemon.yaml`.
struct CentralOptions: ParsableArguments {
    @Option(help: "URL of the central. (MCTL_CENTRAL_URL; on the control host as in its daemon.yaml)")
    var central: String?
    @Option(
        help:
            "File that holds the token. (MCTL_API_TOKEN is the token itself; a token is no argument, as others see those.)",
        completion: .file())
    var tokenFile: String?

    func client(_ options: DaemonOptions, http: HTTPClient) throws -> CentralClient {
        let environment = ProcessInfo.processInfo.environment
        let settings = ConfigurationReader(environment: environment)
            .daemonSettings(configDir: options.configDir).settings
        guard let url = central ?? environment["MCTL_CENTRAL_URL"] ?? url(of: settings) else {
            throw CommandFailure(
                "where is the central? Give its URL with --central or MCTL_CENTRAL_URL, as http://control-host:8080")
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw CommandFailure("'\(url)' is no URL of a central; it begins with http://")
        }
        return CentralClient(url: url, token: try token(environment, settings), http: http)
    }

    private func url(of settings: DaemonSettings) -> String? {
        guard settings.central.enabled else { return settings.fleet.centralAPIURL }
        let host = settings.central.host
        let reachable = ["0.0.0.0", "::", ""].contains(host) ? "127.0.0.1" : host
        return "http://\(reachable.contains(":") ? "[\(reachable)]" : reachable):\(settings.central.port)"
    }

    private func token(_ environment: [String: String], _ settings: DaemonSettings) throws -> String? {
        if let tokenFile {
            guard let data = FileManager.default.contents(atPath: tokenFile), data.count <= 4096 else {
                throw CommandFailure("the token file '\(tokenFile)' cannot be read, or is no token")
            }
            let text = String(decoding: data, as: UTF8.self)
            return String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
        }
        if let token = environment["MCTL_API_TOKEN"], !token.isEmpty { return token }
        return settings.central.enabled ? settings.central.apiToken : settings.fleet.apiToken
    }
}
