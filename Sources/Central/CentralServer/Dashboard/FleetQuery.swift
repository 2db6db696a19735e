import FleetModel
import Hummingbird

/// What of the fleet is shown, as the address of the page says it.
struct FleetQuery: Hashable, Sendable {
    enum Order: String, CaseIterable, Sendable {
        case name, status, seen, trouble, cpu, memory, disk, release
    }

    static let pageSize = 50

    var text = ""
    var status: ClientStatus?
    /// Only those with a workload in trouble.
    var troubleOnly = false
    var tag = ""
    var order = Order.name
    var isReversed = false
    /// From 1.
    var page = 1

    init() {}

    /// What is not understood is left at its default: an address is never an error.
    init(_ request: Request) {
        for (key, value) in FormText.fields(request.uri.query ?? "") {
            switch key {
            case "q": text = String(value.prefix(100)).trimmingSpaces
            case "status":
                status = ClientStatus(rawValue: value)
                troubleOnly = value == "trouble"
            case "tag": tag = String(value.prefix(100))
            case "sort":
                order = Order(rawValue: value.hasPrefix("-") ? String(value.dropFirst()) : value) ?? .name
                isReversed = value.hasPrefix("-")
            case "page": page = max(1, min(Int(value) ?? 1, 1_000_000))
            default: break
            }
        }
    }

    /// The clients asked for, in order, all pages of them.
    func select(_ clients: [ClientOverview]) -> [ClientOverview] {
        let words = text.lowercased().split(separator: " ")
        let chosen = clients.filter { client in
            (status == nil || client.status == status) && (!troubleOnly || client.workloadsFailed > 0)
                && (tag.isEmpty || client.tags.contains(tag))
                && words.allSatisfy { word in
                    client.name.lowercased().contains(word) || (client.host?.lowercased().contains(word) ?? false)
                        || (client.deployedVersion?.lowercased().contains(word) ?? false)
                        || client.tags.contains { $0.lowercased().contains(word) }
                }
        }
        let sorted = order == .name ? chosen : chosen.sorted(by: isBefore)
        return isReversed ? sorted.reversed() : sorted
    }

    private func isBefore(_ left: ClientOverview, _ right: ClientOverview) -> Bool {
        func rank(_ client: ClientOverview) -> Double {
            switch order {
            case .name, .release: 0
            case .status: Double(ClientStatus.allCases.firstIndex(of: client.status) ?? 0)
            case .seen: client.lastSeen.map { Double($0.milliseconds) } ?? -1
            case .trouble: Double(client.workloadsFailed)
            case .cpu: client.system?.cpuPercent ?? -1
            case .memory: client.system.map { Self.share($0.memoryUsedMB, $0.memoryTotalMB) } ?? -1
            case .disk: client.system.map { Self.share($0.diskUsedGB, $0.diskTotalGB) } ?? -1
            }
        }
        if order == .release {
            let (mine, other) = (left.deployedVersion ?? "", right.deployedVersion ?? "")
            return mine == other ? left.name < right.name : mine < other
        }
        let (mine, other) = (rank(left), rank(right))
        return mine == other ? left.name < right.name : mine < other
    }

    /// In percent; 0 where the whole is not known.
    static func share(_ used: Double, _ total: Double) -> Double {
        total > 0 && used.isFinite ? max(0, min(100, used / total * 100)) : 0
    }

    /// The address of the overview for this.
    var path: String {
        var parts: [String] = []
        if !text.isEmpty { parts.append("q=" + FormText.encoded(text)) }
        if let value = statusText { parts.append("status=" + value) }
        if !tag.isEmpty { parts.append("tag=" + FormText.encoded(tag)) }
        if let value = sortText { parts.append("sort=" + value) }
        if page > 1 { parts.append("page=\(page)") }
        return parts.isEmpty ? "/" : "/?" + parts.joined(separator: "&")
    }

    var statusText: String? { troubleOnly ? "trouble" : status?.rawValue }
    var sortText: String? { order == .name && !isReversed ? nil : (isReversed ? "-" : "") + order.rawValue }

    func with(_ change: (inout FleetQuery) -> Void) -> FleetQuery {
        var query = self
        query.page = 1
        change(&query)
        return query
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
