/// One server-sent event.
package struct StreamEvent: Hashable, Sendable {
    /// The last id that was given, by this event or one before it.
    package var id: String?
    package var event: String
    package var data: String

    package init(id: String?, event: String, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}

/// Reads `text/event-stream` in whatever pieces it comes, by the rules of the HTML standard.
package struct EventStreamParser: Sendable {
    /// A server that sends a line or an event longer than this is not one of ours.
    package static let longestEvent = 32 << 20

    package struct TooLong: Error, Hashable, Sendable {}

    private var line: [UInt8] = []
    private var afterCarriageReturn = false
    private var id: String?
    private var event = ""
    private var data: [String] = []
    private var dataSize = 0

    package init() {}

    /// - Returns: the events that are complete now.
    package mutating func read(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [StreamEvent] {
        var events: [StreamEvent] = []
        for byte in bytes {
            if afterCarriageReturn {
                afterCarriageReturn = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                afterCarriageReturn = byte == UInt8(ascii: "\r")
                if let complete = endLine() { events.append(complete) }
            } else {
                guard line.count + dataSize < Self.longestEvent else { throw TooLong() }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> StreamEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer {
                event = ""
                data = []
                dataSize = 0
            }
            guard !data.isEmpty else { return nil }
            return StreamEvent(id: id, event: event.isEmpty ? "message" : event, data: data.joined(separator: "\n"))
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        // A line that begins with a colon is a comment: the field has no name.
        let field = line[..<colon]
        var value = colon < line.endIndex ? line[(colon + 1)...] : []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        if field.elementsEqual("data".utf8) {
            data.append(text)
            dataSize += text.utf8.count
        } else if field.elementsEqual("event".utf8) {
            event = text
        } else if field.elementsEqual("id".utf8), !text.contains("\0") {
            id = text
        }
        return nil
    }
}
