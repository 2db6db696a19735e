import FleetModel
import Foundation
import TestSupport
import Testing

extension DashboardTests {
    @Suite("Who may see and do what")
    struct Access {
        @Test("a wrong token is refused in a sentence, the right one logs in, logging out takes it all away again")
        func login() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.open("/clients/n1")
                #expect(try await browser.hasNot("main button"), "who has not logged in is offered nothing")
                try await browser.click("a[href^='/login']")
                try await browser.type("wrong" + Browser.enter, into: "input[name=token]")
                try await browser.shows("This token is not known here.")
                #expect(try await browser.cookie("mctl_session") == nil)
                #expect(try await !browser.text("document.documentElement.outerHTML").contains("wrong"))
                try await browser.type(DeployFleet.token + Browser.enter, into: "input[name=token]")
                try await browser.until("it is logged in", "document.querySelector('.who')")
                #expect(try await browser.text("document.cookie") == "", "no script can read the session")
                try await dashboard.open("/clients/n1")
                #expect(try await !browser.hasNot("main button"))
                #expect(try await !browser.text("document.documentElement.outerHTML").contains(DeployFleet.token))
                try await browser.click("header form button")
                try await browser.until("it is logged out", "!document.querySelector('.who')")
                try await dashboard.open("/clients/n1")
                #expect(try await browser.hasNot("main button"))
            }
        }

        @Test("a token that may only look sees logs and no controls, and is refused where it goes all the same")
        func reader() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn(DashboardFleet.readToken)
                #expect(try await browser.seen(".who") == "visitor")
                for path in ["/", "/clients/n1", "/clients/n1/workloads/own", "/deployments"] {
                    try await dashboard.open(path)
                    #expect(try await browser.hasNot("main form[method=post]"), "\(path)")
                    #expect(try await browser.hasNot("main form:not(.search) button"), "\(path)")
                    #expect(try await browser.hasNot("a[href='/deploy']"), "\(path)")
                }
                try await dashboard.open("/clients/n1/workloads/own")
                #expect(try await !browser.hasNot("pre.log"))
                for path in ["/deploy", "/clients/n1/confirm?action=stop&workload=own"] {
                    try await dashboard.open(path)
                    try await browser.shows("You may not do this")
                    #expect(try await browser.hasNot("main form[method=post]"), "\(path)")
                }
            }
        }

        @Test("a session that has ended elsewhere does nothing more, and the way back is shown")
        func ended() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn()
                try await dashboard.open("/clients/n2")
                try await dashboard.untilLive()
                // From here on the page shows nothing new: it would notice by itself that the session has ended, and be
                // gone before the button is clicked. What is on its way is not followed either.
                _ = try await browser.run(
                    """
                    const ask = window.fetch;
                    window.fetch = (to, how) => to === location.href ? new Promise(() => {}) : ask(to, how);
                    dispatchEvent(new Event("beforeunload"));
                    """)
                let session = try #require(try await browser.cookie("mctl_session"))
                let form = try await browser.text("document.querySelector('header input[name=form_token]').value")
                let out = try await dashboard.fleet.control.curl(
                    "-b", "mctl_session=\(session)", "-d", "form_token=\(form)", dashboard.url + "/logout")
                #expect(out.status == 303)
                try await browser.click("tr[data-key=own] button[value=stop]")
                try await browser.until("it asks for a token", "location.pathname === '/login'")
                #expect(try await dashboard.fleet.clients[1].workload("own")?.status == .running)
                try await browser.type(DeployFleet.token + Browser.enter, into: "input[name=token]")
                try await browser.until("it is where it was", "location.pathname === '/clients/n2'")
                #expect(try await !browser.hasNot("tr[data-key=own] button[value=stop]"))
            }
        }

        @Test("a page of another site can send no form of ours")
        func otherSite() async throws {
            try await DashboardFleet.look { dashboard in
                let browser = dashboard.browser
                try await dashboard.logIn()
                try await dashboard.open("/clients/n2")
                let form = try await browser.text("document.querySelector('header input[name=form_token]').value")
                // localhost is another site than 127.0.0.1, and the worst that it could know is the token of the form.
                let page = """
                    <form method=post action='\(dashboard.url)/clients/n2/act'><input name=action value=stop>
                    <input name=workload value=own><input name=form_token value='\(form)'><button>go</button></form>
                    """
                let file = dashboard.fleet.control.folder + "/other.html"
                try Data(page.utf8).write(to: URL(fileURLWithPath: file))
                try await browser.open("file://" + file)
                try await browser.click("button")
                try await browser.until("it is answered", "location.protocol === 'http:' && document.body")
                #expect(try await ["Log in", "You may not do this"].contains(browser.seen("h1")))
                #expect(try await dashboard.fleet.clients[1].workload("own")?.status == .running)
            }
        }
    }
}
