import FleetModel

/// `inventory.yaml`: the clients the central and the deploy script know, defaults already applied.
package struct Inventory: Hashable, Sendable {
    package var clients: [InventoryClient] = []
    package init() {}

    /// The entry of that name, where there is one.
    package subscript(name: String) -> InventoryClient? { clients.first { $0.name == name } }
}

package struct InventoryClient: Hashable, Sendable {
    package var name: String
    package var host: String
    package var apiPort = 9100
    package var sshUser: String?
    package var sshPort = 22
    package var sshKey: String?
    package var installDir: String?
    package var workloads: [String] = []
    package var env: [String: String] = [:]
    package var tags: [String] = []
    /// What the central sends to this client; nil is the central's own `api_token`.
    package var apiToken: String?
    /// Where that was read from, if not from the inventory itself.
    package var apiTokenFile: String?

    package init(name: String, host: String) {
        self.name = name
        self.host = host
    }

    /// As a line for scripts has it, to be joined by tabs: name, host, api_port, ssh_user, ssh_port, ssh_key,
    /// install_dir, tags, workloads; `-` where there is nothing, commas within lists. No tokens.
    package var fields: [String] {
        func list(_ items: [String]) -> String { items.isEmpty ? "-" : items.joined(separator: ",") }
        return [
            name, host, "\(apiPort)", sshUser ?? "-", "\(sshPort)", sshKey ?? "-", installDir ?? "-", list(tags),
            list(workloads),
        ]
    }
}
