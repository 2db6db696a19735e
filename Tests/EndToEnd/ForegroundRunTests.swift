import Foundation
import TestSupport
import Testing

@Suite("A run in the foreground, with the real program")
struct ForegroundRunTests {
    /// Runs `$@` on a terminal, presses a key when it says that it is ready, and tells how it ended.
    private static let onTerminal = """
        from os import WEXITSTATUS, WIFSIGNALED, WTERMSIG, execv, read, waitpid, write
        from pty import fork
        from sys import argv
        key, words = argv[1].encode().decode("unicode_escape").encode(), argv[2:]
        pid, terminal = fork()
        if pid == 0:
            execv(words[0], words)
        said = b""
        while b"done" not in said:
            try:
                more = read(terminal, 1000)
            except OSError:
                break
            if not more:
                break
            said += more
            if key and b"ready" in said:
                write(terminal, key)
                key = b""
        status = waitpid(pid, 0)[1]
        print(f"signal {WTERMSIG(status)}" if WIFSIGNALED(status) else f"exit {WEXITSTATUS(status)}")
        print(said.decode())
        """

    @Test(
        "keys that send signals reach the program, also where the caller blocked or ignored them",
        arguments: [("\\x03", "signal 2"), ("\\x1c", "signal 3")],
        [[], ["--ignore-signal=INT,QUIT,TERM"], ["--block-signal"]])
    func keys(key: (String, String), caller: [String]) async throws {
        try await withHost { host in
            try host.write(
                "name: a\ncommand: [sh, -c, 'echo ready; exec sleep 300']\nlimits: {core_mb: 0}\n", to: "configs/a.yaml"
            )
            let spoken = try await speak(
                "/usr/bin/python3",
                ["-c", Self.onTerminal, key.0, "/usr/bin/env"] + caller + [TestHost.program, "run", "a"],
                in: host.folder)
            #expect(spoken.lines.first == key.1, "\(spoken.output) \(spoken.errors)")
        }
    }

    @Test("a program that traps them does what it does under a keeper, on the terms of its definition")
    func terms() async throws {
        try await withHost { host in
            try host.write(
                """
                name: a
                command: [sh, -c, 'trap "echo trapped; umask; ulimit -n; echo $OWN; echo done; exit 5" INT; echo ready; while :; do sleep 0.05; done']
                umask: 027
                limits: {open_files: 111, core_mb: 0}
                env: {OWN: mine}

                """, to: "configs/a.yaml")
            let spoken = try await speak(
                "/usr/bin/python3", ["-c", Self.onTerminal, "\\x03", TestHost.program, "run", "a"], in: host.folder)
            #expect(spoken.lines.first == "exit 5", "\(spoken.output) \(spoken.errors)")
            for word in ["trapped", "0027", "111", "mine"] { #expect(spoken.output.contains(word), "\(spoken.output)") }
        }
    }

    @Test("what can't be executed is told as a run tells it")
    func failure() async throws {
        try await withHost { host in
            try host.write("#!/usr/bin/foo\n", to: "script", mode: 0o755)
            try host.write("name: a\ncommand: [./script]\n", to: "configs/a.yaml")
            let spoken = try await host.run("run", "a")
            #expect(spoken.status == 1)
            #expect(spoken.errors.contains("cannot start './script': its interpreter '/usr/bin/foo' is not there"))
        }
    }
}
