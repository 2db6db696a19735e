import FleetModel
import Testing

@Suite("Names")
struct IdentifierTests {
    @Test(
        "names that may stand in a path",
        arguments: ["a", "A9", "0", "data_collector", "sensor-node-1", "v1.2.3", "a..b"])
    func good(name: String) {
        #expect(Identifier.isName(name))
        #expect(Identifier.isVersion(name))
    }

    @Test(
        "names that may not",
        arguments: [
            "", ".", "..", "../x", "a/b", "-rf", "_a", ".hidden", "a b", "a\n", "a\0", "ä", "a%2e", "+1", "a;b", "$(x)",
            String(repeating: "a", count: 65),
        ])
    func bad(name: String) {
        #expect(!Identifier.isName(name))
        #expect(!Identifier.isVersion(name))
    }

    @Test("64 characters are the most")
    func longest() {
        #expect(Identifier.isName(String(repeating: "a", count: 64)))
    }

    @Test("a plus is for versions alone")
    func plus() {
        #expect(Identifier.isVersion("1.0+build.5"))
        #expect(!Identifier.isName("1.0+build.5"))
    }
}
