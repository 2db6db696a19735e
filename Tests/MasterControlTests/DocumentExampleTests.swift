import ArgumentParser
import FleetModel
import Foundation
import TestSupport
import Testing

@testable import MCConsole
@testable import MasterControl

@Suite("What the documents say to type")
struct DocumentExampleTests {
    private static let programs = ["master-control", "mc-console"]

    @Test("is understood by the command line", arguments: Document.all)
    func commands(path: String) throws {
        let page = try Document(path)
        // A sentence may name a command alone.
        let named = page.codes.compactMap(Self.command).filter { $0.count > 2 }
        let lines = page.shellLines.compactMap(Self.command) + named
        for words in lines {
            #expect(Self.problem(words) == nil, "\(path): \(words.joined(separator: " "))")
        }
        if path == "docs/cli.md" { #expect(lines.count > 2) }
    }

    @Test(
        "what is wrong with a command line is found",
        arguments: ["lst", "logs", "logs x -n 0", "deploy 1 --batch 2", "up x"])
    func wrong(text: String) { #expect(Self.problem(["master-control"] + Self.words(text)) != nil) }

    /// The words of a command line of ours, without what another program has of it.
    private static func command(_ line: String) -> [String]? {
        var words = words(line)[...]
        if words.starts(with: ["sudo", "-u", "master-control"]) { words = words.dropFirst(3) }
        guard let program = words.first, programs.contains(program), words.count > 1 else { return nil }
        let end = words.firstIndex { ["|", "||", "&&", ">", ";", "#"].contains($0) } ?? words.endIndex
        // A sentence that names a command, or a pattern of one.
        guard !words[..<end].contains(where: { $0.contains("…") || $0 == "..." || $0.hasPrefix("[") }) else {
            return nil
        }
        return Array(words[..<end])
    }

    /// As a shell takes a line apart, as far as our examples need it.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch (quote, character) {
            case (nil, "'"), (nil, "\""):
                quote = character
                word = word ?? ""
            case (nil, " "):
                if let word { words.append(word) }
                word = nil
            case (let open?, character) where open == character: quote = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    private static func problem(_ words: [String]) -> String? {
        let arguments = Array(words.dropFirst())
        if arguments.first?.hasPrefix("--generate-completion-script") == true { return nil }
        do {
            if words.first == "mc-console" {
                _ = try ConsoleCommand.parse(arguments)
            } else {
                _ = try MasterControl.parseAsRoot(arguments)
            }
            return nil
        } catch {
            return MasterControl.exitCode(for: error).isSuccess ? nil : MasterControl.message(for: error)
        }
    }
}

@Suite("What the documents say of the HTTP API")
struct DocumentPathTests {
    private static let daemon =
        [
            DaemonEndpoint.health.route, DaemonEndpoint.list.route, DaemonEndpoint.status.route,
            DaemonEndpoint.reload.route, DaemonEndpoint.logs.route, DaemonEndpoint.events.route,
            DaemonEndpoint.shutdown.route, DaemonEndpoint.metrics.route, DaemonEndpoint.reports.route,
        ] + WorkloadAction.allCases.map { DaemonEndpoint.act($0).route }
    private static let central =
        [
            CentralEndpoint.heartbeat.route, CentralEndpoint.health.route, CentralEndpoint.clients.route,
            CentralEndpoint.client.route,
            CentralEndpoint.forgetClient.route, CentralEndpoint.workloads.route, CentralEndpoint.workload.route,
            CentralEndpoint.workloadDetail.route,
            CentralEndpoint.logs.route, CentralEndpoint.reload.route, CentralEndpoint.deploy.route,
            CentralEndpoint.deployments.route,
            CentralEndpoint.deployment.route, CentralEndpoint.retryDeployment.route,
            CentralEndpoint.deploymentOutput.route,
            CentralEndpoint.releases.route, CentralEndpoint.events.route, CentralEndpoint.access.route,
            CentralEndpoint.audit.route,
            CentralEndpoint.refusals.route, CentralEndpoint.metrics.route, CentralEndpoint.login.route,
        ] + WorkloadAction.allCases.map { CentralEndpoint.act($0).route }
        + DeploymentAction.allCases.map { CentralEndpoint.act($0).route }

    @Test("each path they name is there, with its method", arguments: Document.all)
    func paths(path: String) throws {
        let page = try Document(path)
        for code in page.codes {
            for (method, target) in Self.requests(code) {
                #expect(Self.isKnown(method, target, Self.daemon + Self.central), "\(path): \(method) \(target)")
            }
        }
        for line in page.shellLines where line.hasPrefix("curl ") {
            let method = line.contains("-X POST") ? "POST" : line.contains("-X DELETE") ? "DELETE" : "GET"
            for word in line.split(separator: " ") {
                let bare = word.drop { $0 == "\"" || $0 == "'" }.prefix { $0 != "\"" && $0 != "'" }
                guard let begin = bare.range(of: "/api/") ?? bare.range(of: "/metrics") else { continue }
                let host = bare[..<begin.lowerBound]
                let isClient = host.contains("client") || line.contains("--unix-socket")
                #expect(
                    Self.isKnown(method, String(bare[begin.lowerBound...]), isClient ? Self.daemon : Self.central),
                    "\(path): \(line)")
            }
        }
    }

    @Test("docs/api.md names every path there is")
    func isWhole() throws {
        let requests = try Document("docs/api.md").codes.flatMap(Self.requests)
        for endpoint in Self.daemon + Self.central {
            #expect(
                requests.contains { Self.isKnown($0.method, $0.target, [endpoint]) },
                "\(endpoint.method.rawValue) \(endpoint.pattern)")
        }
    }

    /// `GET /api/x` or `GET, POST /api/x`; a path alone is asked for, or posted to, or anything.
    private static func requests(_ code: String) -> [(method: String, target: String)] {
        guard let begin = ["/api/", "/metrics", "/login"].compactMap({ code.range(of: $0) }).first else { return [] }
        let methods = code[..<begin.lowerBound].split { $0 == " " || $0 == "," }.map(String.init)
        let target = String(code[begin.lowerBound...].prefix { $0 != " " })
        guard methods.allSatisfy({ ["GET", "POST", "DELETE"].contains($0) }), !target.contains("…") else { return [] }
        return (methods.isEmpty ? ["*"] : methods).map { ($0, target) }
    }

    private static func isKnown(_ method: String, _ target: String, _ endpoints: [Route]) -> Bool {
        let asked = target.prefix { $0 != "?" }.split(separator: "/")
        return endpoints.contains { endpoint in
            let parts = endpoint.pattern.split(separator: "/")
            guard method == "*" || method == endpoint.method.rawValue, parts.count == asked.count else { return false }
            return zip(parts, asked).allSatisfy { $0 == $1 || ($0.hasPrefix("{") && !$1.isEmpty) }
        }
    }
}
