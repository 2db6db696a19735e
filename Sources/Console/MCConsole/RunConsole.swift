import ArgumentParser
import ConsoleCore
import Dispatch
import FleetConfig
import FleetModel
import FoundationEssentials
import Glibc
import Terminal

/// Parses the arguments, shows the console, and ends the process.
func runConsole() -> Never {
    let startup: Startup
    let log: RunLog
    do {
        let command = try ConsoleCommand.parse()
        startup = try Startup(command, environment: ProcessInfo.processInfo.environment)
        log = try RunLog(path: startup.logFile)
    } catch let problem as StartupProblem {
        for line in problem.lines { complain(line) }
        exit(2)
    } catch {
        let code = ConsoleCommand.exitCode(for: error)
        // Help, the version and completion scripts are what was asked for.
        if code.isSuccess { ConsoleCommand.exit(withError: error) }
        writeError(ConsoleCommand.fullMessage(for: error) + "\n")
        exit(2)
    }
    log.write("mc-console \(ProgramVersion.current)")
    if startup.isPlain {
        Task.detached { exit(await PlainRun.run(startup, log: log)) }
        dispatchMain()
    }
    exit(show(startup, log))
}

/// Has the terminal, and this thread, until the end.
private func show(_ startup: Startup, _ log: RunLog) -> Int32 {
    let screen: TerminalScreen
    let inbox: Inbox
    do {
        inbox = try Inbox()
        var setup = TerminalSetup()
        setup.isMouseOn = startup.settings.mouse
        setup.noColour = startup.noColour
        screen = try TerminalScreen(setup)
    } catch {
        complain("\(error)")
        return 2
    }
    var options = startup.options
    options.isASCII = options.isASCII || !screen.isUTF8
    let session = Session(startup, inbox: inbox, log: log)
    let work = Task.detached { await session.run() }
    let model = ConsoleModel(options: options, size: screen.size, now: ConsoleLoop.wallClock)
    var loop = ConsoleLoop(screen: screen, inbox: inbox, model: model) { session.perform($0, for: $1) }
    let ending = loop.run()
    screen.close()
    work.cancel()
    log.write("ended: \(ending)")
    switch ending {
    case .quit: return 0
    case .terminalLost: return 1
    case .signal(let number): return 128 + number
    }
}
