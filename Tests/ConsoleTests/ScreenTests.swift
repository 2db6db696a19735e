import ConsoleCore
import FleetModel
import Foundation
import Testing

@testable import ConsoleCore

/// Whole screens as text, in `Screens`: `MCTL_REFRESH_SCREENS=1 swift test --filter ScreenTests` writes them anew, and
/// `git diff` shows what has changed.
@Suite struct ScreenTests {
    struct Screen: CustomTestStringConvertible, Sendable {
        var name: String
        var columns: Int
        var rows: Int
        var isDanger = false
        var isMono = false
        var steps: @Sendable (inout Bench) -> Void
        var testDescription: String { "\(name)-\(columns)x\(rows)" }
    }

    static let sizes = [(100, 30), (80, 24), (60, 20), (39, 9)]

    static let log: @Sendable (inout Bench) -> Void = { bench in
        bench.model.mirrorCursor("pi-kitchen-02")
        bench.press("Enter", "Enter")
        let number = bench.model.feed?.number ?? 0
        bench.send(.log(.opened(number: number)))
        bench.send(
            .log(
                .lines(
                    number: number,
                    (1...60).map { "v4l2: error \($0): \u{1B}[31mcannot open\u{1B}[0m /dev/video0" }
                        + ["title \u{1B}]0;owned\u{07}", "wide 温度 and e\u{301} and \u{202E}turned"])))
        bench.press("/", "error 5", "Enter", "k", "k")
        bench.send(.log(.lines(number: number, ["one more", "and another"])))
    }

    static let screens: [Screen] = {
        var all: [Screen] = []
        func add(
            _ name: String, sizes: [(Int, Int)] = [(100, 30), (80, 24)], isDanger: Bool = false, isMono: Bool = false,
            _ steps: @escaping @Sendable (inout Bench) -> Void
        ) {
            for (columns, rows) in sizes {
                all.append(
                    Screen(name: name, columns: columns, rows: rows, isDanger: isDanger, isMono: isMono, steps: steps))
            }
        }
        add("fleet", sizes: sizes, isDanger: true) { bench in
            bench.send(
                .audit([
                    AuditEntry(
                        time: Bench.now.advanced(seconds: -111), who: "on-call", address: nil, action: "restart",
                        target: "pi-kitchen-02/camera", result: "ok")
                ]))
            bench.press("j", "j", "Space")
            bench.model.mirrorCursor("pi-kitchen-02")
        }
        add("fleet-mono", sizes: [(80, 24)], isMono: true) { $0.model.mirrorCursor("pi-kitchen-02") }
        add("fleet-lost", sizes: [(80, 24)]) { bench in
            bench.send(
                .link(.lost(reason: "not connected: connection refused", retryAt: Bench.now.advanced(seconds: 8))))
            bench.wait(4)
        }
        add("client", sizes: sizes) { bench in
            bench.model.mirrorCursor("pi-kitchen-02")
            bench.press("Enter")
            bench.wait(0)
            bench.send(
                .log(.lines(number: bench.model.feed?.number ?? 0, ["v4l2: cannot open /dev/video0", "giving up"])))
        }
        add("logs", sizes: sizes, log)
        add("workloads") { $0.press("2", "o") }
        add("deployments") { $0.press("3", "Tab", "j", "j") }
        add("deployment") { $0.press("3", "Enter") }
        add("output") { bench in
            bench.press("3", "Enter", "Enter")
            bench.send(
                .output(
                    deployment: "d-1", client: bench.model.screen.client ?? "",
                    .value(["rsync: 12 files", "healthy after 11 s"])))
        }
        add("events") { bench in
            bench.send(
                .fleet([.workload(WorkloadChange(client: "pi-lab-03", workload: Bench.workload("camera", .failed)))]))
            bench.press("4")
        }
        add("info") { bench in
            bench.model.mirrorCursor("pi-kitchen-02")
            bench.press("Enter", "i")
        }
        add("help") { $0.press("?") }
        add("confirm", isDanger: true) { bench in
            bench.press("*", "R", "camera", "Enter")
        }
        add("confirm-many") { bench in
            bench.press("2", "*", "X", "1", "2")
        }
        add("results") { bench in
            bench.press("j", "Space", "Space", "Space", "L", "y")
            bench.send(.outcome(run: 1, target: 0, .ok("nothing changed")))
            bench.send(.outcome(run: 1, target: 2, .failed("mqtt.yaml:3:1: unknown key 'comand'")))
        }
        add("deploy") { bench in
            bench.press("*", "D")
            bench.send(.releases(.value([Self.release("1.5.1"), Self.release("1.5.0")])))
            bench.press("j")
        }
        add("plan") { bench in
            bench.press("*", "D")
            bench.send(.releases(.value([Self.release("1.5.1")])))
            bench.press("Enter")
            bench.send(.plan(.value(Bench.deployment)))
        }
        return all
    }()

    static func release(_ version: String) -> Release {
        Release(
            version: version, sizeBytes: 12 << 20, checksum: "", createdAt: Bench.now.advanced(seconds: -3600),
            runningOn: ["pi-garage-01"])
    }

    @Test("A screen is as it was last looked at", arguments: screens) func screen(_ screen: Screen) throws {
        var options = Bench.options(isDanger: screen.isDanger)
        if screen.isMono { options.theme = .mono }
        var bench = Bench(columns: screen.columns, rows: screen.rows, options: options)
        screen.steps(&bench)
        let shown = Self.picture(of: bench.model.frame(), theme: screen.isMono ? .mono : nil)
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Screens/\(screen.testDescription).txt")
        if ProcessInfo.processInfo.environment["MCTL_REFRESH_SCREENS"] != nil {
            try Data(shown.utf8).write(to: file)
        }
        let kept = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        #expect(shown == kept, "see how to write it anew at the top of this file")
    }

    /// The text, and below it a letter for the role of each cell; with a theme what it makes of them.
    static func picture(of frame: Frame, theme: Theme?) -> String {
        var lines = frame.rows.indices.map { frame.text(row: $0) }
        lines.append(String(repeating: "=", count: frame.size.columns))
        for row in frame.rows {
            var line = String(
                row.map { cell in
                    if let theme {
                        return letter(of: theme.look(of: cell.style.highlight == .cursor ? .cursor : cell.style.role))
                    }
                    switch cell.style.highlight {
                    case .none: return letter(of: cell.style.role)
                    case .cursor: return "C"
                    case .match: return "M"
                    }
                })
            while line.last == " " { line.removeLast() }
            lines.append(line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func letter(of look: Look) -> Character {
        if look.isReversed { return look.isBold ? "R" : "r" }
        if look.isUnderlined { return "u" }
        return look.isBold ? "b" : look.isDim ? "d" : " "
    }

    private static func letter(of role: Role) -> Character {
        switch role {
        case .text, .log, .dialog: " "
        case .dim, .logTime: "d"
        case .title, .dialogTitle: "t"
        case .header: "h"
        case .context: "x"
        case .danger: "D"
        case .footer: "f"
        case .key: "k"
        case .border, .rule: "-"
        case .column: "c"
        case .cursor: "C"
        case .marked: "m"
        case .match: "M"
        case .ok, .messageOK: "o"
        case .warn: "w"
        case .bad: "b"
        case .info: "i"
        case .barLow: "1"
        case .barMid: "2"
        case .barHigh: "3"
        case .message: "s"
        case .messageError: "e"
        case .prompt: "p"
        }
    }

    @Test("Every size draws something, in every view, and nothing but what can be shown")
    func everySize() {
        for screen in Self.screens where screen.columns == 100 || screen.name.hasPrefix("fleet-") {
            var bench = Bench()
            screen.steps(&bench)
            for (columns, rows) in [
                (200, 60), (120, 40), (99, 29), (81, 25), (80, 23), (59, 19), (41, 11), (40, 10), (39, 9), (20, 5),
                (1, 1),
            ] {
                bench.send(.resize(FrameSize(columns: columns, rows: rows)))
                let frame = bench.model.frame()
                #expect(frame.rows.count == rows && frame.rows.allSatisfy { $0.count == columns })
                #expect(
                    columns < 5 || !frame.text.allSatisfy { $0 == " " || $0 == "\n" },
                    "\(screen.name) \(columns)x\(rows)")
                for row in frame.rows {
                    for (index, cell) in row.enumerated() {
                        let isControl = cell.character?.unicodeScalars.contains {
                            $0.value < 32 || (127...159).contains($0.value)
                        }
                        #expect(isControl != true, "\(screen.name)")
                        // The right half of a wide character is behind its left half.
                        if cell.character == nil { #expect(index > 0 && row[index - 1].character != nil) }
                    }
                }
            }
        }
    }

    @Test("With Unicode, wide and combining characters keep the columns straight") func wide() {
        var options = Bench.options()
        options.isASCII = false
        var bench = Bench(options: options)
        bench.press("Enter")
        let rows = bench.model.frame().rows.map { row in row.map { $0.character ?? "_" } }
        let named = rows.first { $0.contains("数") }
        let plain = rows.first { $0.starts(with: Array("   mqtt")) }
        func state(_ row: [Character]?) -> Int? {
            row.flatMap { row in row.indices.first { row[$0...].starts(with: Array("running")) } }
        }
        #expect(state(named) != nil && state(named) == state(plain))
    }
}

extension ConsoleModel {
    /// Puts the cursor on a row by its name.
    mutating func mirrorCursor(_ name: String) { place.table.select(name) }
}
