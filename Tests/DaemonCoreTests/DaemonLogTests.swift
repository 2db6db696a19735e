import FleetModel
import Foundation
import Logging
import Synchronization
import Testing

@testable import DaemonCore

@Suite("The daemon's own log")
struct DaemonLogTests {
    private final class Said: Sendable {
        let lines = Mutex<[String]>([])
    }

    private func log(_ message: Logger.Message, to file: DaemonLogFile, terminal: Bool = false) -> Said {
        let said = Said()
        let say: @Sendable (String) -> Void = { line in said.lines.withLock { $0.append(line) } }
        let time = SystemTime()
        let handler = DaemonLogHandler(
            label: "test", file: file, terminal: terminal ? say : nil, spare: say, now: { time.now().wall })
        Logger(label: "test", factory: { _ in handler }).warning(message)
        return said
    }

    @Test("what a full disk does not take goes to standard error, once", arguments: [false, true])
    func fullDisk(isTerminal: Bool) throws {
        let said = log("no room", to: try DaemonLogFile(path: "/dev/full"), terminal: isTerminal)
        #expect(said.lines.withLock { $0.count } == 1)
        #expect(said.lines.withLock { $0.first?.contains("no room") } == true)
    }

    @Test("a pipe that nobody empties takes what fits, and nobody waits for the rest")
    func fullPipe() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        #expect(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
        let file = DaemonLogFile(descriptor: ends[1])
        let line = String(repeating: "x", count: 1000)
        #expect((0..<100).filter { _ in file.write(line) }.count < 100)
        #expect(!file.write(line))
    }

    @Test("a line of the log is shown as the terminal would have had it; what is none of it, as it is")
    func readable() {
        let line = #"{"time":"T","level":"info","component":"central","message":"listening","port":"80"}"#
        #expect(DaemonLogHandler.readable(json: line) == "T INFO listening component=central port=80")
        #expect(DaemonLogHandler.readable(json: "*** Signal 4\u{1b}[2J") == "*** Signal 4\u{FFFD}[2J")
    }

    @Test("what the file takes goes there alone")
    func written() throws {
        let path = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max)).log"
        defer { unlink(path) }
        let file = try DaemonLogFile(path: path)
        #expect(log("fine", to: file).lines.withLock { $0.isEmpty })
        #expect(file.write("another"))
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last == "another")
    }

    @Test(
        "nothing that a peer sent steers the terminal: not as a line, not as the file that somebody looks at",
        arguments: ["\u{9B}31m", "\u{1B}[31m", "\u{90}q\u{9C}", "\u{202E}", "\u{2066}", "\u{7F}", "\u{200F}", "a\nb"])
    func steering(text: String) throws {
        let path = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max)).log"
        defer { unlink(path) }
        let message = "'\(text)' is no name"
        let said = log("\(message)", to: try DaemonLogFile(path: path), terminal: true)
        let file = try String(contentsOfFile: path, encoding: .utf8)
        for written in said.lines.withLock({ $0 }) + [String(file.dropLast())] {
            #expect(!written.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
            #expect(!written.unicodeScalars.contains { [0x200f, 0x202e, 0x2066].contains($0.value) })
        }
        let line = try JSONDecoder().decode([String: String].self, from: Data(file.utf8))
        #expect(line["message"] == message)
    }
}
