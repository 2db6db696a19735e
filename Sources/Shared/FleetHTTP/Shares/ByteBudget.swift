import FleetModel
import Synchronization

/// Bytes that may be held for one purpose at a time by all requests together.
///
/// Whoever they are held for has a share: outsiders and clients leave room for operators, and none of them takes the
/// room of all others.
package final class ByteBudget: Sendable {
    /// For whom bytes are held.
    package enum Holder: Hashable, Sendable {
        /// Who may operate or more, or is on the Unix socket.
        case operating
        /// Who can only look.
        case reader(String)
        /// Who can only report.
        case client(String)
        /// Who has shown no token.
        case outsider(AddressBlock)

        package init(_ principal: Principal, at address: AddressBlock) {
            if !principal.isAuthenticated {
                self = address.isLocal ? .operating : .outsider(address)
            } else if let client = principal.client {
                self = .client(client)
            } else {
                self = principal.may(.operate) ? .operating : .reader(principal.name)
            }
        }

        /// Of the limit, for all like this one together.
        var shareOfAll: Double {
            switch self {
            case .operating: 1
            case .client, .reader: 0.75
            case .outsider: 0.5
            }
        }

        /// Of the limit, for this one.
        var ownShare: Double {
            switch self {
            case .operating: 1
            case .reader: 0.25
            case .client, .outsider: 0.125
            }
        }
    }

    private struct Use {
        var all = 0
        var own: [Holder: Int] = [:]
    }

    package let limit: Int
    private let use = Mutex(Use())

    /// Below this a body or an answer is not counted: it costs no more than the connection it came on, so that what a
    /// fleet's own clients send and ask for never waits for the room of others.
    package static let small = 64 << 10

    /// Bodies of requests that are being read or worked on.
    package static let bodies = ByteBudget(64 << 20)
    /// Answers that readers have not taken yet.
    package static let answers = ByteBudget(64 << 20)
    /// Answers of clients on their way through a central.
    package static let forwards = ByteBudget(64 << 20)

    package init(_ limit: Int) { self.limit = limit }

    package var bytes: Int { use.withLock { $0.all } }

    /// - Returns: what gives the bytes back once nobody holds it; nil where there is no room.
    package func claim(_ bytes: Int, for holder: Holder = .operating) -> ByteLease? {
        let lease = ByteLease(self, holder: holder)
        return lease.grow(to: bytes) ? lease : nil
    }

    fileprivate func add(_ bytes: Int, for holder: Holder) -> Bool {
        use.withLock { use in
            let before = use.own[holder, default: 0]
            let own = before + bytes
            // The first of a holder needs only room among all, however long it is; its share counts from the second on.
            guard Double(use.all + bytes) <= Double(limit) * holder.shareOfAll,
                before == 0 || Double(own) <= Double(limit) * holder.ownShare
            else { return false }
            use.all += bytes
            use.own[holder] = own
            return true
        }
    }

    fileprivate func giveBack(_ bytes: Int, of holder: Holder) {
        use.withLock { use in
            use.all -= bytes
            let own = use.own[holder, default: 0] - bytes
            use.own[holder] = own > 0 ? own : nil
        }
    }
}

/// A part of a budget; it goes back when this goes.
package final class ByteLease: Sendable {
    private let budget: ByteBudget
    private let holder: ByteBudget.Holder
    private let held = Atomic(0)

    init(_ budget: ByteBudget, holder: ByteBudget.Holder) {
        self.budget = budget
        self.holder = holder
    }

    deinit { budget.giveBack(held.load(ordering: .relaxed), of: holder) }

    /// For one task at a time.
    /// - Returns: false where there is no room; what was held stays held.
    package func grow(to bytes: Int) -> Bool {
        let more = bytes - held.load(ordering: .relaxed)
        guard more > 0 else { return true }
        guard budget.add(more, for: holder) else { return false }
        held.wrappingAdd(more, ordering: .relaxed)
        return true
    }
}
