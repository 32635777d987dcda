"""The list of promises in test/README.md: numbered without a gap, and each test that it names is there."""

import os
import re
import sys


def tests(top: str) -> set[str]:
    """`Class.method` of the Java tests, `Class` for one whose cases are made at run time, `case_name` of test/containers."""
    found: set[str] = set()
    for directory, names, files in os.walk(top):
        names[:] = [name for name in names if name not in ("target", "build", ".git")]
        for name in files:
            if not (name.endswith("Test.java") or (name.endswith(".sh") and directory.endswith("containers"))):
                continue
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                text = file.read()
            if name.endswith(".java"):
                test = name.removesuffix(".java")
                found.add(test)
                found.update(f"{test}.{method}" for method in re.findall(r"^ {4}(?:[\w<>]+ )?(\w+)\([^;{]*\)[^;{]*\{", text, re.M))
            else:
                found.update(re.findall(r"^(case_\w+)\(\)", text, re.M))
    return found


def main() -> int:
    top = sys.argv[1]
    page = os.path.join(top, "test", "README.md")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    section = re.search(r"^## Promises$(.*?)(?=^## |\Z)", text, re.M | re.S)
    rows = re.findall(r"^\| (\d+) \|(.*)\|(.*)\|$", section.group(1), re.M) if section else []
    problems = [] if rows else ["no section Promises with rows '| number | promise | tests |'"]
    there = tests(top)
    for expected, (number, _, held) in enumerate(rows, 1):
        names = re.findall(r"`([^`]+)`", held)
        if int(number) != expected:
            problems.append(f"promise {number}: expected number {expected}")
        if not names:
            problems.append(f"promise {number}: no test holds it")
        problems += [f"promise {number}: there is no test {name}" for name in names if name not in there]
    for problem in problems:
        print(f"test/README.md: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
