/// The `vars:` a file defines for its own templates.
///
/// They are needed before the file can be read as YAML, so they are found by their lines: from `vars:` at the
/// beginning of a line to the next line that begins with something else. Templates among them see the environment and
/// `vars.yaml`, not one another.
struct OwnVariables {
    private(set) var values: [String: String] = [:]
    /// The file with empty lines in place of the block, whose values are known then.
    private(set) var rest: String

    init(of text: String, template: Template, log: inout IssueLog) {
        rest = text
        let source = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String.UnicodeScalarView($0) }
        guard let first = source.firstIndex(where: { $0.starts(with: "vars:".unicodeScalars) }) else { return }
        let end = source[(first + 1)...].firstIndex { line in
            guard let character = line.first else { return false }
            return ![" ", "\t", "\r", "#", "-", "}", "]"].contains(character) || line.starts(with: "---".unicodeScalars)
        }
        let lines = first..<(end ?? source.count)
        // Empty lines keep the numbers right.
        rest = source.indices.map { lines.contains($0) ? "" : String(source[$0]) }.joined(separator: "\n")
        let block = source.indices.map { lines.contains($0) ? String(source[$0]) : "" }.joined(separator: "\n")
        let issuesBefore = log.issues.count
        let rendered = template.render(block, into: &log)
        defer { log.map = PositionMap() }
        guard log.issues.count == issuesBefore, let node = YAMLText(text: rendered).read(into: &log),
            case .mapping(let entries) = node.content, let vars = entries.first(where: { $0.key == "vars" })
        else { return }
        values = Self.values(of: vars.value, log: &log)
    }

    /// A mapping of names to plain values. What is neither is reported.
    static func values(of node: ConfigNode, log: inout IssueLog) -> [String: String] {
        if node.isNull { return [:] }
        guard case .mapping(let entries) = node.content else {
            log.report("variables are a mapping of names to values, not \(node.kindName)", at: node.position)
            return [:]
        }
        var values: [String: String] = [:]
        for entry in entries {
            guard let text = entry.value.text else {
                log.report(
                    "the variable '\(excerpt(entry.key))' must be a text, a number or a truth value, "
                        + "not \(entry.value.kindName)", at: entry.value.position)
                continue
            }
            values[entry.key] = text
        }
        return values
    }
}
