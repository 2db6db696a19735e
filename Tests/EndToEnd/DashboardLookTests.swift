import FleetModel
import Foundation
import TestSupport
import Testing

extension DashboardTests {
    @Suite("How the pages look and are used")
    struct Look {
        /// Opens each kind of page, logged in, with much in it.
        private static func eachPage(_ dashboard: DashboardFleet, _ body: (String) async throws -> Void) async throws {
            let (browser, id) = (dashboard.browser, try await dashboard.someDeployment())
            try await dashboard.logIn()
            try await Markup.report(dashboard, sequence: 1, String(repeating: "long", count: 400))
            let client = "/clients/forged"
            for path in [
                "/", "/?q=nobody", client, client + "/workloads/w", "/clients/n1", "/clients/n1/workloads/own",
                "/clients/n1/confirm?action=stop&workload=own", "/deployments", "/deployments/\(id)",
                "/deployments/\(id)/clients/n1", "/deploy", "/audit", "/login", "/nowhere",
            ] {
                try await dashboard.open(path)
                try await body(path)
            }
            try await dashboard.open("/deploy")
            try await browser.type("1.1", into: "input[name=version]")
            try await browser.type("n1 n2", into: "textarea[name=targets]")
            try await browser.click("button[value=plan]")
            try await browser.until("the plan is shown", "document.querySelector('button[value=begin]')")
            try await body("the plan")
            try await Markup.forget(dashboard)
        }

        @Test("nothing has to be scrolled sideways on a screen of 360 pixels, and what is tapped is large enough")
        func narrow() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await browser.resize(width: 360, height: 740)
                try await Self.eachPage(dashboard) { path in
                    let width = try await browser.text("document.documentElement.scrollWidth")
                    #expect(width == "360", "\(path)")
                    let scrolled = try await browser.text(
                        "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && "
                            + "/auto|scroll/.test(getComputedStyle(e).overflowX)).map(e => e.className).join()")
                    #expect(scrolled == "", "\(path)")
                    // 24 by 24 is what WCAG 2.2 AA asks for (2.5.8).
                    let small = try await browser.text(
                        "[...document.querySelectorAll('button, select, input:not([type=hidden],[type=checkbox])')]"
                            + ".map(e => e.getBoundingClientRect()).filter(r => r.height < 24 || r.width < 24).length")
                    #expect(small == "0", "\(path)")
                }
            }
        }

        @Test("dark where the system is dark")
        func dark() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                func brightness(_ property: String) async throws -> Int {
                    let colour = "getComputedStyle(document.body).\(property).match(/\\d+/g).slice(0, 3)"
                    return try #require(Int(try await browser.text("\(colour).reduce((a, b) => a + Number(b), 0)")))
                }
                for (isDark, darker, lighter) in [
                    (false, "color", "backgroundColor"), (true, "backgroundColor", "color"),
                ] {
                    try await browser.prefer(dark: isDark)
                    try await dashboard.open("/")
                    #expect(try await brightness(darker) < 150)
                    #expect(try await brightness(lighter) > 600)
                }
            }
        }

        @Test("everything works by forms where scripts are not allowed")
        func withoutScripts() async throws {
            try await DashboardFleet.look { dashboard in
                let (browser, host) = (dashboard.browser, dashboard.fleet.clients[1])
                try await browser.allowScripts(false)
                try await dashboard.logIn()
                #expect(try await browser.text("document.getElementById('live').textContent") == "", "no script ran")
                try await browser.type("n2", into: "input[name=q]")
                try await browser.click("form.search button")
                try await browser.until("it has searched", "location.search.startsWith('?q=n2')")
                #expect(try await browser.hasNot("tr[data-key=n1]"))
                try await browser.click("tr[data-key=n2] a")
                for (action, verb, status) in [("stop", "Stop", "stopped"), ("start", "Start", "running")] {
                    try await browser.click("tr[data-key=own] button[value=\(action)]")
                    try await browser.until("it asks", "location.pathname === '/clients/n2/confirm'")
                    #expect(try await browser.seen("h1") == "\(verb) workload 'own' on client 'n2'?")
                    try await browser.click("main form button")
                    try await browser.until("it answers", "document.querySelector('[data-key=message]')")
                    _ = try await host.until("own", "is \(status)") { $0.status.rawValue == status }
                    _ = try await TestSupport.until("the page says so") {
                        try await dashboard.open("/clients/n2")
                        return try await browser.hasNot("tr[data-key=own] td.\(status)") ? nil : true
                    }
                }
                try await browser.click("tr[data-key=own] a")
                try await browser.until("the log is there", "document.querySelector('pre.log')")
                try await dashboard.open("/deploy")
                try await browser.type("1.0", into: "input[name=version]")
                try await browser.click("button[value=plan]")
                try await browser.shows("Plan for release 1.0")
                try await browser.click("header form button")
                try await browser.until("it is logged out", "!document.querySelector('.who')")
            }
        }

        @Test("the keyboard reaches all there is in the order of the page, and a question closes by Escape")
        func keyboard() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn()
                try await dashboard.open("/clients/n2")
                try await dashboard.untilLive()
                try await browser.press(Browser.tab)
                #expect(try await browser.text("document.activeElement.className") == "skip")
                let reachable = "[...document.querySelectorAll('a, button, input:not([type=hidden]), [tabindex]')]"
                let count = try #require(Int(try await browser.text(reachable + ".length")))
                for place in 1..<count {
                    try await browser.press(Browser.tab)
                    #expect(try await browser.isSo("\(reachable)[\(place)] === document.activeElement"), "\(place)")
                    #expect(
                        try await browser.isSo("getComputedStyle(document.activeElement).outlineStyle !== 'none'"))
                }
                _ = try await browser.run("document.querySelector('tr[data-key=own] button[value=stop]').focus()")
                try await browser.press(Browser.enter)
                try await browser.until("it asks", "document.querySelector('dialog[open]')")
                try await browser.press(Browser.escape)
                try await browser.until("it is gone", "!document.querySelector('dialog')")
                #expect(try await browser.text("document.activeElement.value") == "stop", "one is where one was")
            }
        }

        @Test(
            "a line moves on by a minute",
            arguments: [
                ("M0 16 59 16", "40", "M0 16 58 16 59 12"), ("M0 16 9 16M20 16 59 3", "NaN", "M0 16 8 16M19 16 58 3"),
                ("M0 1 1 2 2 3", "100", "M0 2 1 3M59 0"), ("M0 1", "0", "M59 20"), ("M0 4 3 9", "NaN", "M0 9 2 9"),
            ])
        func line(before: String, percent: String, after: String) async throws {
            try await DashboardFleet.look { dashboard in
                try await dashboard.open("/")
                let moved = try await dashboard.browser.run(
                    """
                    return import(document.querySelector("script").src)
                        .then(script => script.moved("\(before)", \(percent)))
                    """)
                #expect(moved == .string(after))
            }
        }

        /// Of the npm package axe-core, which Debian does not have: `AXE_CORE=…/axe.min.js swift test --filter Look`.
        private static let axe = ProcessInfo.processInfo.environment["AXE_CORE"]

        @Test("axe-core finds nothing, light and dark, wide and narrow", .enabled(if: axe != nil))
        func accessibility() async throws {
            let rules = try String(contentsOfFile: Self.axe ?? "", encoding: .utf8)
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                // For the rules, which are put into the page.
                try await browser.develop("Page.setBypassCSP", ["enabled": .bool(true)])
                for (width, isDark) in [(1400, false), (1400, true), (360, false), (360, true)] {
                    try await browser.resize(width: width, height: 900)
                    try await browser.prefer(dark: isDark)
                    try await Self.eachPage(dashboard) { path in
                        _ = try await browser.run(rules)
                        let found = try await browser.run(
                            "return axe.run().then(r => r.passes.length < 5 ? 'it did not run' : r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html + "
                                + "' ' + n.failureSummary).join(' | ')).join('\\n'))")
                        #expect(found == .string(""), "\(path) \(width) \(isDark)")
                    }
                }
            }
        }

        /// `PICTURES=folder swift test --filter Look`, for whoever changes the stylesheet.
        private static let pictures = ProcessInfo.processInfo.environment["PICTURES"]

        @Test("each page as a picture", .enabled(if: pictures != nil))
        func asPictures() async throws {
            try await DashboardFleet.look { dashboard in
                let (browser, fleet) = (dashboard.browser, dashboard.fleet)
                let script = "for i in $(seq 90); do echo $i of the lines of a log; done; echo; exec sleep infinity"
                try await dashboard.add("chatty", "command: [sh, -c, '\(script)']")
                let broken = try await fleet.begin("broken", ["--health-check-timeout", "3"])
                let failed = try #require(try await fleet.until(broken.id, "has ended") { $0.status.isEnded }.id)
                for (width, isDark) in [(1400, false), (1400, true), (360, false), (360, true)] {
                    try await browser.resize(width: width, height: width == 360 ? 740 : 900)
                    try await browser.prefer(dark: isDark)
                    var number = 0
                    func take() async throws {
                        number += 1
                        let name = "\(number < 10 ? "0" : "")\(number)-\(width)-\(isDark ? "dark" : "light").png"
                        let folder = URL(fileURLWithPath: Self.pictures ?? "/tmp")
                        try await browser.picture().write(to: folder.appendingPathComponent(name))
                    }
                    try await Self.eachPage(dashboard) { _ in try await take() }
                    let running = try await fleet.begin("1.1", ["--min-healthy-seconds", "2"]).id ?? ""
                    for path in ["/deployments/\(running)", "/clients/n1/workloads/chatty", "/deployments/\(failed)"] {
                        try await dashboard.open(path)
                        try await dashboard.untilLive()
                        try await take()
                    }
                    try await dashboard.open("/clients/n1")
                    try await dashboard.untilLive()
                    try await browser.click("tr[data-key=chatty] button[value=restart]")
                    try await browser.until("it asks", "document.querySelector('dialog[open]')")
                    try await take()
                    try await browser.click("dialog button")
                    try await browser.until("it is told", "document.querySelector('[data-key=message]')")
                    try await take()
                    _ = try await fleet.until(running, "has ended") { $0.status.isEnded }
                    let back = try await fleet.begin("1.0").id
                    _ = try await fleet.until(back, "has ended") { $0.status.isEnded }
                }
            }
        }
    }
}
