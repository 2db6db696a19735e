import CNcurses
import ConsoleCore
import FleetModel
import Glibc

/// The one thread that has the terminal: waits for keys, messages and signals, has the model take them, and paints.
package struct ConsoleLoop {
    private let screen: TerminalScreen
    private let inbox: Inbox
    private var model: ConsoleModel
    private let perform: @Sendable (Effect, ConsoleIdentity) -> Void
    private var keys = KeyReader()
    private var budget = FrameBudget()
    private var second: Int64 = 0
    private var isDirty = false
    private var signals: Int32 = -1
    /// Rounds in which the terminal was readable and gave nothing.
    private var silentRounds = 0

    /// - Parameter perform: for effects that are not the terminal's, with the central that was on the screen when they
    ///   were asked for; must not wait.
    package init(
        screen: TerminalScreen, inbox: Inbox, model: ConsoleModel,
        perform: @escaping @Sendable (Effect, ConsoleIdentity) -> Void
    ) {
        self.screen = screen
        self.inbox = inbox
        self.model = model
        self.perform = perform
    }

    package mutating func run() -> Ending {
        var ends: [Int32] = [-1, -1]
        guard mct_pipe(&ends) else { return .terminalLost }
        signals = ends[0]
        mct_signals_to(ends[1])
        paint()
        while true {
            if let ending = round() { return ending }
        }
    }

    private mutating func round() -> Ending? {
        // The first one is not kept waiting.
        let hadNoPicture = !model.hasPicture
        // What could not be painted yet anyway is left where it is, so that many messages are one round. poll leaves out
        // what is negative.
        let mayPaint = hadNoPicture || budget.mayPaint(at: Self.time)
        var descriptors = [STDIN_FILENO, mayPaint ? inbox.descriptor : -1, signals].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        let count = poll(&descriptors, UInt(descriptors.count), timeout)
        if count < 0, errno != EINTR { return .terminalLost }
        if descriptors[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { return .terminalLost }
        if descriptors[2].revents != 0, let ending = takeSignals() { return ending }
        var isKey = false
        if descriptors[0].revents != 0 {
            let read = keys.read()
            silentRounds = read == nil ? silentRounds + 1 : 0
            // It can be read and has nothing: its other end is gone.
            if silentRounds > 100 { return .terminalLost }
            for key in read ?? [] {
                isKey = true
                if let ending = handle(key) { return ending }
            }
        } else if keys.isInside, count == 0, let key = keys.flush() {
            isKey = true
            if let ending = handle(key) { return ending }
        }
        if descriptors[1].revents != 0 {
            for message in inbox.drain() {
                isDirty = true
                if let ending = update(message) { return ending }
            }
        }
        let now = Self.wallClock
        if now.milliseconds / 1000 != second {
            second = now.milliseconds / 1000
            isDirty = true
            if let ending = update(.tick(now)) { return ending }
        }
        if isKey || (isDirty && (hadNoPicture || budget.mayPaint(at: Self.time))) { paint() }
        return nil
    }

    /// Milliseconds until something is to be done, whatever comes.
    private var timeout: Int32 {
        if keys.isInside { return keys.isPasting ? 1000 : 50 }
        let untilSecond = 1000 - Self.wallClock.milliseconds % 1000
        guard isDirty || !budget.mayPaint(at: Self.time) else { return Int32(untilSecond) }
        return Int32(clamping: max(1, min(Double(untilSecond), ((budget.next - Self.time) * 1000).rounded(.up))))
    }

    private mutating func paint() {
        var room = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        // A terminal that takes nothing gets the newest picture when it takes something again.
        guard poll(&room, 1, 0) == 1, room.revents == Int16(POLLOUT) else {
            isDirty = true
            budget.painted(bytes: 0, at: Self.time)
            return
        }
        let bytes = screen.paint(model.frame(), theme: model.theme)
        budget.painted(bytes: bytes, at: Self.time)
        isDirty = false
    }

    private mutating func handle(_ key: Key) -> Ending? {
        if key == .control("\\") { return .signal(SIGQUIT) }
        return update(.key(key))
    }

    private mutating func update(_ message: Message) -> Ending? {
        for effect in model.update(message) {
            switch effect {
            case .quit: return .quit
            case .redraw: screen.forget()
            case .suspend:
                screen.suspend()
                resized()
            case .copy(let text): copy(text)
            default: perform(effect, model.identity)
            }
        }
        return nil
    }

    private mutating func resized() {
        isDirty = true
        budget = FrameBudget()
        for effect in model.update(.resize(screen.size)) { perform(effect, model.identity) }
    }

    private mutating func copy(_ text: String) {
        let environment = ["TERM", "TMUX"].reduce(into: [String: String]()) { known, name in
            known[name] = getenv(name).map { String(cString: $0) }
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
        guard let sequence = Clipboard.sequence(for: text, environment: environment), screen.send(sequence) else {
            _ = model.update(.notice(.warning, "this terminal has no clipboard that can be reached"))
            return
        }
        let isCut = text.utf8.count > Clipboard.most
        _ = model.update(
            .notice(
                isCut ? .warning : .good,
                isCut
                    ? "only the first 100 kB were given to the clipboard" : "\(lines) lines were given to the clipboard"
            ))
    }

    private mutating func takeSignals() -> Ending? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(signals, &bytes, bytes.count)
        var isResized = false
        for number in bytes.prefix(max(0, count)).map(Int32.init) {
            switch number {
            case SIGWINCH: isResized = true
            case SIGTSTP:
                screen.suspend()
                resized()
            case SIGCONT:
                screen.resume()
                resized()
            default: return .signal(number)
            }
        }
        if isResized {
            screen.followSize()
            resized()
        }
        return nil
    }

    private static func clock(_ id: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(id, &time)
        return time
    }

    /// By this host's clock.
    package static var wallClock: Timestamp {
        let time = clock(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Seconds that only go on.
    private static var time: Double {
        let time = clock(CLOCK_MONOTONIC)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
