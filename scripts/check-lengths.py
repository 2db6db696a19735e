#!/usr/bin/env python3
"""How long the Swift files and functions of the sources are. Part of `make check`, which prints what is too long.

A file beyond MOST_OF_FILE lines, a median beyond MOST_OF_MEDIAN or a function beyond MOST_OF_FUNCTION fails, but for
those in TABLES. `--report` prints the figures and the longest of each.
"""
import importlib.machinery
import importlib.util
import pathlib
import re
import statistics
import sys

MOST_OF_FILE = 350
MOST_OF_MEDIAN = 90
MOST_OF_FUNCTION = 50

# Longer functions that only list things, one after the other: (file, function) and why it is not cut.
TABLES = {
    ("Sources/Central/CentralServer/BuildCentral.swift", "buildCentral"): "what a central is made of, in the order of making",
    ("Sources/Central/CentralServer/Dashboard/PageRoutes.swift", "add"): "a route after the other",
    ("Sources/Console/ConsoleCore/Input/Command.swift", "facts"): "a line for each command",
    ("Sources/Console/ConsoleCore/Views/InfoText.swift", "lines"): "a line for each fact",
    ("Sources/Daemon/DaemonCore/BuildDaemon.swift", "buildDaemon"): "what a daemon is made of, in the order of making",
    ("Sources/Shared/FleetHTTP/Answers/ByteBuffer+Workload.swift", "writeJSON"): "a line for each field",
}

BEGINNING = re.compile(r"\b(?:func\s+(?P<name>`?\w+`?|[^\s\w(]+)|(?P<init>init|deinit|subscript)\b|var\s+(?P<var>\w+)\s*:[^={}\n]*(?=\{))")


def code_of(source):
    """What `scripts/find-traps.py` makes of a source: no comments, no texts, as many lines."""
    loader = importlib.machinery.SourceFileLoader("traps", str(pathlib.Path(__file__).with_name("find-traps.py")))
    spec = importlib.util.spec_from_loader("traps", loader)
    traps = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(traps)
    globals()["code_of"] = traps.code_of
    return traps.code_of(source)


def functions(source):
    """The functions of a source: (name, first line, lines)."""
    code = code_of(source)
    for match in BEGINNING.finditer(code):
        if match.group("init") and code[:match.start()].rstrip().endswith((".", "self", "super")):
            continue
        opening = body(code, match.end())
        if opening is None:
            continue
        depth, end = 0, opening
        while end < len(code):
            depth += (code[end] == "{") - (code[end] == "}")
            if depth == 0:
                break
            end += 1
        first = code.count("\n", 0, match.start()) + 1
        yield (match.group("name") or match.group("init") or match.group("var"), first,
               code.count("\n", match.start(), end) + 1)


def body(code, start):
    """Where the body of a function opens; nothing where it has none, as in a protocol."""
    depth = 0
    for place in range(start, len(code)):
        character = code[place]
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character == "{":
            return place
        if depth < 0 or (depth == 0 and character in "};"):
            return None
        if depth == 0 and character == "\n" and re.match(r"\s*(?:package|private|static|func|var|let|init|///|@)", code[place + 1:]):
            return None
    return None


def self_test():
    sample = "protocol P {\n    func a()\n    var b: Int { get }\n}\nfunc c(\n    x: () -> Void = {}\n) {\n    if x {\n    }\n}\n"
    return [each for each in functions(sample)] == [("b", 3, 1), ("c", 5, 6)]


def main():
    if not self_test():
        print("scripts/check-lengths.py does not find the functions of its sample:", list(functions(
            "func c() {\n}\n")))
        return True
    lengths, long, failed = [], [], False
    for file in sorted(pathlib.Path("Sources").rglob("*.swift")):
        source = file.read_text(encoding="utf-8")
        lengths.append((source.count("\n"), str(file)))
        long += [(lines, str(file), first, name) for name, first, lines in functions(source)]
    for lines, path in lengths:
        if lines > MOST_OF_FILE:
            failed = True
            print(f"{path}: {lines} lines, and at most {MOST_OF_FILE} are wanted; split it by topic")
    median = statistics.median(lines for lines, _ in lengths)
    if median > MOST_OF_MEDIAN:
        failed = True
        print(f"half of the files have more than {median:g} lines, and at most {MOST_OF_MEDIAN} are wanted")
    unused = set(TABLES)
    for lines, path, first, name in long:
        if lines > MOST_OF_FUNCTION:
            unused.discard((path, name))
            if (path, name) not in TABLES:
                failed = True
                print(f"{path}:{first}: '{name}' has {lines} lines, and at most {MOST_OF_FUNCTION} are wanted")
    for path, name in sorted(unused):
        failed = True
        print(f"scripts/check-lengths.py: '{name}' of {path} needs no exception any more")
    if "--report" in sys.argv[1:]:
        print(f"{len(lengths)} files, half of them up to {median:g} lines; {len(long)} functions")
        for lines, path in sorted(lengths, reverse=True)[:10]:
            print(f"{lines:5} {path}")
        for lines, path, first, name in sorted(long, reverse=True)[:10]:
            print(f"{lines:5} {path}:{first} {name}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
