/// Reads `text/event-stream` in whatever pieces it comes, by the rules of the HTML standard (section 9.2.6).
///
/// `retry` is left out: how long to wait before coming back is for the reader to decide.
package struct EventStreamParser: Sendable {
    /// A server that sends a line or an event longer than this is not one of ours. Bytes.
    package static let longestEvent = 64 << 20

    /// Of an id, which is sent back in a header, and of the name of an event; one of ours has 30. Bytes.
    static let longestName = 1024

    package struct TooLong: Error, Hashable, Sendable {}

    private let limit: Int
    private var line: [UInt8] = []
    private var afterCarriageReturn = false
    private var isFirstLine = true
    private var id: String?
    private var event = ""
    /// Each line of data with a line feed after it.
    private var data: [UInt8] = []

    package init(longestEvent: Int = Self.longestEvent) { limit = longestEvent }

    /// - Returns: the events that are complete now.
    /// - Throws: where a line or an event passes the limit; nothing that follows makes sense then.
    package mutating func read(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [StreamEvent] {
        var events: [StreamEvent] = []
        for byte in bytes {
            if afterCarriageReturn {
                afterCarriageReturn = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                afterCarriageReturn = byte == UInt8(ascii: "\r")
                if let complete = try endLine() { events.append(complete) }
            } else {
                guard line.count + data.count < limit else { throw TooLong() }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() throws(TooLong) -> StreamEvent? {
        defer { line.removeAll(keepingCapacity: line.count < 65_536) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        // A line that begins with a colon is a comment: the field has no name.
        let field = line[..<colon]
        var value = colon < line.endIndex ? line[(colon + 1)...] : []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if field.elementsEqual("data".utf8) {
            // The line feed counts too, or empty lines of data could grow without end.
            guard data.count + value.count < limit else { throw TooLong() }
            data += value
            data.append(UInt8(ascii: "\n"))
        } else if field.elementsEqual("event".utf8) {
            event = String(decoding: value.prefix(Self.longestName), as: UTF8.self)
        } else if field.elementsEqual("id".utf8), !value.contains(0), value.count <= Self.longestName {
            id = String(decoding: value, as: UTF8.self)
        }
        return nil
    }

    private mutating func endEvent() -> StreamEvent? {
        defer {
            event = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return StreamEvent(
            id: id, event: event.isEmpty ? "message" : event, data: String(decoding: data.dropLast(), as: UTF8.self))
    }
}
