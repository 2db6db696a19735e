import NIOCore

/// One event of a `text/event-stream`.
package struct ServerSentEvent: Hashable, Sendable {
    package var id: String?
    /// The type; nil is `message`.
    package var event: String?
    /// May have several lines.
    package var data: String

    package init(id: String? = nil, event: String? = nil, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }

    /// As it stands in the stream, the empty line at its end included. A carriage return ends a line there too, and is
    /// therefore never passed on as such.
    package func write(into buffer: inout ByteBuffer) {
        if let id { buffer.writeString("id: \(oneLine(id))\n") }
        if let event { buffer.writeString("event: \(oneLine(event))\n") }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: \.isStreamNewline) {
            buffer.writeString("data: \(line)\n")
        }
        buffer.writeString("\n")
    }

    private func oneLine(_ text: String) -> String { String(text.filter { !$0.isStreamNewline && $0 != "\0" }) }
}

extension Character {
    fileprivate var isStreamNewline: Bool { self == "\n" || self == "\r\n" || self == "\r" }
}
