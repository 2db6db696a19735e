import FleetModel
import Foundation
import TestSupport
import Testing

/// A fleet of real daemons and a browser that looks at it, one for all tests of the dashboard.
struct DashboardFleet: Sendable {
    @TaskLocal private static var current: DashboardFleet?

    static let readToken = "a-token-that-may-look"
    static let tokens = "  tokens: [{name: visitor, token: \(readToken), scopes: [read]}]"

    let fleet: DeployFleet
    let browser: Browser
    var url: String { "http://127.0.0.1:\(fleet.port)" }

    /// Gives one test the browser, with nobody logged in.
    static func look(_ body: (DashboardFleet) async throws -> Void) async throws {
        let shared = try #require(current)
        try await shared.browser.forget()
        try await body(shared)
    }

    static func whileUp(_ body: () async throws -> Void) async throws {
        try await DeployFleet.with(clients: 2, central: tokens) { fleet in
            let browser = try await Browser.start(in: fleet.control.folder)
            do {
                try await $current.withValue(DashboardFleet(fleet: fleet, browser: browser)) { try await body() }
            } catch {
                try? await browser.end()
                throw error
            }
            try await browser.end()
        }
    }

    func open(_ path: String) async throws { try await browser.open(url + path) }

    func logIn(_ token: String = DeployFleet.token) async throws {
        try await open("/login")
        try await browser.type(token + Browser.enter, into: "input[name=token]")
        try await browser.until("it is logged in", "location.pathname === '/' && document.querySelector('.who')")
    }

    /// Waits until the page is told of changes, so that what happens from here on is seen as it happens.
    func untilLive() async throws { try await browser.until("the page is live", "live.textContent === 'live'") }

    /// The id of a deployment that has ended; one is made where there is none.
    func someDeployment() async throws -> String {
        let spoken = try await fleet.control.run("deployments", "--json")
        let known = try JSONDecoder().decode([DeploymentStatus].self, from: Data(spoken.output.utf8))
        if let id = known.first(where: { $0.status.isEnded })?.id { return id }
        let begun = try await fleet.begin("1.0").id
        return try await fleet.until(begun, "has ended") { $0.status.isEnded }.id ?? ""
    }

    /// Gives a client one more workload.
    func add(_ name: String, _ lines: String, to client: Int = 0) async throws {
        let host = fleet.clients[client]
        try host.write("name: \(name)\n\(lines)\n", to: "configs/\(name).yaml")
        let spoken = try await host.run("reload")
        guard spoken.status == 0 else { throw TestHost.Failed(text: spoken.errors) }
    }
}

/// Keeps the fleet up for all tests of a suite.
struct DashboardFleetTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await DashboardFleet.whileUp(function)
    }
}

extension Trait where Self == DashboardFleetTrait {
    static var dashboardFleet: Self { Self() }
}
