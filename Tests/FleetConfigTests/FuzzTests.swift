import FleetModel
import Testing

@testable import FleetConfig

@Suite("Random damage")
struct FuzzTests {
    static let valid = Array(
        """
        vars: {who: me}
        workloads:
          - name: collector  # comment
            type: agent
            module: agents.collector
            params: &p {interval: 5, list: [1, 2.5, "x", null, true]}
            env: {A: 'it''s', B: "\\u00e4"}
          - name: nightly
            run_mode: schedule
            schedule: "30 2 * * mon-fri"
            command: ["{{ who }}", --all]
            working_dir: >-
              text
            ready: {tcp: 127.0.0.1:80}
            depends_on: [collector]
          - {name: third, module: m, params: *p}
        """.utf8)

    private static let pieces = [
        "{", "}", "[", "]", ":", "- ", "\n", "  ", "\t", "'", "\"", "#", "&a ", "*a ", "*p", "!!int ", "!x ", "|", ">",
        "? ", "%",
        "@", "`", "---\n", "...\n", "{{", "}}", "{{ who }}", "<<: *p\n", "\0", "\u{FEFF}", "ä", "\r\n", "\u{85}",
        "\u{2028}", "~", "1e999",
        "-", ",", "name: x\n", "workloads:\n",
    ].map { Array($0.utf8) }

    @Test("damaged files never crash the reader, and each error has a place", arguments: 0..<40)
    func mutations(seed: UInt64) {
        var random = SeededRandom(state: seed)
        for _ in 0..<50 {
            var bytes = Self.valid
            for _ in 0..<Int.random(in: 1...6, using: &random) { Self.damage(&bytes, using: &random) }
            var file = ConfigFile(name: "fuzz.yaml", bytes: bytes, variables: ["who": "me"], environment: [:])
            if let root = file.root { _ = WorkloadFileKeys.read(root, log: &file.log) }
            if let root = file.root {
                var daemon = DaemonDraft(fleet: FleetDraft(settings: FleetSettings(clientName: "x", installDir: "/")))
                DaemonKeys.table.read(root, into: &daemon, log: &file.log)
                var inventory = InventoryDraft()
                InventoryKeys.table.read(root, into: &inventory, log: &file.log)
            }
            for issue in file.log.issues {
                #expect(issue.line >= 1 && issue.column >= 1, "\(issue) in \(String(decoding: bytes, as: UTF8.self))")
                #expect(!issue.message.isEmpty)
            }
        }
    }

    @Test("the file is right before it is damaged")
    func isValid() {
        var file = ConfigFile(name: "fuzz.yaml", bytes: Self.valid, variables: [:], environment: [:])
        #expect(file.root.map { WorkloadFileKeys.read($0, log: &file.log).count } == 3)
        #expect(file.log.issues.short == [])
    }

    private static func damage(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.removeSubrange(index..<min(index + Int.random(in: 1...40, using: &random), bytes.count))
        case 3:
            let other = Int.random(in: index..<min(index + 60, bytes.count), using: &random)
            bytes.insert(contentsOf: bytes[index...other], at: Int.random(in: 0...bytes.count, using: &random))
        default:
            bytes.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)], at: index)
        }
    }
}

/// Randomness that is the same in every run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
