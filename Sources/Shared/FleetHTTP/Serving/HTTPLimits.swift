import NIOCore

/// What a connection may cost.
package struct HTTPLimits: Hashable, Sendable {
    /// From the first byte of a request until its headers are complete.
    package var headerTime: TimeAmount = .seconds(10)
    /// From then until its body is complete.
    package var bodyTime: TimeAmount = .seconds(30)
    /// Without a request; also how long a reader may take nothing of what is sent to it.
    package var idleTime: TimeAmount = .seconds(60)
    /// How long a connection that we close may still send, so that the other side gets to read why.
    package var lingerTime: TimeAmount = .seconds(2)
    /// Connections at a time; further ones wait to be accepted.
    package var connections = 1024
    /// Of all headers of a request together, in bytes.
    package var headerBytes = 32 * 1024

    package init() {}
}
