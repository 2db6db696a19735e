import FleetConfig
import FleetModel
import Testing

@testable import MasterControl

@Suite("The way to the central")
struct CentralAccessTests {
    static let defaults = DaemonSettings(
        fleet: FleetSettings(clientName: "host", installDir: "/"), central: CentralSettings())
    /// What a control host's `daemon.yaml` comes to.
    static let control: SettingsReading = {
        var settings = defaults
        settings.central.enabled = true
        settings.central.apiToken = "of-the-file"
        return SettingsReading(settings: settings, issues: [], found: true)
    }()
    static let none = SettingsReading(settings: defaults, issues: [], found: false)

    @Test("on the control host, address and token are those of its daemon.yaml")
    func controlHost() throws {
        let access = try CentralAccess(url: nil, token: nil, environment: [:], reading: Self.control)
        #expect(access.url == "http://127.0.0.1:8080")
        #expect(access.token == "of-the-file")
    }

    @Test("the token of daemon.yaml goes to no other host")
    func otherHost() throws {
        let access = try CentralAccess(url: "http://other:8080", token: nil, environment: [:], reading: Self.control)
        #expect(access.token == nil)
        let same = try CentralAccess(
            url: nil, token: nil, environment: ["MCTL_CENTRAL_URL": "http://127.0.0.1:8080"], reading: Self.control)
        #expect(same.token == "of-the-file")
    }

    @Test("options win over variables, and those over daemon.yaml")
    func precedence() throws {
        let environment = ["MCTL_CENTRAL_URL": "http://e:1", "MCTL_API_TOKEN": "of-e"]
        let variables = try CentralAccess(url: nil, token: nil, environment: environment, reading: Self.control)
        #expect((variables.url, variables.token) == ("http://e:1", "of-e"))
        let options = try CentralAccess(
            url: "http://o:1", token: "of-o", environment: environment, reading: Self.control)
        #expect((options.url, options.token) == ("http://o:1", "of-o"))
    }

    @Test("without an address, it asks for one, or shows why daemon.yaml does not tell")
    func nowhere() {
        let asked = #expect(throws: CommandFailure.self) {
            try CentralAccess(url: nil, token: nil, environment: [:], reading: Self.none)
        }
        #expect(asked?.description.contains("--central or MCTL_CENTRAL_URL") == true)
        let issue = ConfigIssue(file: "daemon.yaml", line: 2, column: 3, message: "no")
        let broken = SettingsReading(settings: Self.defaults, issues: [issue], found: true)
        let shown = #expect(throws: CommandFailure.self) {
            try CentralAccess(url: nil, token: nil, environment: [:], reading: broken)
        }
        #expect(shown?.description.contains("daemon.yaml:2:3: no") == true)
    }

    @Test("a token that fits no header is refused and not shown", arguments: ["a b", "sesame\nX: y", "ü"])
    func strangeToken(_ token: String) {
        let error = #expect(throws: CommandFailure.self) {
            try CentralAccess(
                url: "http://o:1", token: nil, environment: ["MCTL_API_TOKEN": token], reading: Self.none)
        }
        #expect(error?.description.contains(token) == false)
    }
}
