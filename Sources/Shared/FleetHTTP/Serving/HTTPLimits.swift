import NIOCore

/// What connections may cost, each and together.
package struct HTTPLimits: Hashable, Sendable {
    /// From the first byte of a request until its headers are complete.
    package var headerTime: TimeAmount = .seconds(10)
    /// From then until its body is complete.
    package var bodyTime: TimeAmount = .seconds(30)
    /// Without a request; also how long a reader may take nothing of what is sent to it.
    package var idleTime: TimeAmount = .seconds(60)
    /// How long a connection that we close may still send, so that the other side gets to read why.
    package var lingerTime: TimeAmount = .seconds(2)
    /// How long a server that goes down waits for what is being answered; then that is given up.
    package var endingTime = Duration.seconds(120)
    /// Of all headers of a request together, in bytes.
    package var headerBytes = 32 * 1024

    /// Connections at a time.
    package var connections = 1024
    /// Of these, of all who have shown no token.
    package var connectionsOfOutsiders = 512
    /// Of these, of one address, or of one /64 of IPv6.
    package var connectionsOfAddress = 256
    /// Of one client that reports.
    package var connectionsOfClient = 16

    /// Streams at a time: readers of events and followed logs.
    package var streams = 1024
    /// Of these, of all who have shown no token.
    package var streamsOfOutsiders = 512
    /// Of one address without a token, or of one token.
    package var streamsOfOne = 256

    /// Bytes that a body may have, where the route allows no more.
    package static let body = 1 << 20
    /// How often a stream says at least something, so that both sides know of each other.
    package static let keepAlive = Duration.seconds(15)

    package init() {}
}
