import FleetModel
import Foundation
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("every kind of value survives the way there and back")
    func roundTrip() throws {
        let text = #"{"a":[1,-2,2.5,"x",true,false,null,{"b":{}}],"big":9223372036854775807}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(
            value
                == .object([
                    "a": .array([
                        .integer(1), .integer(-2), .number(2.5), .string("x"), .bool(true), .bool(false), .null,
                        .object(["b": .object([:])]),
                    ]),
                    "big": .integer(.max),
                ]))
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
    }

    @Test(
        "keys that tell of a secret, in any case",
        arguments: ["token", "API_TOKEN", "clientSecret", "password", "DB_PASSWORD", "passwd", "ssh_key", "KEY"])
    func telling(key: String) {
        #expect(Secret.isTelling(key))
        #expect(
            JSONValue.object([key: .object(["x": .integer(1)])]).redacted() == .object([key: .string("[redacted]")]))
    }

    @Test("other keys are shown", arguments: ["name", "host", "interval", "pass"])
    func harmless(key: String) {
        #expect(!Secret.isTelling(key))
        #expect(JSONValue.object([key: .integer(1)]).redacted() == .object([key: .integer(1)]))
    }

    @Test("secrets are found at every depth, in lists too")
    func deep() {
        let value = JSONValue.array([.object(["a": .array([.object(["token": .string("s3cret")])])])])
        #expect(value.redacted() == .array([.object(["a": .array([.object(["token": .string("[redacted]")])])])]))
    }
}
