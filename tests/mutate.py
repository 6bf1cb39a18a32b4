"""Applies faults to copies of the code, one at a time, and reports which of them no test finds.

``python tests/mutate.py [TEXT]`` tries the faults in ``mutations.toml``, or those whose names contain a text. The tests
that a fault names in ``by`` are run first; if they pass, so are all those of ``make test``, then of ``make test-long``.
Exits 1 if a fault is not found, or if its code no longer exists.
"""

import ast
import os
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]

OPTIONS = {"make test": ["-m", "not long"], "make test-long": ["-m", "long or not long", "--thorough"]}
"""What each command tells pytest."""


def changed(source, symbol, old, new):
    """Replaces ``old``, which must occur once in the definition of a symbol, such as ``Class.method`` or ``NAME``."""
    body = ast.parse(source).body
    for name in symbol.split("."):
        (found,) = [each for each in body if name in names(each)]
        body = getattr(found, "body", [])
    lines = source.splitlines(keepends=True)
    definition = "".join(lines[found.lineno - 1 : found.end_lineno])
    if definition.count(old) != 1:
        raise ValueError(f"{symbol} contains {old!r} {definition.count(old)} times")
    return "".join([*lines[: found.lineno - 1], definition.replace(old, new), *lines[found.end_lineno :]])


def names(statement):
    """The names that a statement defines."""
    targets = getattr(statement, "targets", [getattr(statement, "target", statement)])
    return [getattr(each, "id", getattr(each, "name", "")) for each in targets]


def fails(folder, command, tests=()):
    """Whether one of the tests of a command, or of all, fails in a copy of the code."""
    line = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *OPTIONS[command], *tests]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise ValueError(f"{' '.join(line)}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return done.returncode == 1


def tried(fault):
    """Applies a fault to a copy of the code and runs tests; returns what found it, or why nothing did."""
    with tempfile.TemporaryDirectory() as folder:
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
        subprocess.run(["cp", "--parents", *tracked.split("\0")[:-1], folder], cwd=ROOT, check=True)
        path = Path(folder, fault["file"])
        try:
            path.write_text(changed(path.read_text(), fault["symbol"], fault["old"], fault["new"]))
            found = fault.get("found", "make test")
            if (by := fault.get("by")) and fails(folder, found, by.split()):
                return f"found by {found}, {by}"
            return next((f"found by {each}" for each in OPTIONS if fails(folder, each)), "NOT FOUND")
        except ValueError as error:
            return f"NOT APPLIED: {error}"


def main(wanted=""):
    """Tries all faults, or those whose names contain a text."""
    faults = tomllib.loads((ROOT / "tests" / "mutations.toml").read_text())["fault"]
    chosen = [each for each in faults if wanted in each["name"]]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        outcomes = [*zip(chosen, pool.map(tried, chosen), strict=True)]
    for fault, outcome in outcomes:
        print(f"{fault['name']} ({fault['file']}): {outcome}")
    sys.exit(any("NOT" in outcome for _, outcome in outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
