import FleetModel

/// One file on its way from bytes to values: read, templates filled in, parsed.
struct ConfigFile {
    static let limit = 1 << 20

    /// The document; nil where the file is empty, missing or beyond repair.
    var root: ConfigNode?
    var log: IssueLog
    var found = true

    /// - parameter variables: What `vars.yaml` defines; the file's own `vars:` come on top.
    init(path: String, variables: [String: String], environment: [String: String]) {
        log = IssueLog(file: path)
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: Self.limit)
        } catch {
            switch error {
            case .missing:
                found = false
                log.reportFile("does not exist")
            case .unreadable(let reason): log.reportFile(reason)
            }
            return
        }
        parse(bytes, variables: variables, environment: environment)
    }

    /// Reads a text that is no file, as the fuzz test and the examples of the reference are.
    init(name: String, bytes: [UInt8], variables: [String: String], environment: [String: String]) {
        log = IssueLog(file: name)
        parse(bytes, variables: variables, environment: environment)
    }

    private mutating func parse(_ bytes: [UInt8], variables: [String: String], environment: [String: String]) {
        guard var text = decode(bytes) else { return }
        if Template.isNeeded(text) {
            let own = OwnVariables(
                of: text, template: Template(variables: variables, environment: environment), log: &log)
            let all = variables.merging(own.values) { _, mine in mine }
            text = Template(variables: all, environment: environment).render(own.rest, into: &log)
            // What follows a gap in the text would be errors nobody made.
            guard log.isEmpty else { return }
        }
        root = YAMLText(text: text).read(into: &log)
    }

    /// UTF-8 without its mark.
    private mutating func decode(_ bytes: [UInt8]) -> String? {
        let withoutMark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        if let text = String(validating: withoutMark, as: UTF8.self) { return text }
        let repaired = String(decoding: withoutMark, as: UTF8.self)
        var position = Position.start
        // The first place where what was repaired differs from what was read.
        var index = withoutMark.startIndex
        for scalar in repaired.unicodeScalars {
            let encoded = Array(String(scalar).utf8)
            guard withoutMark[index...].starts(with: encoded) else { break }
            index += encoded.count
            position =
                scalar == "\n"
                ? Position(line: position.line + 1, column: 1)
                : Position(line: position.line, column: position.column + 1)
        }
        log.report("the file is not UTF-8 here; save it as UTF-8", at: position)
        return nil
    }
}
