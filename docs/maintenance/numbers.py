"""Fills the numbers of published results into README and the documentation.

A page is plain Markdown. The numbers that it takes from published results are listed in a file of the same name in
``phrases/``, a template for Jinja2 that renders to lines of two kinds:

- a phrase, such as ``15 of 16 networks learn the sine``: the page has it once, with any numbers, and gets these;
- a table, as lines that begin with ``|``: the page has one with this header, and gets these rows.

So a page can be read, and written, as it is; only if words of a phrase change, they change in both files. In templates,
each folder of published results is a name, and each of its JSON files an attribute: ``sine.metrics`` is
``results/sine/metrics.json``. ``results`` holds all folders by name, such as ``papers/counting``; ``median`` is a
filter, ``wilson`` and ``probability_above`` are those of `lstm_toys.statistics`, ``differing`` that of reports on
claims, ``zip`` Python's own. ``claims`` and ``choices`` are rows of the tables of claims, see `lt.claims.rows`, and
``met_untrained`` is a test of claims: whether most untrained networks meet one.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from lstm_toys.statistics.comparisons import probability_above
from lstm_toys.statistics.intervals import wilson
from lstm_toys.studies.claims.report import differing
from lstm_toys.studies.claims.table import read, rows

ROOT = Path(__file__).parents[2]
PHRASES = Path(__file__).with_name("phrases")

TABLES = "claims", "choices"
"""The files of tables of claims, without ending."""

NUMBER = r"[-−]?\d+(?:[.,]\d+)*(?:e[-−]?\d+)?"


class Unfilled(Exception):
    """A page whose numbers cannot be filled in; the argument says why in one line."""


def pages() -> dict[Path, Path]:
    """The template of each page that has numbers of published results."""
    folders = {path: ROOT / ("" if path.stem == "README" else "docs") for path in sorted(PHRASES.rglob("*.jinja"))}
    return {folder / path.relative_to(PHRASES).with_suffix(".md"): path for path, folder in folders.items()}


def published(folder: Path) -> dict[str, dict[str, Any]]:
    """The contents of all published JSON files, by folder and by name without ending."""
    contents: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.json")):
        name = path.parent.relative_to(folder).as_posix()
        if name.partition("/")[0] not in (".", "runs"):
            if path.stem in TABLES:
                contents.setdefault(name, {})[path.stem] = rows(read(path))
                continue
            content = json.loads(path.read_text())
            numbers = content.get("numbers", {}) if isinstance(content, dict) else {}  # Of an analysis.
            contents.setdefault(name, {})[path.stem] = {**content, **numbers} if numbers else content
    return contents


def met_untrained(claim: Any) -> bool:
    """Whether most untrained networks meet a claim."""
    return any(name == "untrained networks" and each.verdict == "supported" for name, each in claim.controls.items())


def rendered(template: str, results: Mapping[str, Any]) -> list[str]:
    """The lines that a template makes; raises Unfilled."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["median"] = statistics.median
    environment.tests["met_untrained"] = met_untrained
    functions = {"zip": zip, "wilson": wilson, "probability_above": probability_above, "differing": differing}
    environment.globals |= functions
    try:
        text = environment.from_string(template).render(results, results=results)
    except (jinja2.TemplateError, TypeError, ValueError) as error:
        raise Unfilled(str(error)) from error
    return text.splitlines()


def only(pattern: str, text: str, words: str) -> re.Match[str]:
    """The only match of a pattern in a text; raises Unfilled if there is none, or another one."""
    places = list(re.finditer(pattern, text, re.MULTILINE))
    if len(places) != 1:
        raise Unfilled(f"{words!r}, with any numbers, is there {len(places)} times, and should be once")
    return places[0]


def with_phrase(text: str, phrase: str) -> str:
    """A page with the numbers of a phrase, wherever its lines break; raises Unfilled."""
    words = (NUMBER.join(map(re.escape, re.split(NUMBER, word))) for word in phrase.split())
    place = only(r"\s+".join(words), text, phrase)
    numbers = iter(re.findall(NUMBER, phrase))
    return text[: place.start()] + re.sub(NUMBER, lambda _: next(numbers), place[0]) + text[place.end() :]


def with_table(text: str, lines: list[str]) -> str:
    """A page with the rows of a table; raises Unfilled."""
    place = only(rf"^{re.escape(lines[0])}\n(\|.*\n)+", text, lines[0])
    return text[: place.start()] + "\n".join(lines) + "\n" + text[place.end() :]


def filled(text: str, lines: Iterable[str]) -> str:
    """A page with the numbers of all phrases and tables; raises Unfilled."""
    for table, group in groupby(lines, lambda line: line.startswith("|")):
        block = list(group)
        text = with_table(text, block) if table else reduce(with_phrase, filter(str.strip, block), text)
    return text


def page(path: Path, template: Path, results: Mapping[str, Any]) -> str:
    """The text of a page with the present numbers; raises Unfilled."""
    return filled(path.read_text(), rendered(template.read_text(), results))


def main(templates: Mapping[Path, Path], results: Mapping[str, Any]) -> None:
    """Fills the numbers into pages, and prints which were changed; exits 1 if one cannot be filled."""
    for path, template in templates.items():
        try:
            after = page(path, template, results)
        except Unfilled as error:
            sys.exit(f"{path}: {error}")
        if after != path.read_text():
            path.write_text(after)
            print(f"{path}: filled anew")


if __name__ == "__main__":
    main(pages(), published(ROOT / "results"))
