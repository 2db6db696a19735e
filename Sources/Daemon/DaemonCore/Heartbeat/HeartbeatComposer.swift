import FleetConfig
import FleetModel
import Synchronization

/// Puts together what the central is told.
package struct HeartbeatComposer: Sendable {
    let settings: FleetSettings
    let control: DaemonControl
    let events: WorkloadEvents
    let time: any TimeSource
    let bootID: String
    /// Of this life of the daemon: hosts that were given one name are told apart by it.
    let instance: String
    private let host: Shared
    /// Milliseconds since boot: so the numbers go on rising when the daemon is started again within one boot.
    private let firstSequence: Int64

    /// The look before, and the port that is really bound.
    private final class Shared: Sendable {
        let sampler: Mutex<HostSampler>
        let port: Mutex<Int>

        init(sampler: HostSampler, port: Int) {
            self.sampler = Mutex(sampler)
            self.port = Mutex(port)
        }
    }

    package init(
        settings: FleetSettings, control: DaemonControl, events: WorkloadEvents, time: any TimeSource, bootID: String,
        instance: String, disk: String
    ) {
        self.settings = settings
        self.control = control
        self.events = events
        self.time = time
        self.bootID = bootID
        self.instance = instance
        firstSequence = Int64(clamping: time.now().monotonic * 1000)
        host = Shared(sampler: HostSampler(diskPath: disk), port: settings.apiPort)
    }

    /// Where the port was left to the system, it is known only now.
    package func bound(to port: Int) { host.port.withLock { $0 = port } }

    /// - Parameter isMeasured: false for a report of a change, which is not to wait for a walk over /proc.
    package func compose(sequence: Int64, isMeasured: Bool) async -> Heartbeat {
        let workloads = await events.update { await control.ready().list(isMeasured: isMeasured) }
        var heartbeat = Heartbeat(
            clientName: settings.clientName, timestamp: time.now().wall, workloads: workloads)
        let release = control.installation.release
        heartbeat.deployedVersion = release.version
        heartbeat.deployedDigest = release.digest
        heartbeat.system = host.sampler.withLock { $0.metrics() }
        heartbeat.apiPort = host.port.withLock { $0 }
        heartbeat.advertiseHost = settings.advertiseHost
        heartbeat.bootID = bootID
        heartbeat.instance = instance
        heartbeat.sequence = firstSequence + sequence
        heartbeat.programVersion = ProgramVersion.current
        heartbeat.host = HostDescription.now()
        return heartbeat
    }
}
