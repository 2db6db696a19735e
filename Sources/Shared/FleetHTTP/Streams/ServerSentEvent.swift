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
        if let id { write("id: ", id, into: &buffer) }
        if let event { write("event: ", event, into: &buffer) }
        if data.utf8.contains(where: \.isNewline) {
            let lines = data.replacingLineEnds().split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines {
                buffer.writeStaticString("data: ")
                buffer.writeSubstring(line)
                buffer.writeStaticString("\n")
            }
        } else {
            buffer.writeStaticString("data: ")
            buffer.writeString(data)
            buffer.writeStaticString("\n")
        }
        buffer.writeStaticString("\n")
    }

    /// A field that has one line, whatever it holds.
    private func write(_ field: StaticString, _ text: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(field)
        buffer.writeBytes(text.utf8.lazy.filter { !$0.isNewline && $0 != 0 })
        buffer.writeStaticString("\n")
    }
}

extension UInt8 {
    fileprivate var isNewline: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
}

extension String {
    /// With a line feed for each end of a line.
    fileprivate func replacingLineEnds() -> String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar == "\n", text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
            text.unicodeScalars.append(scalar)
        }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\r" ? "\n" : $0 }))
    }
}
