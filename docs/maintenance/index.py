"""Writes results/README.md: the sections of the post with their figures and verdicts, and a line for every other set.

Sections are those of `docs/post.md`, in which figures and claims are marked; `sets.toml` says what other sets show.
"""

from __future__ import annotations

import re
import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from lstm_toys.runs.folder import METRICS
from lstm_toys.sharing import annotate
from lstm_toys.studies.claims.table import Row, percent, percents, read, rows

from . import steps, verified

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"
INDEX = RESULTS / "README.md"

COMMANDS = {step.published: step.command for step in steps.STEPS if step.published} | {
    f"{steps.BENCHMARKS}/{steps.name_of(command)}": command for command in steps.SPEEDS
}
"""The commands that publish, by set."""


def text() -> str:
    """The text of the index."""
    judged = {row.id: row for row in rows(read(RESULTS / "claims" / "claims.json"))}
    post = (ROOT / "docs" / "post.md").read_text(encoding="utf-8")

    def heading(mark: annotate.Mark) -> str:
        """The heading above a mark."""
        return re.findall(r"^#+ (.*)", "\n".join(post.splitlines()[: mark.line]), re.MULTILINE)[-1]

    described = tomllib.loads(Path(__file__).with_name("sets.toml").read_text(encoding="utf-8"))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(Path(__file__).with_name("index.md.jinja").read_text(encoding="utf-8"))
    sections = {section: _part([*found], judged) for section, found in groupby(annotate.marks(post), heading)}
    groups = {group: [_line(name, shows) for name, shows in sets.items()] for group, sets in described.items()}
    record = verified.record()
    known = {
        name: (steps.published(RESULTS / name / METRICS)[0], verified.words(record.get(name, {})))
        for name in (step.published for step in steps.STEPS if step.published)
    }
    return template.render(sections=sections, groups=groups, verified=known) + "\n"


def _part(marks: list[annotate.Mark], judged: dict[str, Row]) -> dict[str, Any]:
    """A section of the post: its command, figures and claims."""
    figures = [mark.name for mark in marks if mark.kind == annotate.FIGURE]
    folders = dict.fromkeys(figure.partition("/")[0] for figure in figures)
    claims = []
    for row in (judged[mark.name] for mark in marks if mark.kind == annotate.CLAIM):
        cells = (row, *row.recipes.values())
        answers = [f"{cell.verdict} {percent(cell.share.value)} {percents(cell.share)}".strip() for cell in cells]
        claims.append({"statement": row.statement, "answers": (*answers, "–")[:2]})
    return {
        "command": "`, `".join(f"python -m {COMMANDS[folder]}" for folder in folders),
        "figures": figures,
        "claims": claims,
    }


def _line(name: str, shows: str) -> dict[str, str]:
    """A set: its name and folder or page, what it shows, and its command."""
    target = f"{name}.md" if name.startswith("benchmarks/") else f"{name}/"
    return {"name": name, "target": target, "shows": shows, "command": f"python -m {COMMANDS[name]}"}


if __name__ == "__main__":
    INDEX.write_text(text(), encoding="utf-8")
