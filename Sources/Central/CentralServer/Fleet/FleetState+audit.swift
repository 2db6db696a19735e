import FleetHTTP
import FleetModel
import FoundationEssentials
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Synchronization

extension FleetState {
    /// How long an answer waits for its line of the audit, seconds, and how often the database is tried meanwhile.
    static let auditPatience = (whole: 3.0, pause: 0.1)

    /// Returns when the entry is on the disk, or the disk has refused it: then it is kept, and written once that goes.
    ///
    /// - Returns: false where it is kept only.
    @discardableResult
    package func note(_ entry: AuditEntry) async -> Bool {
        let (number, isOverflowing) = auditBacklog.withLock { ($0.append(entry), $0.isLosing) }
        if isOverflowing {
            logger.error("more lines of the audit wait for the database than are kept: some are lost")
        }
        await storeAuditAside()
        tellReaders(of: entry)
        return auditBacklog.withLock { $0.isWritten(number) }
    }

    /// For an action that is answered only once its line is on the disk.
    ///
    /// - Throws: `APIError` where the database refused earlier lines and still does, so that nothing is to be done.
    func expectAudit() async throws {
        guard auditWaiting > 0 else { return }
        await storeAuditAside()
        guard auditWaiting > 0 else { return }
        throw APIError(
            .serviceUnavailable,
            "nothing was done, as the central could not note who did it: its database cannot be written; is the disk "
                + "full?")
    }

    /// As `note`, and waits a little where the database refuses the line.
    ///
    /// - Throws: `APIError` where it goes on with that; what was done is done.
    func noteForSure(_ entry: AuditEntry) async throws {
        if await note(entry) { return }
        let deadline = ContinuousClock.now + .seconds(Self.auditPatience.whole)
        while ContinuousClock.now < deadline {
            try? await Task.sleep(for: .seconds(clamping: Self.auditPatience.pause))
            await storeAuditAside()
            if auditWaiting == 0 { return }
        }
        throw APIError(
            .serviceUnavailable,
            "'\(entry.action)' of '\(entry.target)' was done (\(entry.result)), and the central could not note it yet: "
                + "its database cannot be written; is the disk full?")
    }

    /// Not on the event loop: a board's card may take long. Where the pool is gone, the last flush writes it.
    private func storeAuditAside() async {
        _ = try? await NIOThreadPool.singleton.runIfActive { [self] in storeAudit() }
    }

    func tellReaders(of entry: AuditEntry) {
        guard let text = try? JSONEncoder().encode(entry) else { return }
        events.append("audit", isGuarded: true) { $0.writeImmutableBuffer(HarmlessJSON.text(text)) }
    }

    /// Newest first, those that are not on the disk yet too.
    package func audit(limit: Int) throws -> [AuditEntry] {
        let waiting = auditBacklog.withLock { $0.lines.suffix(max(0, limit)) }
        return try waiting.reversed() + store.audit(limit: limit - waiting.count)
    }

    /// Lines of the audit that wait for the disk.
    var auditWaiting: Int { auditBacklog.withLock { $0.count } }

    /// Writes what waits, as far as the database takes it. One at a time, so that the lines keep their order.
    func storeAudit() {
        auditWriting.withLock { isRefused in
            var written = 0
            attempt {
                do {
                    while let (number, line) = auditBacklog.withLock({ $0.next }) {
                        try store.append(line)
                        auditBacklog.withLock { $0.written(number) }
                        written += 1
                    }
                } catch {
                    if !isRefused {
                        logger.error(
                            "the database refuses lines of the audit; up to \(AuditBacklog.most) are kept in memory")
                    }
                    isRefused = true
                    throw error
                }
            }
            guard isRefused, auditWaiting == 0 else { return }
            isRefused = false
            let lost = auditBacklog.withLock { $0.takeLost() }
            logger.notice(
                "the lines of the audit that were kept in memory are written",
                metadata: ["written": "\(written)", "lost": "\(lost)"])
        }
    }
}
