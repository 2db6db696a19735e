import Glibc
import NIOCore

/// How long a connection whose other side has fallen silent is believed in.
///
/// Without this the kernel repeats for a quarter of an hour what nobody takes, and a peer that is waited for may be one
/// that was unplugged long ago. A host that is there takes what comes at once, however long its program thinks.
enum SilentPeer {
    /// Until what was sent and not taken ends the connection, and until one that is idle is asked for a sign of life.
    static let time = TimeAmount.seconds(15)
    private static let looks = 3

    /// Where it is no connection over a network, or the system knows no such thing, nothing changes.
    static func watch(_ channel: any Channel) -> EventLoopFuture<Void> {
        switch channel.remoteAddress {
        case .v4, .v6: break
        default: return channel.eventLoop.makeSucceededVoidFuture()
        }
        let seconds = Int(clamping: time.nanoseconds / 1_000_000_000)
        let options: [(ChannelOptions.Types.SocketOption, Int)] = [
            (.socketOption(.so_keepalive), 1), (tcp(TCP_KEEPIDLE), seconds),
            (tcp(TCP_KEEPINTVL), max(1, seconds / looks)), (tcp(TCP_KEEPCNT), looks),
            (tcp(TCP_USER_TIMEOUT), seconds * 1000),
        ]
        let set = options.map { option, value in channel.setOption(option, value: value) }
        return .andAllComplete(set, on: channel.eventLoop)
    }

    private static func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
        .tcpOption(NIOBSDSocket.Option(rawValue: name))
    }
}
