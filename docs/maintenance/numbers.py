"""Fills the numbers of published results into the pages of the documentation.

A page holds a template, in a comment that readers do not see, and below it the text that the template makes::

    <!-- numbers
    {{ sine.metrics.converged }} of {{ sine.metrics.seeds }} networks learn the sine.
    -->

    16 of 16 networks learn the sine.

    <!-- end of numbers -->

README.md is made from a template of its own, so that its text is readable too.

Templates are Jinja2. Each folder of published results is a name in them, and each of its JSON files an attribute:
``sine.metrics`` is ``results/sine/metrics.json``. ``results`` holds all folders by name,
such as ``papers/counting``, ``commands`` the commands that publish them; ``median`` and ``specified``, which says what
a verdict depends on, are filters, ``zip`` Python's own.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from lstm_toys.studies.claims.report import specified

from . import steps

ROOT = Path(__file__).parents[2]

WHOLE = {ROOT / "README.md": Path(__file__).with_name("README.md.jinja")}
"""Pages that are made from a template as a whole."""

BEGIN, END = "<!-- numbers\n", "<!-- end of numbers -->"

BOUND = re.compile(rf"({re.escape(BEGIN)}(.*?)\n-->\n)(.*?){re.escape(END)}", re.DOTALL)
"""A template with its comment, the template alone, and the text below it."""


class Unfilled(Exception):
    """A page whose numbers cannot be filled in; the argument says why in one line."""


def pages() -> list[Path]:
    """The pages that may hold numbers."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def published(folder: Path) -> dict[str, dict[str, Any]]:
    """The contents of all published JSON files, by folder and by name without ending."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.json")):
        name = path.parent.relative_to(folder).as_posix()
        if name.partition("/")[0] not in (".", "runs"):
            content = json.loads(path.read_text())
            own = content.get("numbers", {}) if isinstance(content, dict) else {}  # Of an analysis.
            found.setdefault(name, {})[path.stem] = {**content, **own} if own else content
    return found


def rendered(template: str, results: Mapping[str, Any]) -> str:
    """The text that a template makes; raises Unfilled."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"median": statistics.median, "specified": specified}
    environment.globals["zip"] = zip
    try:
        return environment.from_string(template).render(results, results=results, commands=steps.commands()).strip()
    except (jinja2.TemplateError, TypeError, ValueError) as error:
        raise Unfilled(f"{error}, in the template {template.splitlines()[0]!r}") from error


def filled(text: str, results: Mapping[str, Any]) -> str:
    """A page with the text below each template made anew; raises Unfilled."""

    def make(match: re.Match[str]) -> str:
        comment, template, _ = match.groups()
        return f"{comment}\n{rendered(template, results)}\n\n{END}"

    made = BOUND.sub(make, text)
    if not len(BOUND.findall(text)) == text.count(BEGIN) == text.count(END):
        raise Unfilled(f"a template has no end: each needs a line -->, then {END}")
    return made


def page(path: Path, results: Mapping[str, Any]) -> str:
    """The text of a page with the present numbers; raises Unfilled."""
    if template := WHOLE.get(path):
        return rendered(template.read_text(), results) + "\n"
    return filled(path.read_text(), results)


def main(paths: Iterable[Path], results: Mapping[str, Any]) -> None:
    """Fills the numbers into pages, and prints which were changed; exits 1 if one cannot be filled."""
    for path in paths:
        before = path.read_text()
        try:
            after = page(path, results)
        except Unfilled as error:
            sys.exit(f"{path}: {error}")
        if after != before:
            path.write_text(after)
            print(f"{path}: filled anew")


if __name__ == "__main__":
    main(pages(), published(ROOT / "results"))
