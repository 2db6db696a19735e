/// Reads one field: a list of numbers, ranges and steps.
struct CronFieldParser {
    let kind: CronFieldKind

    func parse(_ text: Substring) throws(CronError) -> CronField {
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            bits |= try parsePart(part, of: text)
        }
        if kind == .dayOfWeek, bits & (1 << 7) != 0 {
            bits = (bits & 0x7F) | 1
        }
        return CronField(bits: bits, beginsWithStar: text.first == "*")
    }

    private func parsePart(_ part: Substring, of field: Substring) throws(CronError) -> UInt64 {
        guard !part.isEmpty else {
            throw CronError("the \(kind.title) '\(field)' has a comma too many")
        }
        let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let base = pieces[0]
        let step = pieces.count == 2 ? try parseStep(pieces[1], after: base) : 1
        let bounds = try parseBounds(base, hasStep: pieces.count == 2, part: part)
        var bits: UInt64 = 0
        for number in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
            bits |= 1 << UInt64(number)
        }
        return bits
    }

    private func parseStep(_ text: Substring, after base: Substring) throws(CronError) -> Int {
        guard let step = number(text), step > 0 else {
            throw CronError("the step '/\(text)' of the \(kind.title) must be a number above 0, as in '\(base)/2'")
        }
        guard step <= kind.count else {
            throw CronError("the step '/\(text)' of the \(kind.title) must be \(kind.count) at most")
        }
        return step
    }

    private func parseBounds(
        _ base: Substring, hasStep: Bool, part: Substring
    ) throws(CronError) -> ClosedRange<Int> {
        if base == "*" { return kind.range }
        let ends = base.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let low = try value(ends[0], part: part)
        guard ends.count == 2 else {
            guard !hasStep else {
                throw CronError(
                    "a step needs a range before it: write '\(base)-\(kind.range.upperBound)"
                        + "\(part.dropFirst(base.count))' in place of '\(part)'")
            }
            return low...low
        }
        let high = try value(ends[1], part: part)
        guard low <= high else {
            if kind == .dayOfWeek, high == 0 {
                throw CronError(
                    "the range '\(base)' runs backwards: at the end of a range Sunday is 7, as in '\(ends[0])-7'")
            }
            throw CronError(
                "the range '\(base)' of the \(kind.title) runs backwards: write it as two, "
                    + "'\(ends[0])-\(kind.highest),\(kind.range.lowerBound)-\(ends[1])'")
        }
        return low...high
    }

    private func value(_ text: Substring, part: Substring) throws(CronError) -> Int {
        if let number = number(text) {
            guard kind.range.contains(number) else { throw wrongValue(text) }
            return number
        }
        guard let index = kind.names.firstIndex(of: text.lowercased()) else { throw wrongValue(text) }
        return index + (kind == .month ? 1 : 0)
    }

    private func wrongValue(_ text: Substring) -> CronError {
        var right = "must be \(kind.range.lowerBound) to \(kind.range.upperBound)"
        if let first = kind.names.first, let last = kind.names.last {
            right += " or a name from '\(first)' to '\(last)'"
        }
        return CronError("the \(kind.title) \(right), not '\(text)'")
    }

    /// Digits only, so that a sign or a digit of another script is no number.
    private func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}

extension CronFieldKind {
    /// The highest number a range should end with in an advice.
    fileprivate var highest: Int { self == .dayOfWeek ? 6 : range.upperBound }
}
