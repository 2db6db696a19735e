#!/usr/bin/env python3
"""Finds in the Swift sources what ends the process where a value is not as expected. Part of `make check`.

What a peer, a file or the store sends reaches nearly all of the code, so that the forms which trap are not used at all:
there is a total one for each. Where one is right all the same, scripts/allowed-traps has the line, the rule and the
reason: the line and no more, so that the next one in the same file is found.
`--self-test` looks whether it finds what it should.
"""
import collections
import pathlib
import re
import sys

# Rule: (pattern over code without texts and comments, what to write instead).
RULES = {
    "conversion": (
        r"(?<![\w.])(?:U?Int(?:8|16|32|64)?|CInt|pid_t|off_t)\((?!\s*(?:\d|\)|clamping:|exactly:|bitPattern:|ascii:"
        r"|truncatingIfNeeded:|littleEndian:|bigEndian:))",
        "use (clamping:) or (exactly:)"),
    "unwrap": (r"[\w)\]](?<!\btry)(?<!\bas)!(?![=\w])", "use 'guard let' or '??'"),
    "try": (r"\b(?:try|as)!", "use 'try?' or 'as?', or throw"),
    "fatal": (r"\b(?:fatalError|precondition|preconditionFailure|assert|assertionFailure)\(", "throw, or return nothing"),
    "index": (r"(?P<list>[\w.]*[\w)\]])\[-?\d+\]", "use '.first', a pattern, or look at its 'count' first"),
    "row": (r"(?:\brow|\bfirst|\$0)\[<text>\]", "use 'lenient(_:)' of the row"),
    "client": (r"(?<![\w.])HTTPClient\(", "use 'HTTPClient.fleet', which guards what comes back"),
    "keys": (r"uniqueKeysWithValues:", "use 'uniquingKeysWith:'"),
    "sleep": (r"Task\.sleep\(for: \.(?:seconds|milliseconds)\((?!\s*\d|clamping:)", "use '.seconds(clamping:)'"),
}

# Only in these folders.
ONLY = {"row": ("Sources/Central/CentralServer/Store", "Sources/Daemon/DaemonCore/State")}

# A conversion whose result is optional reads a text, and does not trap.
OPTIONAL = re.compile(
    r"(?:\b(?:if|guard|while)\b.*\blet\b|^\s*let\s+\w+\s*=.*(?:,|else)|,\s*let\b|^\s*case\b.*\?|\?\?|compactMap|flatMap"
    r"|\bradix:|\.map \{ UInt8\(\$0\) \}|= UInt64\(words)")
# What fits whatever it is: a constant of C, half a byte, a digit, a status that an HTTP library has read.
FITTING = re.compile(
    r"^\((?:\s*_*[A-Z][A-Z0-9_]*(?:\.rawValue)?(?:\s*\|\s*[A-Z][A-Z0-9_]*)*\s*\)|byte (?:>> 4|& 15)\)|byte - UInt8\(ascii:"
    r"|\w+\.status\.code\))")
# How many lines above an index its list may have been counted.
NEAR = 15

ALLOWED = pathlib.Path(__file__).with_name("allowed-traps")


class Exceptions:
    """The lines that are right all the same, with how often each may still be found."""

    def __init__(self, text):
        self.left = collections.Counter()
        self.problems = []
        place = None
        for line in text.split("\n"):
            if not line.strip() or line.startswith("#"):
                continue
            if not line.startswith("    "):
                place = tuple(part.strip() for part in line.split(":", 2))
                if len(place) < 3 or place[1] not in RULES or not place[2]:
                    self.problems.append(f"'{line}' is no file, rule and reason")
                    place = None
            elif place:
                self.left[(place[0], place[1], line.strip())] += 1

    def cover(self, path, rule, line):
        """Whether it is one of them; each covers one place."""
        if self.left[(path, rule, line)] < 1:
            return False
        self.left[(path, rule, line)] -= 1
        return True

    def unused(self):
        return sorted(key for key, count in self.left.items() if count > 0)


def code_of(source):
    """The source without comments, and with each text as <text>; what is interpolated into a text stays."""
    out = []
    stack = [("code", 0)]  # ("code", depth of parentheses) or ("text", quote, hashes)
    i, n = 0, len(source)
    while i < n:
        state = stack[-1]
        if state[0] == "code":
            if source.startswith("//", i):
                end = source.find("\n", i)
                i = n if end < 0 else end
                continue
            if source.startswith("/*", i):
                end = source.find("*/", i)
                end = n if end < 0 else end + 2
                out.append("\n" * source.count("\n", i, end))
                i = end
                continue
            opening = re.compile(r'(#*)("""|")').match(source, i)
            if opening:
                stack.append(("text", opening.group(2), opening.group(1)))
                out.append("<text")
                i = opening.end()
                continue
            if source[i] == "(":
                stack[-1] = ("code", state[1] + 1)
            elif source[i] == ")":
                if state[1] == 0 and len(stack) > 1:
                    stack.pop()
                    out.append(" ")
                    i += 1
                    continue
                stack[-1] = ("code", max(0, state[1] - 1))
            out.append(source[i])
            i += 1
            continue
        _, quote, hashes = state
        if source.startswith(quote + hashes, i):
            stack.pop()
            out.append(">")
            i += len(quote) + len(hashes)
        elif source.startswith("\\" + hashes + "(", i):
            stack.append(("code", 0))
            out.append(" ")
            i += 2 + len(hashes)
        elif source[i] == "\\" and not hashes:
            # A line of a long text may be continued.
            out.append("\n" if source.startswith("\n", i + 1) else "")
            i += 2
        else:
            if source[i] == "\n":
                out.append("\n")
            i += 1
    return "".join(out)


def findings(path, source):
    """Number, rule, the line as it stands there, advice."""
    texts = source.split("\n")
    code = code_of(source)
    lines = code.split("\n")
    seen = set()
    for rule, (pattern, advice) in RULES.items():
        if rule in ONLY and not path.startswith(ONLY[rule]):
            continue
        for match in re.finditer(pattern, code):
            number = code.count("\n", 0, match.start()) + 1
            line = lines[number - 1]
            if rule == "conversion" and (FITTING.match(code[match.end() - 1:]) or OPTIONAL.search(line)):
                continue
            if rule == "index":
                name = match.group("list").split(".")[-1]
                near = " ".join(lines[max(0, number - NEAR):number])
                # As many as the path has placeholders, which is looked at before a handler is called.
                if match.group("list") == "context.names":
                    continue
                if re.search(rf"\b{re.escape(name)}\.(?:count|isEmpty)\b", near):
                    continue
            if (rule, number) not in seen:
                seen.add((rule, number))
                yield number, rule, texts[number - 1].strip(), advice


SAMPLES = [
    ("conversion", "let x = Int(seconds)"), ("conversion", "\"\\(Int(used)) MB\""), ("conversion", "UInt8(max(0, x))"),
    ("conversion", "return Int32(count)"), ("conversion", "#\"a \\#(Int64(x)) b\"#"),
    (None, "Int(exactly: x)"), (None, "let y = Int(clamping: 1e9)"), (None, "guard let z = Int(text) else { return }"),
    (None, "socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)"), (None, "Int16(POLLIN | POLLOUT)"), (None, "Int(5)"),
    (None, "texts.compactMap { Int($0) }"), (None, "// Int(x)"), (None, "\"Int(x)\""), (None, "Int(text) ?? 0"),
    ("unwrap", "let a = list.first!"), ("unwrap", "guard let b = a[i]! else"), ("unwrap", "b()!.c"), ("unwrap", "\"\\(c!)\""),
    (None, "a != b"), (None, "if !a { }"), (None, "\"Oh no!\""), (None, "/* a! */"), (None, "x = \"\"\"\na!\n\"\"\""),
    ("try", "try! f()"), ("try", "x as! Y"), (None, "try? f()"),
    ("fatal", "fatalError(\"x\")"), ("fatal", "precondition(x)"), (None, "loop.preconditionInEventLoop()"),
    ("index", "let a = b[0]"), ("index", "f()[1].c"), ("index", "a[-1]"), (None, "let a = [0]"), (None, "a[i]"), (None, "guard a.count == 2 else { return }\nb = a[1]"),
    (None, "context.names[0]"),
    ("row", "name: row[\"name\"]"), ("row", "Timestamp(milliseconds: $0[\"time\"])"), (None, "row.lenient(\"x\")"),
    ("client", "HTTPClient(eventLoopGroupProvider: x)"), (None, "HTTPClient.fleet()"),
    ("keys", "Dictionary(uniqueKeysWithValues: x)"), ("sleep", "Task.sleep(for: .seconds(wait))"),
    (None, "Task.sleep(for: .seconds(1))"),
]


def problems(path, source, exceptions):
    for number, rule, line, advice in findings(path, source):
        if not exceptions.cover(path, rule, line):
            yield f"{path}:{number}: {rule}: '{line[:90]}': {advice}"


def exceptions_test():
    """An exception is for a line: one more like it, another one beside it and one that has changed are found."""
    path = "Sources/A.swift"
    table = f"# reasons\n{path}: conversion: small\n    let x = Int(a)\n    let y = Int(b)\n"
    for source, found, unused in [
        ("let x = Int(a)\nlet y = Int(b)", 0, 0), ("let x = Int(a)\nlet y = Int(b)\nlet z = Int(c)", 1, 0),
        ("let x = Int(a)\nlet x = Int(a)\nlet y = Int(b)", 1, 0), ("let x = Int(a + c)\nlet y = Int(b)", 1, 1),
        ("let y = Int(b)", 0, 1), ("let x = Int(a)\nlet y = Int(b)\nlet z = list[0]", 1, 0),
    ]:
        exceptions = Exceptions(table)
        got = (len(list(problems(path, source, exceptions))), len(exceptions.unused()))
        if got != (found, unused):
            print(f"exceptions: {source!r}: found and unused are {got}, not {(found, unused)}")
            return True
    return not Exceptions(f"{path}: conversion\n").problems


def self_test():
    failed = exceptions_test()
    for rule, sample in SAMPLES:
        found = [each[1] for each in findings("Sources/Central/CentralServer/Store/Sample.swift", sample)]
        if found != ([rule] if rule else []):
            print(f"{sample!r}: found {found}, not {rule}")
            failed = True
    return failed


def main():
    failed = self_test()
    if sys.argv[1:] == ["--self-test"]:
        return failed
    exceptions = Exceptions(ALLOWED.read_text(encoding="utf-8"))
    for file in sorted(pathlib.Path("Sources").rglob("*.swift")):
        for problem in problems(str(file), file.read_text(encoding="utf-8"), exceptions):
            print(problem)
            failed = True
    for path, rule, line in exceptions.unused():
        exceptions.problems.append(f"there is no '{line}' in {path} any more that needs the exception for '{rule}'")
    for problem in exceptions.problems:
        print(f"{ALLOWED.name}: {problem}")
        failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
