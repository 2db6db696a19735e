import NIOCore

/// Turns what a keeper sends into lines. A keeper that sends something that is no line is cut off.
final class KeeperConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let longestLine = 4096
    private let received: (KeeperMessage) -> Void
    private let lost: () -> Void
    private var pending = ByteBuffer()
    /// What it has said about the end, which comes next.
    private var remarks = EndRemarks()

    init(received: @escaping (KeeperMessage) -> Void, lost: @escaping () -> Void) {
        self.received = received
        self.lost = lost
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        pending.writeBuffer(&bytes)
        while let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            let line = pending.readString(length: end - pending.readerIndex) ?? ""
            pending.moveReaderIndex(forwardBy: 1)
            if remarks.heed(line: line) { continue }
            if let message = KeeperMessage(line: line) { received(message.with(remarks)) }
        }
        pending.discardReadBytes()
        if pending.readableBytes > Self.longestLine { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
