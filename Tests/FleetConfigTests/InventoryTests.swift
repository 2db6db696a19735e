import FleetConfig
import FleetModel
import Testing

@Suite("inventory.yaml")
struct InventoryTests {
    @Test("defaults hold for what a client does not say, wherever they stand")
    func defaults() throws {
        let folder = try ConfigFolder([
            "inventory.yaml": """
            clients:
              - name: a
                host: 10.0.0.1
              - name: b
                host: b.example
                api_port: 9200
                ssh_user: root
                ssh_port: 2222
                ssh_key: ~/.ssh/id
                install_dir: /srv/mc
                workloads: [w1, w2]
                env: {B: 2, C: "3"}
                tags: [x]
                api_token: token-of-b-alone
            defaults:
              api_port: 9101
              ssh_user: pi
              install_dir: /opt/mc
              env: {A: 1, B: 1}
              tags: [all]
            """
        ])
        let reading = folder.inventory()
        #expect(reading.issues.short == [])
        #expect(reading.found)
        var a = InventoryClient(name: "a", host: "10.0.0.1")
        a.apiPort = 9101
        a.sshUser = "pi"
        a.installDir = "/opt/mc"
        a.env = ["A": "1", "B": "1"]
        a.tags = ["all"]
        var b = InventoryClient(name: "b", host: "b.example")
        b.apiPort = 9200
        b.sshUser = "root"
        b.sshPort = 2222
        b.sshKey = "~/.ssh/id"
        b.installDir = "/srv/mc"
        b.workloads = ["w1", "w2"]
        b.env = ["A": "1", "B": "2", "C": "3"]
        b.tags = ["x"]
        b.apiToken = "token-of-b-alone"
        #expect(reading.inventory.clients == [a, b])
    }

    @Test("a client's token may stand in a file, and takes the place of what the defaults say")
    func tokenFiles() throws {
        let folder = try ConfigFolder(["all": "token-of-all-clients\n", "b": "token-of-client-b\n", "open": "x"])
        for name in ["all", "b"] { folder.close(name) }
        try folder.write(
            """
            defaults: {api_token_file: \(folder.path)/all}
            clients:
              - {name: a, host: a}
              - {name: b, host: b, api_token_file: \(folder.path)/b}
              - {name: c, host: c, api_token: token-of-client-c}
              - {name: d, host: d, api_token_file: \(folder.path)/open}
              - {name: e, host: e, api_token: token-of-client-e, api_token_file: \(folder.path)/b}
            """, to: "inventory.yaml")
        let reading = folder.inventory()
        #expect(
            reading.inventory.clients.map(\.apiToken)
                == ["token-of-all-clients", "token-of-client-b", "token-of-client-c"])
        #expect(reading.issues.map(\.line) == [6, 7])
    }

    @Test("a missing inventory is empty, and says so")
    func missing() throws {
        let reading = try ConfigFolder().inventory()
        #expect(reading == InventoryReading(inventory: Inventory(), issues: [], found: false))
    }

    @Test(
        "a wrong value is refused at its place, and its client is left out",
        arguments: [
            ("- {name: b}", "3:3: a client needs 'host'"), ("- {host: h}", "3:3: a client needs 'name'"),
            ("- {name: a, host: h}", "3:3: the client 'a' is in line 2 already"),
            ("- {name: b, host: H}", "3:3: the clients 'a' and 'b' have one address, h:9100"),
            ("- {name: ../b, host: h}", "3:10: 'name' must be up to 64 letters"),
            ("- {name: b, host: -oProxyCommand=x}", "3:19: 'host' must be a host name or an address"),
            ("- {name: b, host: h, ssh_port: 0}", "3:32: 'ssh_port' must be a port from 1 to 65535, not '0'"),
            ("- {name: b, host: h, api_port: 0}", "3:32: 'api_port' must be a port from 1 to 65535, not '0'"),
            ("- {name: b, host: h, ssh_user: -x}", "3:32: 'ssh_user' must be the name of a user"),
            ("- {name: b, host: h, ssh_key: -x}", "3:31: 'ssh_key' must not begin with '-'"),
            ("- {name: b, host: h, install_dir: opt}", "3:35: 'install_dir' must be an absolute path"),
            ("- {name: b, host: h, install_dir: \"/o;rm -rf\"}", "3:35: 'install_dir' must be an absolute path"),
            ("- {name: b, host: h, workloads: x}", "3:33: 'workloads' must be a list"),
            ("- {name: b, host: h, tag: [x]}", "3:22: unknown key 'tag'; did you mean 'tags'?"),
            ("- b", "3:3: a client must be a mapping of keys to values, not a text"),
        ])
    func refuses(line: String, expected: String) throws {
        let reading = try ConfigFolder(["inventory.yaml": "clients:\n- {name: a, host: h}\n\(line)\n"]).inventory()
        #expect(reading.issues.short.contains { $0.hasPrefix(expected) }, "\(reading.issues.short)")
        #expect(reading.inventory.clients == [InventoryClient(name: "a", host: "h")])
    }

    @Test("defaults cannot name a client", arguments: ["name", "host"])
    func ownKeys(key: String) throws {
        let reading = try ConfigFolder(["inventory.yaml": "defaults: {\(key): x}\nclients: []\n"]).inventory()
        #expect(reading.issues.first?.message.hasPrefix("unknown key '\(key)'") == true)
    }
}

extension InventoryTests {
    @Test(
        "an IPv6 address is taken with and without its brackets, one of a link with its zone; anything else is refused",
        arguments: [
            ("[::1]", "::1"), ("::1", "::1"), ("[2001:db8::7]", "2001:db8::7"), ("fe80::1%eth0", "fe80::1%eth0"),
            ("[fe80::1%br-lan]", "fe80::1%br-lan"), ("fe80::1%wlan_0.7", "fe80::1%wlan_0.7"), ("fe80::1%", nil),
            ("fe80::1%a%b", nil), ("[::1", nil), ("[]", nil), ("[host]", nil), ("a%eth0", nil), ("fe80::1%a/b", nil),
            ("fe80::1%-this-zone-is-far-too-long", nil), ("::1]:9100", nil),
        ])
    func addresses(text: String, host: String?) throws {
        let folder = try ConfigFolder(["inventory.yaml": "clients: [{name: a, host: \"\(text)\"}]\n"])
        let reading = folder.inventory()
        #expect(reading.inventory.clients.map(\.host) == (host.map { [$0] } ?? []))
        #expect(reading.issues.isEmpty == (host != nil))
    }

    @Test("one address written in two ways is one address")
    func bracketsAndAddress() throws {
        let folder = try ConfigFolder([
            "inventory.yaml": "clients: [{name: a, host: \"[::1]\"}, {name: b, host: \"::1\"}]\n"
        ])
        #expect(folder.inventory().issues.short.contains { $0.contains("have one address") })
    }

    @Test("the older documents' inventory, with files in place of workloads, is taken")
    func olderInventory() throws {
        let folder = try ConfigFolder([
            "inventory.yaml": """
            clients:
              - name: a
                host: 10.0.0.1
                ssh_user: pi
                workloads: [configs/collector.yaml, "configs/sub folder/x.yaml", plain]
            """
        ])
        let reading = folder.inventory()
        #expect(reading.issues.short == [])
        #expect(
            reading.inventory.clients.first?.workloads
                == ["configs/collector.yaml", "configs/sub folder/x.yaml", "plain"])
    }
}
