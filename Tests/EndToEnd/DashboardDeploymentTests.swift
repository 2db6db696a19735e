import FleetModel
import Foundation
import TestSupport
import Testing

extension DashboardTests {
    @Suite("Deployments in the browser")
    struct Deployments {
        /// Fills in the form of a new deployment and asks for its plan.
        private static func plan(
            _ version: String, healthy: String, within: String = "10", _ browser: Browser
        ) async throws {
            try await browser.type(version, into: "input[name=version]")
            try await browser.type("n1 n2", into: "textarea[name=targets]")
            try await browser.type(within, into: "input[name=health_check_timeout]")
            try await browser.type(healthy, into: "input[name=min_healthy_seconds]")
            try await browser.click("button[value=plan]")
            try await browser.until("the plan is shown", "document.querySelector('button[value=begin]')")
        }

        private static let state = "document.querySelector('h1 span').innerText"

        /// The id of the deployment whose page is open, once it is.
        private static func begun(_ browser: Browser) async throws -> String {
            try await browser.until("it has a page", "/^.deployments.[^/]+$/.test(location.pathname)")
            return try await browser.text("location.pathname.split('/')[2]")
        }

        @Test("a plan comes first and changes nothing; what is begun moves by itself, with what the script printed")
        func planAndBegin() async throws {
            try await DashboardFleet.look { dashboard in
                let (browser, fleet) = (dashboard.browser, dashboard.fleet)
                try await dashboard.logIn()
                try await dashboard.open("/deployments")
                let known = try await browser.text("document.querySelectorAll('tr[data-key]').length")
                try await browser.click("a[href='/deploy']")
                try await Self.plan("1.0", healthy: "0.3", browser)
                #expect(try await browser.seen("h1").hasPrefix("Plan for release 1.0"))
                #expect(
                    try await browser.text("document.querySelectorAll('tr.group').length") == "2", "two batches of one")
                let listed = try await fleet.control.run("deployments", "--json")
                #expect(listed.output.components(separatedBy: "\"id\"").count - 1 == Int(known))
                try await browser.click("button[value=begin]")
                let id = try await Self.begun(browser)
                try await dashboard.untilLive()
                _ = try await browser.run("window.sameDocument = true")
                try await browser.until("it is completed", Self.state + " === 'completed'")
                #expect(try await browser.isSo("window.sameDocument"))
                #expect(try await browser.text("document.querySelectorAll('tr[data-key] td.completed').length") == "2")
                #expect(fleet.current == ["1.0", "1.0"])
                try await browser.click("tr[data-key=n1] a")
                try await browser.until("the output is shown", "document.querySelector('pre.log')")
                #expect(try await browser.seen("pre.log").contains("1.0"))
                #expect(try await browser.seen("h1") == "Output for n1 healthy")
                try await dashboard.open("/deployments")
                #expect(try await browser.seen("tr[data-key='\(id)'] td.completed") == "completed")
                try await dashboard.open("/")
                try await browser.until("the overview names it", "document.body.innerText.includes('1.0')")
            }
        }

        @Test("one that fails says so in its title and where, in the words of the daemon, and may be retried")
        func broken() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn()
                try await dashboard.open("/deploy")
                try await Self.plan("broken", healthy: "0.3", within: "3", browser)
                try await browser.click("button[value=begin]")
                _ = try await Self.begun(browser)
                try await browser.until("it is undone", "/rolled back|failed/.test(\(Self.state))")
                try await browser.until("the title tells", "document.title.startsWith('(!) broken')")
                #expect(try await browser.seen(".notice.bad").contains("'app'"))
                #expect(try await browser.text("document.querySelectorAll('button[value=retry]').length") == "1")
            }
        }

        @Test("one under way is paused, goes on and is cancelled by button, after a question each time")
        func control() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn()
                try await dashboard.open("/deploy")
                try await Self.plan("1.1", healthy: "1.5", browser)
                try await browser.click("button[value=begin]")
                let id = try await Self.begun(browser)
                try await dashboard.untilLive()
                for (action, state) in [
                    ("pause", "paused"), ("resume", "in progress"), ("cancel", "cancelled|rolled back"),
                ] {
                    try await browser.click("button[value=\(action)]")
                    try await browser.until("it asks", "document.querySelector('dialog[open]')")
                    #expect(try await browser.seen("dialog h1").contains("the deployment \(id) of release '1.1'?"))
                    try await browser.click("dialog button[value=\(action)]")
                    try await browser.until("it is \(state)", "/^(\(state))$/.test(\(Self.state))")
                }
                _ = try await dashboard.fleet.until(id, "has ended") { $0.status.isEnded }
            }
        }
    }
}
