#!/usr/bin/env python3
"""What can be said about the documents without building anything. Part of `make check`.

The map in CONTRIBUTING.md names each folder of the sources down to the modules, and those it names below them are there;
links lead to a file that is there, and to a heading of it. Variables, targets of make and paths that are named are there.
"""
import pathlib
import re
import sys

PAGES = sorted(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] + [str(p) for p in pathlib.Path("docs").glob("*.md")])


def mapped(text):
    """The folders of the map: those with a line of their own, and those that a description names."""
    block = text.split("## The map", 1)[1].split("```", 2)[1]
    stack, own, named = [], {}, []
    for line in block.splitlines():
        match = re.match(r"^( *)([A-Za-z.]+)/", line)
        if match:
            depth = len(match.group(1)) // 2
            # Beyond the modules, folders stand within the description of theirs.
            if depth <= 2:
                stack = stack[:depth] + [match.group(2)]
                own["/".join(stack)] = None
                line = line[match.end():]
        # Not a path of the sources: an interface of the system, or a folder that a command makes.
        for name in re.findall(r"(?<![\w/.-])([A-Z]\w+)/(?=[\s,;)(]|$)", line):
            if stack:
                named.append(("/".join(stack), name))
    return own, named


def map_problems(text):
    own, named = mapped(text)
    for folder in own:
        if not pathlib.Path(folder).is_dir():
            yield f"CONTRIBUTING.md: there is no folder {folder}/"
    for module, name in named:
        if not any(p.is_dir() and p.name == name for p in pathlib.Path(module).rglob(name)):
            yield f"CONTRIBUTING.md: there is no folder {name}/ in {module}/"
    said = set(own) | {f"{module}/{name}" for module, name in named}
    for folder in sorted(pathlib.Path("Sources").glob("*")) + sorted(pathlib.Path("Sources").glob("*/*")):
        if folder.is_dir() and str(folder) not in own:
            yield f"CONTRIBUTING.md: the map does not have {folder}/"
    for folder in sorted(pathlib.Path("Sources").glob("*/*/*")):
        module = str(folder.parent)
        # Where the description names folders, it names all of them.
        if folder.is_dir() and folder.name != "include" and any(m == module for m, _ in named) and str(folder) not in said:
            yield f"CONTRIBUTING.md: the map names folders of {module}/, and not {folder.name}/"


def anchors(text):
    found = set()
    for line in re.sub(r"```.*?```", "", text, flags=re.S).splitlines():
        match = re.match(r"#+ (.*)", line)
        if match:
            found.add(re.sub(r"[^\w\- ]", "", match.group(1).lower()).replace(" ", "-"))
    return found


def link_problems(path, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = pathlib.Path(path).parent / name if name else pathlib.Path(path)
        if not file.exists():
            yield f"{path}: the link to {target} leads nowhere"
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"{path}: {name or path} has no heading for #{anchor}"


def sources():
    """All that could read a variable."""
    for folder in ("Sources", "Tests", "scripts", "bench"):
        for file in pathlib.Path(folder).rglob("*"):
            if file.suffix in (".swift", ".c", ".h", ".sh", ".py", "") and file.is_file():
                yield file.read_text(encoding="utf-8", errors="replace")
    yield pathlib.Path("Makefile").read_text(encoding="utf-8")


def name_problems(path, text, known, targets):
    for name in sorted(set(re.findall(r"MCTL_[A-Z_]*[A-Z]", text)) - known):
        yield f"{path}: nothing reads {name}"
    codes = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?:sudo )?make .*", text, flags=re.M)
    for code in codes:
        for target in re.findall(r"^(?:sudo )?make ([a-z][a-z-]*)", code):
            if target not in targets:
                yield f"{path}: there is no 'make {target}'"
        if re.fullmatch(r"(?:scripts|examples|bench|Tests|docs|themes|Sources)/[\w./+-]+", code):
            if not re.search(r"\b[A-Z]{2,}$", code) and not pathlib.Path(code).exists():
                yield f"{path}: there is no {code}"


def self_test():
    sample = "## The map\n```\nSources/\n  Shared/\n    FleetModel/   what things are\n    Nowhere/      Lost/ (away)\n```\n"
    found = list(map_problems(sample))
    wanted = ["there is no folder Sources/Shared/Nowhere/", "there is no folder Lost/", "the map does not have Sources/Console/"]
    return [want for want in wanted if not any(want in each for each in found)] or [
        "a link" for _ in [0] if len(list(link_problems("README.md", "[a](docs/none.md) [b](docs/cli.md#none)"))) != 2] or [
        "a name" for _ in [0] if len(list(name_problems("x", "`make no` `MCTL_NO` `scripts/no`", set(), set()))) != 3]


def main():
    problems = [f"scripts/check-documents.py does not find: {each}" for each in self_test()]
    problems += map_problems(pathlib.Path("CONTRIBUTING.md").read_text(encoding="utf-8"))
    known = {name for text in sources() for name in re.findall(r"MCTL_[A-Z_]*[A-Z]", text)}
    targets = set(re.findall(r"^([a-z][a-z-]*):", pathlib.Path("Makefile").read_text(encoding="utf-8"), flags=re.M))
    for path in PAGES:
        text = pathlib.Path(path).read_text(encoding="utf-8")
        problems += link_problems(path, text)
        # What was is told of in the changelog too.
        problems += [] if path == "CHANGELOG.md" else name_problems(path, text, known, targets)
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
