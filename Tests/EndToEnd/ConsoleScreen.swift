import Foundation
import TestSupport

/// `mc-console` in a real terminal: a tmux of its own, with a shell that it is started from and comes back to.
final class ConsoleScreen {
    static let program = TestHost.built("mc-console")
    static let tmux = "/usr/bin/tmux"

    private let host: TestHost

    /// Starts the shell.
    init(_ host: TestHost, columns: Int = 100, rows: Int = 30) async throws {
        self.host = host
        try host.write("PS1='shell> '\nPROMPT_COMMAND=\n", to: "shellrc")
        try await tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
            "bash --noprofile --rcfile \(host.folder)/shellrc -i")
        try await until("the shell is there") { $0.contains("shell>") }
    }

    /// A screen on this host, gone with the test.
    static func with(
        _ host: TestHost, columns: Int = 100, rows: Int = 30, _ body: (ConsoleScreen) async throws -> Void
    ) async throws {
        let screen = try await ConsoleScreen(host, columns: columns, rows: rows)
        do {
            try await body(screen)
        } catch {
            let text = (try? await screen.text()) ?? ""
            _ = try? await screen.tmux("kill-server")
            throw TestHost.Failed(text: "\(error)\non the screen:\n\(text)")
        }
        _ = try? await screen.tmux("kill-server")
    }

    /// - Parameter variables: `NAME=value` in front of the program.
    func start(_ arguments: String..., variables: String = "LC_ALL=C.UTF-8 TERM=tmux-256color") async throws {
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        try await type("clear; \(variables) \(Self.program) \(words)")
        try await keys("Enter")
    }

    @discardableResult
    func tmux(_ arguments: String...) async throws -> String {
        let spoken = try await speak(
            Self.tmux, ["-S", "\(host.folder)/tmux"] + arguments, in: host.folder,
            environment: ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"])
        guard spoken.status == 0 else { throw TestHost.Failed(text: spoken.errors) }
        return spoken.output
    }

    /// By tmux' names.
    func keys(_ names: String...) async throws {
        for name in names { try await tmux("send-keys", name) }
    }

    func type(_ text: String) async throws { try await tmux("send-keys", "-l", text) }

    func text() async throws -> String { try await tmux("capture-pane", "-p") }

    func until(_ what: String, _ isSo: (String) -> Bool) async throws {
        _ = try await TestSupport.until(what) { () -> Bool? in isSo(try await text()) ? true : nil }
    }

    /// A line that the shell writes.
    func ask(_ command: String) async throws -> String {
        let mark = "mark-\(UInt32.random(in: .min ... .max))"
        try await type(
            "\(command) > \(host.folder)/\(mark).part; mv \(host.folder)/\(mark).part \(host.folder)/\(mark)")
        try await keys("Enter")
        return try await TestSupport.until("the shell answers '\(command)'") {
            FileManager.default.fileExists(atPath: "\(host.folder)/\(mark)") ? host.read(mark) : nil
        }
    }

    /// The console that runs in it.
    func pid() async throws -> Int32 {
        let shell = try await tmux("display-message", "-p", "#{pane_pid}").trimmingCharacters(
            in: .whitespacesAndNewlines)
        return try await TestSupport.until("the console runs") {
            let path = "/proc/\(shell)/task/\(shell)/children"
            let children = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ").compactMap {
                Int32($0)
            }
            return children.first { child in
                (try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)) == "mc-console\n"
            }
        }
    }

    /// What of a terminal a program may leave behind: another screen, no cursor, keys and mouse in other modes.
    func modes() async throws -> String {
        try await tmux(
            "display-message", "-p",
            "#{alternate_on} #{cursor_flag} #{keypad_flag} #{keypad_cursor_flag} #{mouse_any_flag}")
    }
}
