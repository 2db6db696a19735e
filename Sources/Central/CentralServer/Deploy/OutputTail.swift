import FleetModel

/// What a script printed, bounded: the beginning, and the newest.
struct OutputTail: Sendable {
    /// Half for the beginning, which says what was done, half for the end, which says why it failed.
    private let limit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var dropped = 0

    init(limit: Int = DeploymentStoreLimits.output) { self.limit = limit }

    mutating func append(_ bytes: some Collection<UInt8>) {
        let room = limit / 2 - head.count
        head += bytes.prefix(max(0, room))
        tail += bytes.dropFirst(max(0, room))
        // Cut now and then, and not at each byte, since all that is behind the cut has to move.
        guard tail.count > limit else { return }
        dropped += tail.count - limit / 2
        tail.removeFirst(tail.count - limit / 2)
    }

    mutating func append(line: String) { append(Array((line + "\n").utf8)) }

    /// Without what could steer a terminal.
    var text: String {
        // Up to twice as much is held, so that it is cut now and then only; what is shown keeps to the limit.
        let end = tail.suffix(limit / 2)
        let left = dropped + tail.count - end.count
        let gap = left > 0 ? "\n… \(left) bytes are left out …\n" : ""
        let whole = String(decoding: head, as: UTF8.self) + gap + String(decoding: end, as: UTF8.self)
        return String(
            String.UnicodeScalarView(
                whole.unicodeScalars.map { scalar in
                    scalar == "\n" || scalar == "\t" || scalar.value >= 0xa0 || (0x20...0x7e).contains(scalar.value)
                        ? scalar : "?"
                }))
    }

    /// For a sentence: the last line that is not empty.
    var lastLine: String? {
        text.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map { $0.cut(toBytes: 500) }
    }
}
