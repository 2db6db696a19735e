import FleetModel

/// What the inventory says, with its defaults applied. A client that has an issue is left out.
package struct InventoryReading: Hashable, Sendable {
    package var inventory: Inventory
    package var issues: [ConfigIssue]
    /// False where there is no such file, which is no issue: a central can do without one.
    package var found: Bool

    package init(inventory: Inventory, issues: [ConfigIssue], found: Bool) {
        self.inventory = inventory
        self.issues = issues
        self.found = found
    }
}
