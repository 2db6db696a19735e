import FleetConfig
import FleetModel
import Testing

@Suite("Templates")
struct TemplateTests {
    private static func command(_ reading: WorkloadReading) -> [String]? {
        guard case .command(let words)? = reading.specs.first?.program else { return nil }
        return words
    }

    @Test("names come from the environment, from vars.yaml, and from the file's own vars, which win")
    func sources() throws {
        let folder = try ConfigFolder([
            "vars.yaml": "site: hall\nport: 0800\nhome: '{{ env.HOME }}'\n",
            "sub/a.yaml": """
            # {{ nothing }} is filled in here
            name: a
            command: ["{{ env.WHO }}", "{{site}}-{{ port }}", "{{ home }}", '{{ "{{" }}x}}']
            vars:
              # of this file
              site: "cellar {{ port }}"
            tags: [t]
            """,
        ])
        let reading = folder.workloads(environment: ["WHO": "me", "HOME": "/home/me"])
        #expect(reading.issues.short == [])
        #expect(Self.command(reading) == ["me", "cellar 0800-0800", "/home/me", "{{x}}"])
        #expect(reading.specs.first?.tags == ["t"])
    }

    @Test(
        "what cannot be filled in is reported at its place",
        arguments: [
            (
                "name: a\ncommand: [x, '{{ wher }}']\nvars: {where: x}\n",
                "2:15: the name 'wher' is not defined; did you mean 'where'?"
            ),
            (
                "name: a\ncommand: [x, '{{ foo }}']\n",
                "2:15: the name 'foo' is not defined; define it in vars.yaml or under 'vars:'"
            ),
            ("name: a\ncommand: [ä, '{{ env.NONE }}']\n", "2:15: the environment has no 'NONE'"),
            ("name: a\ncommand: [x, '{{ a b }}']\n", "2:15: '{{ a b }}' is no template"),
            ("name: a\ncommand: [x, '{{ .State }}']\n", "2:15: '{{ .State }}' is no template"),
            ("name: a\ncommand: [x, '{{ open']\n", "2:15: this '{{' has no '}}' on its line"),
            ("name: a\ncommand: [x, '{{ env.LINES }}']\n", "2:15: the value of 'env.LINES' has a line break"),
            ("name: '{{ a }}'\nvars:\n  a: '{{ b }}'\n  b: x\n", "3:7: the name 'b' is not defined"),
            ("name: '{{ a }}'\nvars:\n  a: [x]\n", "3:6: the variable 'a' must be a text"),
            ("name: '{{ a }}'\nvars: 5\n", "2:7: variables are a mapping"),
            ("name: '{{ a }}'\nvars:\n  a: x\n  a: y\n", "4:3: the key 'a' stands twice"),
            ("name: a\ncommand: [x]\nvars: 5\n", "3:7: 'vars' is wrong: variables are a mapping"),
        ])
    func errors(text: String, expected: String) throws {
        let reading = try ConfigFolder(["a.yaml": text]).workloads(environment: ["LINES": "a\nb"])
        #expect(reading.issues.short.contains { $0.hasPrefix(expected) }, "\(reading.issues.short)")
        #expect(reading.specs == [])
    }

    @Test("errors behind and in what was filled in have the line and column of the file as it was written")
    func positions() throws {
        let folder = try ConfigFolder([
            "a.yaml": """
            vars:
              long: "0123456789012345678901234567890123456789"
              short: x
              mode: nonsense
            workloads:
            - {name: a, command: ["{{ long }}"], timeout: 0}
            - {name: b, command: ["{{ short }}"], timeout: 0}
            - {name: c, command: [x], run_mode: "{{ mode }}"}
            - {name: "{{ short }}", command: [x]}
            - {name: "{{ short }}", command: [x]}
            """
        ])
        let issues = folder.workloads().issues
        #expect(issues.map { "\($0.line):\($0.column)" } == ["6:47", "7:48", "8:37", "9:10", "10:10"])
    }

    @Test("an error in vars.yaml is reported there")
    func varsFile() throws {
        let folder = try ConfigFolder(["vars.yaml": "a: x\nb: [y]\n", "a.yaml": "name: a\ncommand: ['{{ a }}']\n"])
        let reading = folder.workloads()
        #expect(reading.issues.short == ["2:4: the variable 'b' must be a text, a number or a truth value, not a list"])
        #expect(reading.issues.first?.file == folder.path + "/vars.yaml")
    }

    @Test("daemon.yaml and the inventory are filled in too")
    func otherFiles() throws {
        let folder = try ConfigFolder([
            "vars.yaml": "central: control-host\n",
            "daemon.yaml": "fleet: {central_api_url: 'http://{{ central }}:8080', api_token: '{{ env.TOKEN }}'}\n",
            "inventory.yaml": "vars: {net: 10.0.0}\nclients:\n- {name: a, host: '{{ net }}.5'}\n",
        ])
        let daemon = folder.daemon(environment: ["TOKEN": "s3cret-of-a-node"])
        #expect(daemon.issues.short == [])
        #expect(daemon.settings.fleet.centralAPIURL == "http://control-host:8080")
        #expect(daemon.settings.fleet.apiToken == "s3cret-of-a-node")
        #expect(folder.inventory().inventory["a"]?.host == "10.0.0.5")
    }

    @Test("a file cannot grow without end")
    func growth() throws {
        let folder = try ConfigFolder(["a.yaml": "x: " + String(repeating: "{{ env.BIG }}", count: 70_000)])
        let reading = folder.workloads(environment: ["BIG": String(repeating: "b", count: 100_000)])
        #expect(reading.issues.short == ["1:1: the file grows beyond 4 MiB here when its templates are filled in"])
    }
}
