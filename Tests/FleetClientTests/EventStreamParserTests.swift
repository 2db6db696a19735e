import FleetClient
import Testing

@Suite("The reader of server-sent events")
struct EventStreamParserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var stream: String
        var events: [StreamEvent]

        init(_ description: String, _ stream: String, _ events: [StreamEvent]) {
            testDescription = description
            self.stream = stream
            self.events = events
        }
    }

    static func event(_ data: String, id: String? = nil, _ event: String = "message") -> StreamEvent {
        StreamEvent(id: id, event: event, data: data)
    }

    static let cases = [
        Case("a line", "data: a\n\n", [event("a")]),
        Case("all fields", "id: 7\nevent: client\ndata: {}\n\n", [event("{}", id: "7", "client")]),
        Case("fields in another order", "data: {}\nevent: client\nid: 7\n\n", [event("{}", id: "7", "client")]),
        Case("several lines of data", "data: a\ndata: b\ndata\n\n", [event("a\nb\n")]),
        Case("an empty line of data", "data:\n\n", [event("")]),
        Case("one blank goes, the second stays", "data:a\n\ndata:  b\n\n", [event("a"), event(" b")]),
        Case("comments are skipped", ": keep-alive\n\ndata: a\n: between\n\n", [event("a")]),
        Case("an event without data is none", "event: client\n\ndata: a\n\n", [event("a")]),
        Case(
            "an id stays until the next", "id: 1\ndata: a\n\ndata: b\n\n", [event("a", id: "1"), event("b", id: "1")]),
        Case("an id without data counts for what follows", "id: 1\n\ndata: b\n\n", [event("b", id: "1")]),
        Case(
            "an id with a NUL is ignored", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
            [
                event("a", id: "1"), event("b", id: "1"),
            ]),
        Case("the type does not stay", "event: x\ndata: a\n\ndata: b\n\n", [event("a", "x"), event("b")]),
        Case("unknown fields are ignored", "retry: 10\nfoo: bar\ndata: a\n\n", [event("a")]),
        Case("CR LF", "id: 1\r\ndata: a\r\ndata: b\r\n\r\n", [event("a\nb", id: "1")]),
        Case("CR alone", "data: a\r\rdata: b\r\r", [event("a"), event("b")]),
        Case("a colon in the value", "data: a: b\n\n", [event("a: b")]),
        Case("a byte order mark at the start", "\u{FEFF}data: a\n\n", [event("a")]),
        Case("text beyond ASCII", "data: Grüße 🚀\n\n", [event("Grüße 🚀")]),
        Case("what is not complete is no event", "data: a\n\ndata: b\n", [event("a")]),
    ]

    @Test("reads the same in one piece and byte by byte", arguments: cases)
    func pieces(_ example: Case) throws {
        var whole = EventStreamParser()
        #expect(try whole.read(example.stream.utf8) == example.events)
        var bytewise = EventStreamParser()
        #expect(try example.stream.utf8.flatMap { try bytewise.read([$0]) } == example.events)
    }

    @Test("reads the same wherever the stream is cut in two", arguments: cases)
    func cuts(_ example: Case) throws {
        let bytes = Array(example.stream.utf8)
        for cut in 0...bytes.count {
            var parser = EventStreamParser()
            let events = try parser.read(bytes[..<cut]) + parser.read(bytes[cut...])
            #expect(events == example.events, "cut at \(cut)")
        }
    }

    @Test(
        "refuses what would grow without end",
        arguments: [
            String(repeating: "x", count: 200),
            String(repeating: "data: xxxxxxxx\n", count: 20),
            String(repeating: "data\n", count: 200),
        ])
    func limits(_ stream: String) {
        var parser = EventStreamParser(longestEvent: 100)
        #expect(throws: EventStreamParser.TooLong.self) { try parser.read(stream.utf8) }
    }

    @Test("the limit is for an event, not for the stream")
    func manyEvents() throws {
        var parser = EventStreamParser(longestEvent: 100)
        let events = try parser.read(String(repeating: "id: 1\ndata: 0123456789\n\n", count: 1000).utf8)
        #expect(events.count == 1000)
    }

    @Test("an id that is no id is not kept, as it would be sent back, and the name of an event is cut")
    func longNames() throws {
        let long = String(repeating: "x", count: 5000)
        var parser = EventStreamParser()
        let events = try parser.read("id: 7\ndata: a\n\nid: \(long)\nevent: \(long)\ndata: b\n\n".utf8)
        #expect(events.map(\.id) == ["7", "7"])
        #expect(events.map(\.event.utf8.count) == [7, 1024])
    }
}
