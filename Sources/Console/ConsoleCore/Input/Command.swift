/// Everything a key can do. This list makes the keys, the footer, the help and the key card.
package enum Command: String, CaseIterable, Sendable {
    // Moving
    case down, up, top, bottom
    case pageDown = "page_down"
    case pageUp = "page_up"
    case halfDown = "half_down"
    case halfUp = "half_up"
    case open, back, close
    case lastView = "last_view"
    case nextClient = "next_client"
    case previousClient = "previous_client"
    case otherPane = "other_pane"
    // Finding
    case find
    case findNext = "find_next"
    case findPrevious = "find_previous"
    case filter
    case sortLeft = "sort_left"
    case sortRight = "sort_right"
    case invert
    case problems
    case freeze
    // Marks
    case mark
    case markAll = "mark_all"
    case unmarkAll = "unmark_all"
    // Changing the fleet
    case start, stop, restart, reload, deploy, cancel, pause
    // Views
    case fleet, workloads, deployments, events, logs, info, help, theme
    // Logs
    case follow, wrap, times, save, copy
    case commandLine = "command_line"
    case redraw, quit, suspend
}

extension Command {
    /// A key card has these headings.
    package enum Group: String, CaseIterable, Sendable {
        case move = "Move"
        case find = "Find"
        case marks = "Marks"
        case change = "Change the fleet"
        case views = "Views"
        case logs = "In logs and output"
        case other = "Other"
    }

    package struct Facts: Sendable {
        package var group: Group
        package var keys: [Key]
        /// For the footer: one or two words.
        package var label: String
        /// For the help: what it does.
        package var help: String
    }

    /// Changes the fleet: not offered with `--read-only`.
    package var isChange: Bool { facts.group == .change }

    package var facts: Facts {
        func facts(_ group: Group, _ keys: [Key], _ label: String, _ help: String) -> Facts {
            Facts(group: group, keys: keys, label: label, help: help)
        }
        switch self {
        case .down: return facts(.move, [.character("j"), .down], "down", "Down")
        case .up: return facts(.move, [.character("k"), .up], "up", "Up")
        case .top: return facts(.move, [.character("g"), .home], "top", "To the top")
        case .bottom: return facts(.move, [.character("G"), .end], "end", "To the end; in logs follows again")
        case .pageDown: return facts(.move, [.pageDown], "page down", "A page down")
        case .pageUp: return facts(.move, [.pageUp], "page up", "A page up")
        case .halfDown: return facts(.move, [.control("d")], "half down", "Half a page down")
        case .halfUp: return facts(.move, [.control("u")], "half up", "Half a page up")
        case .open: return facts(.move, [.enter], "open", "Opens what the cursor is on")
        case .back: return facts(.move, [.escape], "back", "Clears the filter, then goes back; at the top does nothing")
        case .close: return facts(.move, [.character("q")], "back", "Goes back; at the top quits")
        case .lastView: return facts(.move, [.character("-")], "last view", "To the last view and back")
        case .nextClient: return facts(.move, [.character("]")], "next client", "The next client, in the order shown")
        case .previousClient: return facts(.move, [.character("[")], "prev client", "The previous client")
        case .otherPane: return facts(.move, [.tab], "pane", "To the other pane")
        case .find:
            return facts(
                .find, [.character("/")], "filter", "Filters a table as you type; finds in logs and in this help")
        case .findNext: return facts(.find, [.character("n")], "next", "Next match")
        case .findPrevious: return facts(.find, [.character("N")], "previous", "Match before")
        case .filter: return facts(.find, [.character("&")], "filter", "Shows only matching lines of a log")
        case .sortLeft: return facts(.find, [.character("<")], "sort", "Sorts by the column to the left")
        case .sortRight: return facts(.find, [.character(">")], "sort", "Sorts by the column to the right")
        case .invert: return facts(.find, [.character("I")], "invert", "Inverts the order")
        case .problems: return facts(.find, [.character("o")], "problems only", "Problems only, and all again")
        case .freeze: return facts(.find, [.character("z")], "freeze", "Freezes the picture; again lets it go on")
        case .mark: return facts(.marks, [.character(" ")], "mark", "Marks, or takes the mark away")
        case .markAll: return facts(.marks, [.character("*")], "mark all", "Marks all that are shown")
        case .unmarkAll: return facts(.marks, [.character("u")], "unmark", "Takes all marks away")
        case .start: return facts(.change, [.character("S")], "start", "Starts a workload")
        case .stop: return facts(.change, [.character("X")], "stop", "Stops a workload")
        case .restart: return facts(.change, [.character("R")], "restart", "Restarts a workload")
        case .reload: return facts(.change, [.character("L")], "reload", "Has a client read its configuration again")
        case .deploy: return facts(.change, [.character("D")], "deploy", "Deploys to the marked or filtered clients")
        case .cancel: return facts(.change, [.character("C")], "cancel", "Cancels a deployment")
        case .pause: return facts(.change, [.character("P")], "pause/resume", "Pauses or resumes a deployment")
        case .fleet: return facts(.views, [.character("1")], "fleet", "The fleet")
        case .workloads: return facts(.views, [.character("2")], "workloads", "All workloads of the fleet")
        case .deployments: return facts(.views, [.character("3")], "deployments", "Deployments")
        case .events: return facts(.views, [.character("4")], "events", "What happened, and past messages")
        case .logs: return facts(.views, [.character("l")], "logs", "The log of a workload")
        case .info: return facts(.views, [.character("i")], "info", "All that is known of a workload")
        case .help: return facts(.views, [.character("?")], "help", "This help")
        case .theme: return facts(.views, [.character("T")], "theme", "The next theme")
        case .follow: return facts(.logs, [.character("f")], "follow", "Follows the end, or pauses")
        case .wrap: return facts(.logs, [.character("w")], "wrap", "Wraps long lines")
        case .times: return facts(.logs, [.character("t")], "time", "Shows when lines arrived")
        case .save: return facts(.logs, [.character("s")], "save", "Saves all lines to a file")
        case .copy:
            return facts(.logs, [.character("y")], "copy", "Copies the lines on the screen to the clipboard (OSC 52)")
        case .commandLine: return facts(.other, [.character(":")], "cmd", "A command by its name; Tab completes")
        case .redraw: return facts(.other, [.control("l")], "redraw", "Draws the screen anew")
        case .quit: return facts(.other, [.control("c")], "quit", "Quits at once")
        case .suspend: return facts(.other, [.control("z")], "suspend", "Suspends; 'fg' comes back")
        }
    }
}
