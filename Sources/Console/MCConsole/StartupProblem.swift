import Glibc
import TerminalText

/// Why the console does not start; each line is a sentence for standard error.
struct StartupProblem: Error, Equatable {
    var lines: [String]

    init(_ lines: String...) { self.lines = lines }
    init(lines: [String]) { self.lines = lines }
}

func complain(_ sentence: String) { writeError("mc-console: \(sentence)\n") }

func writeError(_ text: String) {
    var text = SafeText.line(text, keepingLines: true)
    text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}
