import FleetModel
import Glibc
import Logging

extension CentralWatch {
    /// When the next question is due; nil where there is nobody to be asked, or a question is out.
    var nextQuestion: Double? {
        guard isListening, machine.status == .running, !isAsking else { return nil }
        return pulse.due(since: listensSince)
    }

    /// Asks the central whether it is alive, and kills it where it does not answer any more. It then comes back like one
    /// that crashed.
    func askForPulse() async {
        guard let due = nextQuestion, due <= surroundings.time.now().monotonic, let port = report?.port else { return }
        let (generation, pid) = (machine.record.generation, machine.pid)
        isAsking = true
        pulse.asks(now: surroundings.time.now().monotonic)
        let isAlive = await surroundings.isAlive(port)
        isAsking = false
        defer { setAlarm() }
        // It may have ended meanwhile, and another one have come.
        guard machine.record.generation == generation, machine.status == .running, isListening else { return }
        let now = surroundings.time.now().monotonic
        guard pulse.heard(isAlive: isAlive, isExcused: Self.isTraced(pid), now: now) else { return }
        logger.error(
            "the central is there and does not answer: it is killed, and started again",
            metadata: ["pid": "\(pid ?? 0)", "asked": "\(CentralPulse.mostSilences)"])
        pulse = CentralPulse()
        didHang = true
        surroundings.launcher.stop(
            runID, signal: SIGKILL, timeout: CentralProgram.stopTimeout)
    }

    /// A debugger holds it.
    private static func isTraced(_ pid: Int32?) -> Bool {
        guard let pid, let status = smallFile("/proc/\(pid)/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("TracerPid:") })
        else { return false }
        return !line.hasSuffix("\t0")
    }
}
