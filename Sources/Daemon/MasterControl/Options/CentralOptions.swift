import ArgumentParser
import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetConfig
import FoundationEssentials

/// How to reach a central. On the control host both come from its `daemon.yaml`.
struct CentralOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "URL of the central. (MCTL_CENTRAL_URL; on the control host as in its daemon.yaml)", valueName: "url"))
    var central: String?
    @Option(
        help: ArgumentHelp(
            "File that holds the token. (MCTL_API_TOKEN is the token itself; a token is no argument, as others see those.)",
            valueName: "file"), completion: .file())
    var tokenFile: String?

    func client(_ options: DaemonOptions, http: HTTPClient) throws -> CentralClient {
        let access = try access(options)
        return CentralClient(url: access.url, token: access.token, http: http)
    }

    func access(_ options: DaemonOptions) throws -> CentralAccess {
        let environment = ProcessInfo.processInfo.environment
        let reading = ConfigurationReader(environment: environment).daemonSettings(configDir: options.configDir)
        return try CentralAccess(
            url: central, token: try tokenFile.map(token), environment: environment, reading: reading)
    }

    private func token(in path: String) throws -> String {
        switch SecretFile.read(path) {
        case .success(let token): return token
        case .failure(let failure): throw CommandFailure("--token-file: \(failure.message)")
        }
    }
}
