import FleetConfig
import FleetModel

/// The zone a workload's schedule is read in. The name was checked when the file was read; should the system have
/// forgotten it since, the host's own zone is what remains.
package enum Zones {
    @Sendable
    package static func zone(of spec: WorkloadSpec) -> any CivilZone {
        SystemZone(named: spec.timezone) ?? SystemZone.local
    }
}
