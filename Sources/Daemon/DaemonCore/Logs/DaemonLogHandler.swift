import FleetModel
import FoundationEssentials
import Logging
import TerminalText

/// Writes what the daemon logs: one JSON object a line to its file, and a readable line to a terminal.
///
/// What the disk of the file does not take goes to standard error instead, so that a full disk is told of even where
/// the daemon's log lies on it.
package struct DaemonLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level = .info
    private let label: String
    private let file: DaemonLogFile?
    private let terminal: (@Sendable (String) -> Void)?
    private let journal: (@Sendable (String) -> Void)?
    private let spare: (@Sendable (String) -> Void)?
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - terminal: takes readable lines; nil where there is no terminal.
    ///   - journal: takes what the host's journal is to have; nil where nothing of ours gets there.
    ///   - spare: takes those that the file did not, where there is no terminal.
    package init(
        label: String, file: DaemonLogFile?, terminal: (@Sendable (String) -> Void)?,
        journal: (@Sendable (String) -> Void)? = nil, spare: (@Sendable (String) -> Void)? = nil,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.label = label
        self.file = file
        self.terminal = terminal
        self.journal = journal
        self.spare = spare
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { _, own in own }
        let time = now()
        var isWritten = true
        if let file {
            var object: [(String, String)] = [
                ("time", time.description), ("level", event.level.rawValue), ("component", label),
                ("message", event.message.description),
            ]
            object += values.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
            let fields = object.map { "\(jsonText($0)):\(jsonText($1))" }
            isWritten = file.write("{\(fields.joined(separator: ","))}")
        }
        // Start, end and what is wrong; all the rest is in the file. The journal has times of its own.
        if let journal, event.level >= .notice {
            journal(
                Journal.mark(event.level)
                    + Self.readable(
                        level: event.level.rawValue, message: event.message.description,
                        values: values.map { ($0.key, "\($0.value)") }))
            return
        }
        if let terminal = terminal ?? (isWritten ? nil : spare) {
            terminal(
                Self.readable(
                    time: time.description, level: event.level.rawValue, message: event.message.description,
                    values: values.map { ($0.key, "\($0.value)") }))
        }
    }

    /// A line of such a log for a person; one that is none of ours (of a crash, for instance) as it is.
    static func readable(json line: String) -> String {
        guard var fields = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)),
            let time = fields.removeValue(forKey: "time"), let level = fields.removeValue(forKey: "level"),
            let message = fields.removeValue(forKey: "message")
        else { return SafeText.line(line) }
        return readable(time: time, level: level, message: message, values: fields.map { ($0.key, $0.value) })
    }

    private static func readable(time: String, level: String, message: String, values: [(String, String)]) -> String {
        "\(time) " + readable(level: level, message: message, values: values)
    }

    private static func readable(level: String, message: String, values: [(String, String)]) -> String {
        let details = values.sorted { $0.0 < $1.0 }.map { " \($0.0)=\($0.1)" }.joined()
        return "\(level.uppercased()) \(SafeText.line(message + details))"
    }
}

/// A text as JSON, with every character escaped that may steer the terminal on which somebody looks at the file.
private func jsonText(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": json += "\\\""
        case "\\": json += "\\\\"
        case "\n": json += "\\n"
        case "\t": json += "\\t"
        case _ where SafeText.isControl(scalar):
            let digits = String(scalar.value, radix: 16)
            json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}
