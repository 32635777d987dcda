"""Markdown: lines are wrapped, links lead somewhere. Comments: a page that is cited is there, and its heading."""

import os
import re
import sys

WIDTH = 160
SOURCES = (".java", ".c", ".h", ".sh", ".py", ".proto", ".xml", ".toml", ".md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# As comments cite one: a path from the top or from the file's own module, perhaps with a heading.
# Made by a test; a page of the OCI runtime specification.
OTHERS = ("faults.md", "config.md")
CITATION = re.compile(r"(?<![\w/.*-])((?:[\w.-]+/)*[\w.-]+\.md)(#[\w-]+)?")


def files(top: str):
    for directory, names, found in os.walk(top):
        names[:] = sorted(name for name in names if name not in ("target", "build", ".git"))
        yield from (os.path.join(directory, name) for name in sorted(found) if name.endswith(SOURCES))


def lines_of_prose(text: str):
    """Lines with their numbers, without fenced and indented code. What stands in backquotes is no link either."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, line


def anchors(path: str) -> set[str]:
    """Of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    with open(path, encoding="utf-8") as file:
        for _, line in lines_of_prose(file.read()):
            if re.match(r"#{1,6} ", line):
                title = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
                name = title.replace(" ", "-")
                found.add(name if name not in found else f"{name}-1")
    return found


def page_problems(path: str, text: str):
    for number, line in lines_of_prose(text):
        if len(line) > WIDTH and not line.startswith("|"):
            yield number, f"{len(line)} columns; at most {WIDTH} outside of tables and code"
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            there = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(there):
                yield number, f"link to {target}: no such file"
            elif anchor and anchor not in anchors(there if there.endswith(".md") else os.path.join(there, "README.md")):
                yield number, f"link to {target}: no such heading"


def citation_problems(top: str, path: str, text: str):
    module = os.path.join(top, os.path.relpath(path, top).split(os.sep)[0])
    for number, line in enumerate(text.splitlines(), 1):
        for name, anchor in CITATION.findall(line):
            if name in OTHERS or name.startswith("../"):
                continue
            places = [os.path.join(place, name) for place in (top, module, os.path.dirname(path))]
            there = next((place for place in places if os.path.exists(place)), None)
            if there is None:
                yield number, f"{name} is cited: no such page"
            elif anchor and anchor[1:] not in anchors(there):
                yield number, f"{name}{anchor} is cited: no such heading"


def main() -> int:
    top = sys.argv[1]
    problems = 0
    for path in files(top):
        if os.path.abspath(path) == os.path.abspath(__file__):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found = page_problems(path, text) if path.endswith(".md") else citation_problems(top, path, text)
        for number, problem in found:
            print(f"{os.path.relpath(path, top)}:{number}: {problem}")
            problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
