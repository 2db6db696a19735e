import FleetModel

/// What readers of the event stream must be told after the picture has changed.
package enum FleetChange: Hashable, Sendable {
    case client(String)
    case workload(client: String, Workload)
    case workloadRemoved(client: String, String)
    case clientRemoved(String)
}
