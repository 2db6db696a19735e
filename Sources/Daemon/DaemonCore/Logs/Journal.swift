import Glibc
import Logging

/// The journal of a host, where systemd has connected our output to it.
package enum Journal {
    /// True where what is written to the descriptor goes to the journal, and not to where somebody has redirected it.
    package static func takes(
        _ descriptor: Int32, stream: String? = getenv("JOURNAL_STREAM").map { String(cString: $0) }
    )
        -> Bool
    {
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// What tells the journal how much a line matters, as syslog counts.
    package static func mark(_ level: Logger.Level) -> String {
        switch level {
        case .critical: "<2>"
        case .error: "<3>"
        case .warning: "<4>"
        case .notice: "<5>"
        case .info: "<6>"
        case .debug, .trace: "<7>"
        }
    }
}
