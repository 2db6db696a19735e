/// What a keeper says about the end of a run beside how it was.
package struct EndRemarks: Hashable, Sendable {
    /// Processes that the run's own one left behind when it ended by itself; they were ended.
    package var left = 0
    /// Bytes of its output that the disk did not take in time.
    package var lostBytes: Int64 = 0
    /// Why it did not: an errno.
    package var logError: Int32 = 0

    package init() {}

    /// Takes a line of a keeper that is about the end. Returns false where it is another one.
    mutating func heed(line: some StringProtocol) -> Bool {
        let words = line.split(separator: " ")
        switch (words.first, words.count) {
        case ("left", 2...):
            left = Int(words[1]) ?? 0
            return true
        case ("log-lost", 3...):
            lostBytes = Int64(words[1]) ?? 0
            logError = Int32(words[2]) ?? 0
            return true
        default: return false
        }
    }

    /// For `last_error`; nil where there is nothing to say.
    func sentence(after end: RunOutcome.Kind) -> String? {
        var sentences: [String] = []
        if left > 0, end == .exited(0) {
            let others = left == 1 ? "1 process of it was" : "\(left) processes of it were"
            sentences.append(
                "it put itself into the background: its own process exited with status 0 while \(others) still "
                    + "running, and what was left was ended; run it in the foreground")
        }
        if lostBytes > 0 {
            sentences.append(
                "the last \(lostBytes) bytes of its output are lost: its log could not be written within "
                    + "log_wait_seconds: \(errorText(logError))")
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
    }
}
