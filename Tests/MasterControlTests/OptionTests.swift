import ArgumentParser
import DaemonCore
import Testing

@testable import MasterControl

@Suite("Options")
struct OptionTests {
    @Test("an option wins over its variable, and that over the default")
    func precedence() throws {
        let environment = [
            "MCTL_CONFIG_DIR": "/e/configs", "MCTL_DB_PATH": "/e/db", "MCTL_SOCKET_PATH": "", "MCTL_LOG_DIR": "/e/logs",
        ]
        let options = try CommonOptions.parse(["--config-dir", "/o/configs", "--log-dir=/o/logs"])
        #expect(
            options.resolved(environment: environment)
                == DaemonOptions(
                    configDir: "/o/configs", dbPath: "/e/db", socketPath: "/tmp/master_control.sock", logDir: "/o/logs")
        )
        #expect(
            try CommonOptions.parse([]).resolved(environment: [:])
                == DaemonOptions(
                    configDir: "./configs", dbPath: "./master_control.db", socketPath: "/tmp/master_control.sock",
                    logDir: "./logs"))
    }

    @Test(
        "what is wrong usage is found before anything is done",
        arguments: [
            ["logs"], ["logs", "a", "-n", "0"], ["logs", "a", "-n", "10001"], ["logs", "a", "-f", "--json"], ["start"],
            ["schedule", "@hourly", "--count", "0"], ["schedule", "@hourly", "--count", "1001"],
            ["schedule", "@hourly", "--from", "noon"], ["schedule", "@hourly", "--tz", "Mars/Base"], ["frobnicate"],
            ["list", "--jsno"], ["status", "--count", "3"],
        ])
    func wrongUsage(_ arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try MasterControl.parseAsRoot(arguments) }
        if let error { #expect(MasterControl.exitCode(for: error) == .validationFailure) }
    }

    @Test(
        "every command takes the options that all have",
        arguments: MasterControl.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map {
            $0._commandName
        })
    func commonOptions(_ command: String) {
        let help = MasterControl.helpMessage(for: MasterControl.self, columns: 100)
        #expect(help.contains("  \(command) "))
        for type in MasterControl.configuration.subcommands where type._commandName == command {
            for option in ["--config-dir", "--db-path", "--socket-path", "--log-dir"] {
                #expect(MasterControl.helpMessage(for: type).contains(option))
            }
        }
    }

    @Test(
        "a terminal says how wide it is, and what it may show",
        arguments: [
            (132, ["TERM": "xterm", "COLUMNS": "50"], TerminalScreen(width: 132, hasColour: true)),
            (nil, ["TERM": "xterm", "COLUMNS": "50"], TerminalScreen(width: 50, hasColour: true)),
            (nil, ["TERM": "xterm", "COLUMNS": "-3"], TerminalScreen(width: 80, hasColour: true)),
            (80, ["TERM": "dumb"], TerminalScreen(width: 80, hasColour: false)),
            (80, [:], TerminalScreen(width: 80, hasColour: false)),
            (80, ["TERM": "xterm", "NO_COLOR": "1"], TerminalScreen(width: 80, hasColour: false)),
            (80, ["TERM": "xterm", "NO_COLOR": ""], TerminalScreen(width: 80, hasColour: true)),
        ] as [(Int?, [String: String], TerminalScreen)])
    func screen(_ columns: Int?, _ environment: [String: String], _ expected: TerminalScreen) {
        #expect(TerminalScreen.ofTerminal(columns: columns, environment: environment) == expected)
    }
}
