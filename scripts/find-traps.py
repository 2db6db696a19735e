#!/usr/bin/env python3
"""Finds in the Swift sources what ends the process where a value is not as expected. Part of `make check`.

What a peer, a file or the store sends reaches nearly all of the code, so that the forms which trap are not used at all:
there is a total one for each. Where one is right all the same, ALLOWED has the file, the rule and the reason.
`--self-test` looks whether it finds what it should.
"""
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

ALLOWED = {}


def allow(path, rules, reason):
    assert reason
    for rule in rules.split():
        ALLOWED[(path, rule)] = reason


allow("Sources/Shared/FleetClient/HTTPClient+fleet.swift", "client", "here it is made")
allow("Sources/Shared/FleetHTTP/Answers/AnswerMiddleware.swift", "fatal", "names of headers that stand in the source")
allow("Sources/Central/CentralServer/Deploy/ScriptRun.swift", "fatal index", "a list with its null at the end; two descriptors of a pipe, and what is polled of them")
allow("Sources/Daemon/DaemonCore/Process/ErrandRunner.swift", "index", "two descriptors of a pair; a command has words")
allow("Sources/Central/CentralServer/Dashboard/Assets.swift", "conversion", "a byte")
allow("Sources/Central/CentralServer/Dashboard/Sparkline.swift", "conversion", "a byte")
allow("Sources/Console/ConsoleCore/Frame/Frame.swift", "conversion", "bytes of ASCII")
allow("Sources/Console/ConsoleCore/Tables/EventTable.swift", "conversion", "a text")
allow("Sources/Console/ConsoleCore/Themes/Colour.swift", "conversion", "24 bits, eight at a time")
allow("Sources/Console/ConsoleCore/Update/ConsoleModel+actions.swift", "index", "no request is without a target")
allow("Sources/Console/ConsoleCore/Views/ConsoleModel+dialogs.swift", "index", "no request is without a target")
allow("Sources/Console/ConsoleCore/Views/ConsoleModel+foot.swift", "index", "no request is without a target")
allow("Sources/Console/ConsoleCore/Views/ConsoleModel+tables.swift", "index", "tables of the source, none without columns")
allow("Sources/Console/MCConsole/RunLog.swift", "conversion", "a file's length")
allow("Sources/Console/Terminal/ConsoleLoop.swift", "conversion index", "clocks and short waits; descriptors of a pipe")
allow("Sources/Console/Terminal/Inbox.swift", "index", "the two ends of a pipe")
allow("Sources/Console/Terminal/KeyParser.swift", "conversion", "26 letters")
allow("Sources/Console/Terminal/KeyReader.swift", "conversion", "a C int of ncurses")
allow("Sources/Console/Terminal/Palette.swift", "conversion", "a C int of ncurses; numbers of colours and pairs, bounded there")
allow("Sources/Console/Terminal/TerminalScreen.swift", "conversion", "C ints of ncurses; a row, a column and a text within the screen")
allow("Sources/Daemon/DaemonCore/Logs/DaemonLogFile.swift", "conversion", "lengths of a file and of a line")
allow("Sources/Daemon/DaemonCore/Logs/LogFiles.swift", "conversion", "what stat says")
allow("Sources/Daemon/DaemonCore/Logs/LogFollower.swift", "conversion", "places in a block of a file")
allow("Sources/Daemon/DaemonCore/Logs/LogTail.swift", "conversion", "places in a block of a file")
allow("Sources/Daemon/DaemonCore/Process/Account.swift", "conversion", "a count of the system, which is not negative")
allow("Sources/Daemon/DaemonCore/Process/FileLimit.swift", "conversion", "unsigned in C too")
allow("Sources/Daemon/DaemonCore/Process/KeeperLauncher+connection.swift", "index", "the two ends of a pair of sockets")
allow("Sources/Daemon/DaemonCore/Process/KeeperMessage.swift", "index", "words that the switch has counted")
allow("Sources/Daemon/FleetSimulator/SimulatedHost.swift", "conversion", "the number of a client, from 0")
allow("Sources/Daemon/FleetSimulator/SimulatedRoutes.swift", "conversion", "checked numbers of lines")
allow("Sources/Daemon/MasterControl/Commands/Schedule.swift", "conversion", "an offset within a day")
allow("Sources/Daemon/MasterControl/Terminal/TerminalScreen.swift", "conversion", "16 bits of the system")
allow("Sources/Shared/FleetConfig/YAML/ConfigNode.swift", "conversion", "a text")
allow("Sources/Shared/FleetHTTP/Answers/ByteBuffer+Workload.swift", "conversion", "32 bits")
allow("Sources/Shared/FleetHTTP/Metrics/ProcessMeasures.swift", "conversion", "a text, and the length of a buffer of ours")
allow("Sources/Shared/FleetHTTP/Serving/HTTPDate.swift", "conversion", "the clock")
allow("Sources/Shared/FleetHTTP/Streams/EventLog.swift", "conversion", "positions that were compared with what the log has")
allow("Sources/Shared/FleetModel/CivilTime.swift", "conversion", "bounded above; the rest of a division")
allow("Sources/Shared/FleetModel/Cron/CronExpression.swift", "conversion", "offsets of a zone, below a day")
allow("Sources/Shared/FleetModel/Cron/CronField.swift", "conversion", "numbers of a field, below 64")
allow("Sources/Shared/FleetModel/Cron/CronFieldParser.swift", "conversion index", "a text, numbers of a field; a split has a first part")
allow("Sources/Shared/FleetModel/Timestamp.swift", "conversion", "digits, and parts of a time that is bounded")


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
            i += 2
        else:
            if source[i] == "\n":
                out.append("\n")
            i += 1
    return "".join(out)


def findings(path, source):
    code = code_of(source)
    lines = code.split("\n")
    seen = set()
    for rule, (pattern, advice) in RULES.items():
        if (path, rule) in ALLOWED or (rule in ONLY and not path.startswith(ONLY[rule])):
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
                yield number, rule, f"'{line.strip()[:90]}': {advice}"


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


def self_test():
    failed = False
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
    used = set()
    for file in sorted(pathlib.Path("Sources").rglob("*.swift")):
        path, source = str(file), file.read_text(encoding="utf-8")
        for rule in RULES:
            if (path, rule) in ALLOWED:
                reason = ALLOWED.pop((path, rule))
                if any(each[1] == rule for each in findings(path, source)):
                    used.add((path, rule))
                ALLOWED[(path, rule)] = reason
        for number, rule, problem in findings(path, source):
            print(f"{path}:{number}: {rule}: {problem}")
            failed = True
    for path, rule in sorted(set(ALLOWED) - used):
        print(f"scripts/find-traps.py: nothing in {path} needs the exception for '{rule}' any more")
        failed = True
    return failed


sys.exit(main())
