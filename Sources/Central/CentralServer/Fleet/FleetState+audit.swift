import FleetHTTP
import FleetModel
import FoundationEssentials
import Logging
import NIOCore
import NIOPosix
import Synchronization

extension FleetState {
    /// Returns when the entry is on the disk, or the disk has refused it: then it is kept, and written once that goes.
    package func note(_ entry: AuditEntry) async {
        auditBacklog.withLock { $0.append(entry) }
        // Not on the event loop: a board's card may take long. Where the pool is gone, the last flush writes it.
        _ = try? await NIOThreadPool.singleton.runIfActive { [self] in storeAudit() }
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
