import FleetModel

/// What a keeper says, a line each. The grammar stands in `protocol.c` of the keeper.
enum KeeperMessage: Hashable, Sendable {
    /// What we speak; see `protocol.c` for what came when.
    static let protocolVersion = 2

    case hello(protocol: Int, pid: Int32, generation: Int64)
    case started(pid: Int32, startTicks: UInt64, at: Timestamp)
    case failed(step: String, errno: Int32)
    case ended(RunOutcome)
    case logError(errno: Int32)
    case logOK
    case stuck(Int)
    /// A system call of the keeper's own failed; the run goes on.
    case trouble(what: String, errno: Int32)
    /// An errand has outlived its time.
    case tooLong

    /// Nil where the line is none of these: a keeper of a newer version may say more.
    init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard let verb = words.first else { return nil }
        switch (verb, words.count) {
        case ("keeper", 3):
            // One that does not say its version is older than any that does.
            guard let pid = Int32(words[1]), let generation = Int64(words[2]) else { return nil }
            self = .hello(protocol: 0, pid: pid, generation: generation)
        case ("keeper", 4...):
            guard let version = Int(words[1]), let pid = Int32(words[2]), let generation = Int64(words[3]) else {
                return nil
            }
            self = .hello(protocol: version, pid: pid, generation: generation)
        case ("started", 4):
            guard let pid = Int32(words[1]), let ticks = UInt64(words[2]), let at = Int64(words[3]) else { return nil }
            self = .started(pid: pid, startTicks: ticks, at: Timestamp(milliseconds: at))
        case ("failed", 3):
            guard let errno = Int32(words[2]) else { return nil }
            self = .failed(step: String(words[1]), errno: errno)
        case ("ended", 4):
            guard let code = Int32(words[2]) else { return nil }
            self = .ended(RunOutcome(kind: words[1], code: code))
        case ("log-error", 2):
            guard let errno = Int32(words[1]) else { return nil }
            self = .logError(errno: errno)
        case ("log-ok", 1): self = .logOK
        case ("stuck", 2):
            guard let count = Int(words[1]) else { return nil }
            self = .stuck(count)
        case ("trouble", 3):
            guard let errno = Int32(words[2]) else { return nil }
            self = .trouble(what: String(words[1]), errno: errno)
        case ("too-long", 1): self = .tooLong
        default: return nil
        }
    }
}

extension KeeperMessage {
    /// An end with what was said about it.
    func with(_ remarks: EndRemarks) -> KeeperMessage {
        guard case .ended(var outcome) = self else { return self }
        outcome.remarks = remarks
        return .ended(outcome)
    }

    /// What to tell where a keeper is newer than this daemon: it is managed as far as we understand it.
    static func warning(ofVersion version: Int) -> String? {
        guard version > protocolVersion else { return nil }
        return "a workload's keeper is of a newer version than this daemon (protocol \(version), here "
            + "\(protocolVersion)); some of what it says is not understood. Use the newer master-control, or restart the "
            + "workload"
    }
}

extension RunOutcome {
    init(kind: some StringProtocol, code: Int32) {
        switch kind {
        case "exit": self = .exited(code)
        case "signal": self = .signalled(code)
        default: self = .unknown
        }
    }
}
