import Foundation
import TestSupport
import Testing

/// A client whose sshd answers what it likes: nothing of it is run here, believed, or kept without end.
@Suite("The deploy script and a hostile client", .serialized, .timeLimit(.minutes(10)))
struct DeployHostileTests {
    /// What it does in place of what it was asked for. `$m` is the marker that the script wants to see, `$p` a command
    /// whose effect would be seen, `$n` counts what it was told so far.
    static let answers: [(name: String, does: String, says: String)] = [
        ("the first answer of old, with a subscript", #"echo "- BASH_VERSINFO[$p] - yes""#, "no ssh session"),
        ("a subscript as a number", #"look "- BASH_VERSINFO[$p] - yes""#, "not of our script"),
        ("a command as a number", #"look "- $p - yes""#, "not of our script"),
        ("a number that is none", #"look "- 12x - yes""#, "not of our script"),
        ("a negative number", #"look "- -1 - yes""#, "not of our script"),
        ("a number that is too big", #"look "- 99999999999999999999 - yes""#, "not of our script"),
        ("a number that is no octal one", #"look "- 08 - yes""#, "no room"),
        ("a release that leads out", #"look "../../etc 99999999 - yes""#, "not of our script"),
        ("a release with a command", #"look "$p 99999999 - yes""#, "not of our script"),
        ("a release like an option", #"look "-rf 99999999 - yes""#, "not of our script"),
        ("another checksum", #"look "- 99999999 $p yes""#, "not of our script"),
        ("a field too many", #"look "- 99999999 - yes $p""#, "not of our script"),
        ("fields by tabs", #"look "$(printf -- '-\t9\t-\tyes')""#, "not of our script"),
        ("an owner with a command", #"begin; echo "owner setpriv 0;$p 0""#, "not of our script"),
        ("an owner of another kind", #"begin; echo "owner $p 0 0""#, "not of our script"),
        ("the marker twice", #"begin; begin"#, "not of our script"),
        ("another marker", #"m=mctl-00000000; begin; echo "owner plain 0 0""#, "no ssh session"),
        ("a marker within a line", #"echo "x$m""#, "no ssh session"),
        ("what a terminal obeys", #"begin; printf '!\033]0;x\007\033[2J\233m\302\233m\r\n'"#, "?]0;x?"),
        ("one word of a failure, and a book", #"begin; printf '!no\n'; exec yes"#, "no"),
        ("an endless line", #"exec tr '\0' a </dev/zero"#, "prints more than"),
        ("an endless line where an answer should be", #"begin; exec tr '\0' a </dev/zero"#, "not of our script"),
        ("nothing but zeroes", #"begin; exec cat /dev/zero"#, "did not answer"),
        ("endless lines", #"exec yes"#, "prints more than"),
        ("endless words for people", #"begin; exec yes :x"#, "did not answer"),
        ("endless errors", #"begin; exec yes >&2"#, "did not answer"),
        ("half a line and then silence", #"begin; printf own; exec sleep 60"#, "deploy: "),
        ("silence", #"exec sleep 60"#, "deploy: "),
        ("a byte now and then", #"begin; while :; do printf x; sleep 0.1; done"#, "deploy: "),
        ("a line now and then", #"while :; do echo x; sleep 0.1; done"#, "deploy: "),
        ("a status with a command", #"there; echo "=0;$p"; exit"#, "was not switched to"),
        ("a status that is too big", #"there; echo =99999999999999999999; exit"#, "was not switched to"),
        ("a release before with a command", #"there; echo "before $p"; echo =1; exit"#, "was not switched to"),
        ("a subscript before", #"there; echo "before a[$p]"; exit"#, "was not switched to"),
        ("endless answers to an order", #"there; exec yes ="#, "was not switched to"),
        ("no sense to rsync", #"case $first in printf*) exec yes ;; esac; look "- 99999999 - yes""#, "rsync failed"),
    ]

    static let client = #"""
        p="\$(id>'FOLDER/taken')"
        n=0
        # The first line has the marker in quotes; in a session of rsync there is none.
        IFS= read -r first
        m=${first#*\'} m=${m%%\'*}
        begin() { printf 'hello\n\n%s\n' "$m"; }
        look() { begin; echo "owner plain 0 0"; echo "look $1"; cat >/dev/null; }
        there() {
            begin; echo "owner plain 0 0"; echo "look - 99999999 old yes"
            while IFS= read -r line; do case $line in switch\ *) break ;; esac; done
        }
        . FOLDER/answer
        """#

    @Test("whatever it answers, nothing of it is run, and it ends soon with a sentence that harms no terminal")
    func answers() async throws {
        let folder = "/tmp/mctl-hostile-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.client.replacingOccurrences(of: "FOLDER", with: folder)
            .write(toFile: folder + "/client", atomically: false, encoding: .utf8)
        try await ScriptRig.with(settings: "ForceCommand exec sh \(folder)/client") { rig in
            for answer in Self.answers {
                try answer.does.write(toFile: folder + "/answer", atomically: false, encoding: .utf8)
                let start = ContinuousClock.now
                // Only of those that are silent or slow is the time the reason.
                let seconds = answer.does.contains("sleep") ? "2" : "40"
                let spoken = try await rig.sync("1", ["MCTL_LOOK_SECONDS": seconds, "MCTL_ORDER_SECONDS": "5"])
                let took = ContinuousClock.now - start
                let text = spoken.output + spoken.errors
                #expect(spoken.status == 1, "\(answer.name): \(text)")
                #expect(text.contains(answer.says), "\(answer.name): \(text)")
                #expect(!FileManager.default.fileExists(atPath: folder + "/taken"), "\(answer.name) was run")
                #expect(text.utf8.count < 20_000, "\(answer.name): \(text.utf8.count) bytes")
                #expect(text.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) }, "\(answer.name): \(text)")
                // It ends by itself; how soon is a matter of the machine.
                #expect(took < .seconds(120), "\(answer.name) took \(took)")
                try? FileManager.default.removeItem(atPath: folder + "/taken")
            }
        }
    }
}
