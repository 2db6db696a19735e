import Foundation
import Testing

@testable import FleetModel

@Suite("Definitions as they are kept, and their digests")
struct WorkloadSpecCodingTests {
    private static var full: WorkloadSpec {
        var spec = WorkloadSpec(
            name: "a",
            program: .module(
                "m", entryPoint: "run", params: ["x": .array([.integer(1), .null]), "y": .number(0.5)], python: "p"))
        spec.type = .agent
        spec.runMode = .schedule
        spec.schedule = try? CronExpression("@hourly")
        spec.timezone = "Europe/Berlin"
        spec.timeout = 3
        spec.tags = ["t"]
        spec.env = ["B": "2", "A": "1"]
        spec.umask = 0o27
        spec.limits.coreMB = 1
        spec.stopSignal = .int
        spec.dependsOn = ["b"]
        spec.ready = ReadinessProbe(check: .tcp(host: "h", port: 1))
        spec.enabled = false
        spec.releaseRoot = "/r/1.0"
        return spec
    }

    @Test("what is written is read again, whatever is in it")
    func roundTrip() throws {
        for spec in [Self.full, WorkloadSpec(name: "b", program: .command(["x", "ä\u{0}"]))] {
            let text = try WorkloadSpec.encoder.encode(spec)
            #expect(try JSONDecoder().decode(WorkloadSpec.self, from: text) == spec)
        }
    }

    @Test("every property is kept")
    func complete() {
        let properties = Mirror(reflecting: Self.full).children.compactMap(\.label)
        #expect(WorkloadSpec.fields.map(\.name).sorted() == properties.sorted())
    }

    @Test("what a definition does not say is not written, and a key of a later version is passed over")
    func versions() throws {
        let spec = WorkloadSpec(name: "b", program: .command(["x"]))
        let text = String(decoding: try WorkloadSpec.encoder.encode(spec), as: UTF8.self)
        #expect(text == #"{"name":"b","program":{"command":{"_0":["x"]}}}"#)
        let later = text.dropLast() + #","replicas":3}"#
        #expect(try JSONDecoder().decode(WorkloadSpec.self, from: Data(later.utf8)) == spec)
    }

    @Test("a digest is the same for ever, and for all definitions that run alike")
    func digest() {
        var spec = WorkloadSpec(name: "b", program: .command(["x"]))
        // Of the text above, by sha256sum: another one restarts every workload of a host that is upgraded.
        #expect(spec.digest == "53d8291405929eff07393ad68571189b")
        let before = spec.digest
        spec.tags = ["new"]
        #expect(spec.digest == before)
        spec.restartDelay = 6
        #expect(spec.digest != before)
    }
}
