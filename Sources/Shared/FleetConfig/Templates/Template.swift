/// Fills in `{{ name }}` and `{{ env.NAME }}`, line by line, so that every place can be traced back.
///
/// `{{ '{{' }}` gives two braces as they are. Comment lines are copied.
struct Template {
    /// Values of names without `env.`.
    var variables: [String: String]
    var environment: [String: String]

    /// A file that is small before may not be huge after.
    static let largestResult = 4 << 20

    static func isNeeded(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "{")) && text.contains("{{") }

    /// Errors are reported at their place in the file, and a place that has one is left empty.
    /// - parameter log: also receives where the rendered columns come from.
    func render(_ text: String, into log: inout IssueLog) -> String {
        log.map = PositionMap()
        var map = PositionMap()
        var rendered = ""
        var line = 1
        for source in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            if line > 1 { rendered.append("\n") }
            if source.first(where: { $0 != " " && $0 != "\t" }) == "#" {
                rendered += String(source)
            } else {
                renderLine(source, number: line, to: &rendered, map: &map, log: &log)
            }
            guard rendered.utf8.count <= Self.largestResult else {
                log.report(
                    "the file grows beyond 4 MiB here when its templates are filled in",
                    at: Position(line: line, column: 1))
                return ""
            }
            line += 1
        }
        log.map = map
        return rendered
    }

    private func renderLine(
        _ source: Substring.UnicodeScalarView, number: Int, to rendered: inout String,
        map: inout PositionMap, log: inout IssueLog
    ) {
        var rest = source
        var column = 1
        var renderedColumn = 1
        while rendered.utf8.count <= Self.largestResult, let open = rest.firstIndex(of: "{") {
            let before = rest[..<open]
            rendered += String(before)
            column += before.count
            renderedColumn += before.count
            rest = rest[open...]
            guard rest.dropFirst().first == "{" else {
                rendered.append("{")
                rest = rest.dropFirst()
                column += 1
                renderedColumn += 1
                continue
            }
            let position = Position(line: number, column: column)
            guard let end = Self.endOfExpression(in: rest.dropFirst(2)) else {
                log.report("this '{{' has no '}}' on its line", at: position)
                return
            }
            let expression = String(String.UnicodeScalarView(rest.dropFirst(2)[..<end.expression]))
            let length = rest.distance(from: rest.startIndex, to: end.after)
            let value = value(of: expression, at: position, log: &log)
            rendered += value
            map.add(
                .init(
                    originalColumn: column, originalLength: length, renderedColumn: renderedColumn,
                    renderedLength: value.unicodeScalars.count), line: number)
            column += length
            renderedColumn += value.unicodeScalars.count
            rest = rest[end.after...]
        }
        rendered += String(rest)
    }

    /// Where the text between the braces ends, and where `}}` does.
    private static func endOfExpression(
        in text: Substring.UnicodeScalarView
    ) -> (expression: Substring.UnicodeScalarView.Index, after: Substring.UnicodeScalarView.Index)? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == "}", next < text.endIndex, text[next] == "}" { return (index, text.index(after: next)) }
            index = next
        }
        return nil
    }

    private func value(of expression: String, at position: Position, log: inout IssueLog) -> String {
        let name = expression.trimmingSpaces()
        if name == "'{{'" || name == "\"{{\"" { return "{{" }
        guard Self.isName(name) else {
            log.report(
                "'{{ \(excerpt(name)) }}' is no template: write {{ name }} or {{ env.NAME }}, "
                    + "and {{ '{{' }} for the braces themselves", at: position)
            return ""
        }
        let found: String?
        if name.hasPrefix("env.") {
            let variable = String(name.dropFirst(4))
            found = environment[variable]
            if found == nil {
                log.report("the environment has no '\(excerpt(variable))'", at: position)
            }
        } else {
            found = variables[name]
            if found == nil, !log.isFull { log.report(undefined(name), at: position) }
        }
        guard let value = found else { return "" }
        guard !value.unicodeScalars.contains(where: Self.breaksLine) else {
            log.report("the value of '\(excerpt(name))' has a line break, which a template cannot carry", at: position)
            return ""
        }
        return value
    }

    private func undefined(_ name: String) -> String {
        let advice =
            nearest(to: name, in: variables.keys).map { "did you mean '\($0)'?" }
            ?? "define it in vars.yaml or under 'vars:'"
        return "the name '\(excerpt(name))' is not defined; \(advice)"
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first == UInt8(ascii: "_") || isLetter(first) else { return false }
        return text.utf8.count <= 128
            && text.utf8.allSatisfy {
                isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "_.-".utf8.contains($0)
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension String {
    func trimmingSpaces() -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
