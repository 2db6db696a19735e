import FleetModel
import Foundation
import TestSupport
import Testing

/// One fleet and one browser for all of them, one after the other.
@Suite(
    "The dashboard in a real browser", .serialized, .dashboardFleet, .timeLimit(.minutes(10)),
    .enabled(if: Browser.isThere, "chromium and chromium-driver are not installed"))
struct DashboardTests {
    static let sleeper = "command: [sleep, infinity]\nrestart_delay: 60\nstop_timeout: 1"

    @Test("the overview and the page of a client show what is there")
    func whatIsThere() async throws {
        try await DashboardFleet.look { dashboard in
            let browser = dashboard.browser
            try await dashboard.open("/")
            try await browser.shows("n1")
            try await browser.shows("n2")
            try await browser.until("both are online", "document.querySelectorAll('td.online').length === 2")
            try await browser.click("a[href='/clients/n1']")
            try await browser.until("the client is shown", "location.pathname === '/clients/n1'")
            try await browser.until("its workload runs", "document.querySelector('tr[data-key=own] td.running')")
        }
    }

    @Test("a crash appears without reloading, in the row and in the title")
    func crash() async throws {
        try await DashboardFleet.look { dashboard in
            let browser = dashboard.browser
            try await dashboard.add("fragile", Self.sleeper)
            let before = try await dashboard.fleet.clients[0].until("fragile", "runs") { $0.status == .running }
            try await dashboard.logIn()
            try await dashboard.open("/clients/n1")
            try await dashboard.untilLive()
            try await browser.until("it runs", "document.querySelector('tr[data-key=fragile] td.running')")
            _ = try await browser.run("window.sameDocument = true")
            kill(try #require(before.pid), SIGKILL)
            try await browser.until("it is seen", "document.querySelector('tr[data-key=fragile] td.backoff')")
            try await browser.until("the title tells", "document.title.startsWith('(!) 1 in trouble')")
            #expect(try await browser.isSo("window.sameDocument"))

            // By the keyboard, from the page that saw it.
            try await browser.click("tr[data-key=fragile] button[value=restart]")
            try await browser.until("it asks", "document.querySelector('dialog[open]')")
            #expect(try await browser.seen("dialog h1") == "Restart workload 'fragile' on client 'n1'?")
            try await browser.press(Browser.enter)
            try await browser.until("it runs", "document.querySelector('tr[data-key=fragile] td.running')")
            try await browser.shows("Restarted workload 'fragile'")
            try await browser.until("the title is calm", "document.title.startsWith('n1')")
            #expect(try await browser.isSo("window.sameDocument && !document.querySelector('dialog')"))
        }
    }

    @Test("a central that dies is missed in the page, and is there again by itself, with what happened meanwhile")
    func centralDies() async throws {
        try await DashboardFleet.look { dashboard in
            let (browser, fleet) = (dashboard.browser, dashboard.fleet)
            try await dashboard.logIn()
            try await dashboard.open("/clients/n2")
            try await dashboard.untilLive()
            _ = try await browser.run("window.sameDocument = true")
            try await fleet.control.killAll()
            try await browser.until("it is missed", "live.textContent === 'connection lost'")
            try await dashboard.add("meanwhile", Self.sleeper, to: 1)
            try await fleet.control.up()
            try await dashboard.untilLive()
            try await browser.until("it is shown", "document.querySelector('tr[data-key=meanwhile] td.running')")
            // Sessions end with the central.
            try await browser.until("it offers to log in", "document.querySelector('header a[href^=\"/login\"]')")
            #expect(try await browser.isSo("window.sameDocument && !document.querySelector('main button')"))
        }
    }

    @Test("stop and start by button ask first, do it, and tell what came of it where one looks")
    func stopAndStart() async throws {
        try await DashboardFleet.look { dashboard in
            let (browser, host) = (dashboard.browser, dashboard.fleet.clients[1])
            try await dashboard.logIn()
            try await dashboard.open("/clients/n2")
            try await dashboard.untilLive()
            try await browser.click("tr[data-key=own] button[value=stop]")
            try await browser.until("it asks", "document.querySelector('dialog[open]')")
            #expect(try await browser.seen("dialog h1") == "Stop workload 'own' on client 'n2'?")
            try await browser.click("dialog a")
            try await browser.until("it is gone", "!document.querySelector('dialog')")
            #expect(try await host.workload("own")?.status == .running, "nothing is done to who says no")

            try await browser.click("tr[data-key=own] button[value=stop]")
            try await browser.click("dialog button[value=stop]")
            try await browser.until("it is stopped", "document.querySelector('tr[data-key=own] td.stopped')")
            // The stream may be faster than the answer.
            try await browser.until("it says so", "document.querySelector('[data-key=message]')")
            #expect(try await browser.seen("[data-key=message]") == "Stopped workload 'own'")
            #expect(try await host.workload("own")?.status == .stopped)

            try await browser.click("tr[data-key=own] button[value=start]")
            try await browser.click("dialog button[value=start]")
            try await browser.until("it runs", "document.querySelector('tr[data-key=own] td.running')")
            #expect(try await host.workload("own")?.status == .running)
            try await dashboard.open("/audit")
            try await browser.shows("stop")
            try await browser.shows("n2/own")
        }
    }
}
