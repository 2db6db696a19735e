/// A column of the overview, and how its head sorts.
struct FleetColumn: Sendable {
    var label: String
    var order: FleetQuery.Order
    var isNumber = false
    /// The first click brings the largest values to the top: those are what somebody looks for here.
    var beginsWithMost = false

    static let all = [
        FleetColumn(label: "Client", order: .name), FleetColumn(label: "Status", order: .status, beginsWithMost: true),
        FleetColumn(label: "Running", order: .trouble, isNumber: true, beginsWithMost: true),
        FleetColumn(label: "CPU", order: .cpu, beginsWithMost: true),
        FleetColumn(label: "Memory", order: .memory, beginsWithMost: true),
        FleetColumn(label: "Disk", order: .disk, beginsWithMost: true),
        FleetColumn(label: "Last seen", order: .seen, isNumber: true), FleetColumn(label: "Release", order: .release),
    ]

    func values(_ query: FleetQuery) -> [String: Any] {
        let isChosen = query.order == order
        let target = query.with {
            $0.order = order
            $0.isReversed = isChosen ? !query.isReversed : beginsWithMost
        }
        var values: [String: Any] = [
            "label": label, "role": isNumber ? "number" : "", "path": target.path,
            "arrow": isChosen ? (query.isReversed ? " ↓" : " ↑") : "",
        ]
        if isChosen { values["aria"] = query.isReversed ? "descending" : "ascending" }
        return values
    }
}
