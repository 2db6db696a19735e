import Yams

/// Turns the library's nodes into ours, within limits, and reports what configuration files have no use for.
struct NodeConversion {
    var log: IssueLog
    private var valuesLeft = YAMLText.mostValues
    private var depth = 0

    /// Keys that stand twice and have been reported.
    private let leftOut: Set<Position>

    init(log: IssueLog, leavingOut leftOut: Set<Position>) {
        self.log = log
        self.leftOut = leftOut
    }

    /// - returns: nil after an error that concerns the file as a whole.
    mutating func convert(_ node: Node) -> ConfigNode? {
        let position = Position(node.mark)
        valuesLeft -= 1
        guard valuesLeft > 0 else {
            if valuesLeft == 0 {
                log.report(
                    "the file has more than \(YAMLText.mostValues) values, aliases written out", at: position)
            }
            return nil
        }
        guard depth < YAMLText.deepest else {
            log.report("values are nested more than \(YAMLText.deepest) deep here", at: position)
            return nil
        }
        depth += 1
        defer { depth -= 1 }
        reportTag(of: node, at: position)
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && scalar.tag.rawValue != Tag.Name.str.rawValue
            return ConfigNode(content: .scalar(scalar.string, isPlain: isPlain), position: position)
        case .sequence(let sequence):
            var values: [ConfigNode] = []
            for element in sequence {
                guard let value = convert(element) else { return nil }
                values.append(value)
            }
            return ConfigNode(content: .list(values), position: position)
        case .mapping(let mapping):
            return convert(mapping, at: position)
        case .alias:
            return nil
        }
    }

    private mutating func convert(_ mapping: Node.Mapping, at position: Position) -> ConfigNode? {
        var entries: [ConfigEntry] = []
        for (key, value) in mapping {
            let keyPosition = Position(key.mark)
            guard case .scalar(let name) = key else {
                log.report("a key must be a plain word", at: keyPosition)
                continue
            }
            if name.string == "<<", name.style == .plain {
                log.report("the merge key '<<' is not read; repeat the keys, or use 'vars:'", at: keyPosition)
                continue
            }
            guard let converted = convert(value) else { return nil }
            if leftOut.contains(keyPosition) { continue }
            entries.append(ConfigEntry(key: name.string, keyPosition: keyPosition, value: converted))
        }
        return ConfigNode(content: .mapping(entries), position: position)
    }

    private mutating func reportTag(of node: Node, at position: Position) {
        let tag: Tag
        switch node {
        case .scalar(let scalar): tag = scalar.tag
        case .sequence(let sequence): tag = sequence.tag
        case .mapping(let mapping): tag = mapping.tag
        case .alias: return
        }
        let name = tag.rawValue
        let known: [Tag.Name] = [.implicit, .nonSpecific, .str, .int, .float, .bool, .null, .map, .seq]
        guard !known.contains(where: { $0.rawValue == name }) else { return }
        log.report("the tag '\(excerpt(name))' is not read; leave it out", at: position)
    }
}
