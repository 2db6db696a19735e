import ArgumentParser
import DaemonCore
import FleetModel
import Glibc
import Logging
import TerminalText

/// All commands of `master-control`.
struct MasterControl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master-control",
        abstract: "Runs and watches the programs of a host, and of a fleet of them.",
        discussion: "Exit status: 0 done, 1 failed, 2 wrong usage. 'master-control help COMMAND' says more.",
        version: ProgramVersion.current,
        subcommands: [
            Up.self, Down.self, List.self, Status.self, Start.self, Stop.self, Restart.self, Logs.self, Reload.self,
            Online.self, Validate.self, Run.self, Schedule.self, InventoryCommand.self, Clients.self, Deploy.self,
            Deployments.self, DeploymentCommand.self, Cancel.self, Releases.self,
            Simulate.self, CentralCommand.self, ConfigReference.self,
        ])
}

/// What went wrong, as a sentence for standard error; the exit status is 1.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String
    /// Where everything that is to be said was said already.
    static let silent = CommandFailure("")

    init(_ description: String) { self.description = description }
}

/// Parses the arguments, runs the command, and ends the process with its status.
func runCommandLine() async -> Never {
    do {
        // The plain form cannot ask a daemon for what completes a name.
        var command = try await MasterControl.asyncParseAsRoot()
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
        exit(0)
    } catch let failure as CommandFailure {
        if !failure.description.isEmpty { complain(failure.description) }
        exit(1)
    } catch let code as ExitCode {
        exit(code.rawValue)
    } catch {
        let code = MasterControl.exitCode(for: error)
        // Help, the version and completion scripts are what was asked for.
        if code.isSuccess { MasterControl.exit(withError: error) }
        if code == .validationFailure {
            writeError(MasterControl.fullMessage(for: error) + "\n")
            exit(2)
        }
        complain("\(error)")
        exit(1)
    }
}

func complain(_ sentence: String) {
    let text = "master-control: \(SafeText.line(sentence, keepingLines: true))\n"
    guard Journal.takes(2) else { return writeError(text) }
    for line in text.split(separator: "\n") { writeError("\(Journal.mark(.error))\(line)\n") }
}

func writeError(_ text: String) {
    var text = text
    text.withUTF8 { bytes in _ = write(2, bytes.baseAddress, bytes.count) }
}
