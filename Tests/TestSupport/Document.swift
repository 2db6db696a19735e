import Foundation
import Synchronization

/// A page that people read, as a test compares it with the program.
///
/// What a test can tell stands between two comments, `<!-- NAME -->` and `<!-- /KIND -->`, where KIND is the first word of
/// NAME; `MCTL_REFRESH_DOCS=1` has the tests write it anew instead of comparing it.
package struct Document {
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// What an operator reads.
    package static let all = ["README.md"] + pages("docs")

    package let path: String
    package private(set) var text: String

    package init(_ path: String) throws {
        self.path = path
        text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    private static func pages(_ folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
        return names.filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" }
    }

    /// A part between two comments.
    package struct Part {
        /// Without the kind: `up down` of `<!-- commands: up down -->`.
        package var name: String
        package var text: String
        fileprivate var range: Range<String.Index>
    }

    /// All parts of a kind, in their order.
    package func parts(_ kind: String) -> [Part] {
        var found: [Part] = []
        var rest = text[...]
        while let begin = rest.range(of: "<!-- \(kind): "), let close = rest[begin.upperBound...].range(of: " -->"),
            let end = rest[close.upperBound...].range(of: "<!-- /\(kind) -->")
        {
            found.append(
                Part(
                    name: String(rest[begin.upperBound..<close.lowerBound]),
                    text: String(rest[close.upperBound..<end.lowerBound]), range: close.upperBound..<end.lowerBound))
            rest = rest[end.upperBound...]
        }
        return found
    }

    /// Compares each part of a kind with what it should be, or writes that where the environment says so.
    ///
    /// - Parameter fresh: nil where nothing is called so.
    /// - Returns: a sentence for each part that is wrong.
    package mutating func check(_ kind: String, _ fresh: (_ name: String) -> String?) throws -> [String] {
        guard ProcessInfo.processInfo.environment["MCTL_REFRESH_DOCS"] != nil else {
            return problems(kind, fresh, mend: false)
        }
        // Several tests write parts of one page at the same time: each begins with what those before have written.
        return try Self.refreshing.withLock { _ in
            self = try Document(path)
            let problems = problems(kind, fresh, mend: true)
            try text.write(to: Self.root.appending(path: path), atomically: true, encoding: .utf8)
            return problems
        }
    }

    private static let refreshing = Mutex(())

    private mutating func problems(_ kind: String, _ fresh: (String) -> String?, mend: Bool) -> [String] {
        var problems: [String] = []
        // From the end, so that the places of those before stay.
        for part in parts(kind).reversed() {
            guard let right = fresh(part.name) else {
                problems.append("\(path): there is no \(kind) '\(part.name)'")
                continue
            }
            if right == part.text { continue }
            if mend {
                text.replaceSubrange(part.range, with: right)
            } else {
                problems.append("\(path): \(kind) '\(part.name)' is not '\(part.text)' but '\(right)'")
            }
        }
        return problems
    }

    /// The lines of each block that is fenced with this language.
    package func blocks(_ language: String) -> [String] {
        var found: [String] = []
        var block: [Substring]?
        var indent = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let bare = line.drop { $0 == " " }
            if let lines = block {
                if bare == "```" {
                    found.append(lines.joined(separator: "\n") + "\n")
                    block = nil
                } else {
                    block = lines + [line.dropFirst(min(indent, line.count - bare.count))]
                }
            } else if bare == "```\(language)" {
                indent = line.count - bare.count
                block = []
            }
        }
        return found
    }

    /// What stands between backticks in a line.
    package var codes: [String] {
        text.split(separator: "\n").flatMap { line in
            line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
        }
    }

    /// The lines of a shell that a person would type, each with its continuations.
    package var shellLines: [String] {
        (blocks("bash") + blocks("sh")).flatMap { block in
            block.replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
        }
    }
}
