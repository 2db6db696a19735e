import Yams

/// The one place that knows the YAML library: text in, nodes with their places out.
struct YAMLText {
    let text: String

    /// Deepest nesting of values that is read.
    static let deepest = 32
    /// Most values a file may have, with every alias written out.
    static let mostValues = 50_000
    /// Bytes that are read once more to find further keys that stand twice.
    static let mostReread = 1 << 20

    /// - returns: nil for an empty document, and after an error that leaves nothing to read.
    func read(into log: inout IssueLog) -> ConfigNode? {
        guard reportControlCharacters(to: &log), reportAliasedKeys(to: &log) else { return nil }
        var renamed: Set<Position> = []
        guard let root = compose(renamed: &renamed, log: &log) else { return nil }
        var conversion = NodeConversion(log: log, leavingOut: renamed)
        let node = conversion.convert(root)
        log = conversion.log
        return node
    }

    /// The library stops at a key that stands twice. So that the rest is checked too, the second one is reported,
    /// renamed and read again, to be left out afterwards.
    private func compose(renamed: inout Set<Position>, log: inout IssueLog) -> Node? {
        var text = text
        // Each time all of the file is read anew: a long one that is full of such keys is not read as often.
        let times = min(20, Self.mostReread / max(text.utf8.count, 1))
        for _ in 0...times {
            do {
                return try Parser(yaml: text, resolver: .basic).singleRoot()
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let first = Position(context.mark)
                let key = keys.first ?? ""
                guard let second = repetition(of: key, after: first, in: text), renamed.insert(second).inserted else {
                    log.report("the key '\(excerpt(key))' stands twice in this mapping", at: first)
                    return nil
                }
                let line = log.map.original(first).line
                log.report("the key '\(excerpt(key))' stands twice; the first is in line \(line)", at: second)
                text = rename(at: second, in: text, number: renamed.count)
            } catch let error as YamlError {
                let (message, position) = Self.sentence(for: error)
                log.report(message, at: position)
                return nil
            } catch {
                log.report("this is not valid YAML", at: .start)
                return nil
            }
        }
        return nil
    }
}

// MARK: - Errors of the library

extension YAMLText {
    private static func sentence(for error: YamlError) -> (String, Position) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            var message = "this is not valid YAML: \(problem)"
            if let context, context.mark.line != mark.line {
                message += " \(context.text) that begins in line \(context.mark.line)"
            }
            if problem.contains("cannot start any token") {
                message += "; indent with spaces, and put quotes around a text that begins with % @ or `"
            } else if problem.contains("mapping values are not allowed") {
                message += "; put quotes around a text with ': ' in it, and check the indentation"
            }
            return (message, Position(mark))
        case .composer(_, let problem, let mark, _):
            let message =
                problem.contains("another document")
                ? "a file holds one document: split it, or list the workloads under 'workloads:'"
                : "this is not valid YAML: \(problem)"
            return (message, Position(mark))
        case .memory:
            return ("the values are nested too deeply", .start)
        default:
            return ("this is not valid YAML", .start)
        }
    }

    /// The library refuses these as well, but does not say where they are.
    private func reportControlCharacters(to log: inout IssueLog) -> Bool {
        var position = Position.start
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: position = Position(line: position.line + 1, column: 0)
            case 0x09, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFFFD, 0x10000...0x10FFFF: break
            default:
                let code = String(scalar.value, radix: 16, uppercase: true)
                log.report("the control character U+\(code) cannot stand in a file", at: position)
                return false
            }
            position.column += 1
        }
        return true
    }
}

// MARK: - Keys that stand twice

extension YAMLText {
    /// Where the key stands again in a mapping in block style: at the same indentation, before anything that stands
    /// further to the left. In a mapping in braces it is not looked for.
    private func repetition(of key: String, after first: Position, in text: String) -> Position? {
        guard !key.isEmpty else { return nil }
        let indentation = first.column - 1
        var line = 0
        for source in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            line += 1
            if line == first.line, !source.prefix(indentation).allSatisfy({ $0 == " " || $0 == "-" }) { return nil }
            guard line > first.line, let character = source.first(where: { $0 != " " && $0 != "\r" }),
                character != "#"
            else { continue }
            guard source.prefix(indentation).allSatisfy({ $0 == " " }) else { return nil }
            let rest = source.dropFirst(indentation)
            for quote in ["", "\"", "'"] {
                let written = (quote + key + quote).unicodeScalars
                guard rest.starts(with: written) else { continue }
                if rest.dropFirst(written.count).first(where: { $0 != " " }) == ":" {
                    return Position(line: line, column: first.column)
                }
            }
        }
        return nil
    }

    /// Puts a character of the private use area in place of the first letter, so that no column moves.
    private func rename(at position: Position, in text: String, number: Int) -> String {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String.UnicodeScalarView($0) }
        var line = lines[position.line - 1]
        guard var index = line.index(line.startIndex, offsetBy: position.column - 1, limitedBy: line.endIndex),
            index < line.endIndex, let mark = Unicode.Scalar(UInt32(0xE000 + number))
        else { return text }
        if line[index] == "\"" || line[index] == "'" { index = line.index(after: index) }
        line.replaceSubrange(index...index, with: [mark])
        lines[position.line - 1] = line
        return lines.map { String($0) }.joined(separator: "\n")
    }
}

// MARK: - Aliases

extension YAMLText {
    /// The library compares keys with every alias in them written out, which a few lines can make endless. So in a
    /// file with aliases keys must be plain words. Looks at characters only, and rather refuses too much.
    private func reportAliasedKeys(to log: inout IssueLog) -> Bool {
        guard hasAlias else { return true }
        var position = Position.start
        var previous: Unicode.Scalar = "\n"
        // A list, a mapping or an alias has just ended: with a colon behind it, it is a key.
        var isAfterValue = false
        var isInAlias = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "]", "}": (isAfterValue, isInAlias) = (true, false)
            case "*" where Self.separates(previous): (isAfterValue, isInAlias) = (true, true)
            case " ", "\t", "\n", "\r": isInAlias = false
            case "?" where Self.separates(previous), ":" where isAfterValue:
                log.report(
                    "a file with aliases (*name) can only have plain words as keys; this looks like another one",
                    at: position)
                return false
            default: isAfterValue = isAfterValue && isInAlias
            }
            previous = scalar
            position =
                scalar == "\n"
                ? Position(line: position.line + 1, column: 1)
                : Position(line: position.line, column: position.column + 1)
        }
        return true
    }

    private var hasAlias: Bool {
        var previous = UInt8(ascii: "\n")
        var afterStar = false
        for byte in text.utf8 {
            if afterStar, Self.isAnchorCharacter(byte) { return true }
            afterStar = byte == UInt8(ascii: "*") && Self.separates(Unicode.Scalar(previous))
            previous = byte
        }
        return false
    }

    private static func separates(_ scalar: Unicode.Scalar) -> Bool {
        " \t\n\r[]{},:-?".unicodeScalars.contains(scalar)
    }

    private static func isAnchorCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Position {
    init(_ mark: Mark?) { self.init(line: max(mark?.line ?? 1, 1), column: max(mark?.column ?? 1, 1)) }
}
