import FleetClient
import FleetModel
import Glibc
import NIOCore
import NIOPosix

/// Whether a central that is there does anything still: one that hangs is told from one that is slow, or whose host
/// slept. Pure: times are passed in, by a clock that counts sleep.
///
/// It is asked over its own port, as everybody is. Whatever comes back is a sign of life, a refusal and an answer that
/// makes no sense too: only silence counts, and only silence three times on end. So it has more than a minute, and no
/// flood of connections has it killed as long as it gets to one in all that time.
struct CentralPulse: Sendable {
    /// Seconds from one question to the next.
    static let interval = 10.0
    /// Seconds that an answer may take.
    static let limit = 15.0
    static let mostSilences = 3
    /// Seconds by which giving up may be late. Beyond that the host slept or we did not run, and so may it.
    private static let lateness = 5.0

    private var silences = 0
    private var askedAt: Double?

    /// When it is to be asked next.
    /// - Parameter begin: since when it listens.
    func due(since begin: Double) -> Double { (askedAt ?? begin) + Self.interval }

    mutating func asks(now: Double) { askedAt = now }

    /// - Parameter isExcused: it is held by a debugger, for example.
    /// - Returns: true where it hangs.
    mutating func heard(isAlive: Bool, isExcused: Bool, now: Double) -> Bool {
        let took = now - (askedAt ?? now)
        askedAt = now
        guard !isAlive, !isExcused, took <= Self.limit + Self.lateness else {
            silences = 0
            return false
        }
        silences += 1
        return silences >= Self.mostSilences
    }
}

/// Asks a central on this host for a sign of life.
enum CentralQuestion {
    private static let text =
        "GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: master-control\r\n\r\n"

    /// - Returns: false where nothing at all came back in time, not even a refusal.
    static func isAnswered(host: String, port: Int, limit: Double = CentralPulse.limit) async -> Bool {
        let answer = try? await withTimeLimit(seconds: limit) {
            await ask(host, port, .milliseconds(Int64(clamping: limit * 1000)))
        }
        return answer ?? false
    }

    private static func ask(_ host: String, _ port: Int, _ limit: TimeAmount) async -> Bool {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(limit)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: text))
                for try await _ in inbound { break }
            }
            return !Task.isCancelled
        } catch let error as NIOConnectionError {
            return !error.connectionErrors.contains { isTimeout($0.error) }
        } catch {
            return !isTimeout(error) && !Task.isCancelled
        }
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case .connectTimeout? = error as? ChannelError { return true }
        return (error as? IOError)?.errnoCode == ETIMEDOUT
    }
}
