"""Markdown of verdicts, made by templates."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from lstm_toys.statistics.recipes import SHUFFLES
from lstm_toys.studies.claims import report as words
from lstm_toys.studies.claims.declaration import CLIPPED, INPUT, Claims
from lstm_toys.studies.claims.exploring import Explored
from lstm_toys.studies.claims.table import Row
from lstm_toys.text import escape

FOLDER = Path(__file__).parent


def claims(
    judged: Sequence[Row],
    title: str,
    conditions: str,
    aspects: Mapping[str, Any] = {},
    counting: Mapping[str, str] = {},
    choices: Sequence[Row] = (),
    drawn: Sequence[str] = (),
) -> str:
    """Formats the rows of claims as ``claims.md``; ``counting`` is which networks of each variant count.

    ``choices`` are the rows of other thresholds and numbers, and ``drawn`` says what new recipes are drawn from.
    """
    named = {"entries": judged, "title": title, "conditions": conditions, "aspects": aspects, "counting": counting}
    known = {"words": words, "INPUT": INPUT, "clipped": CLIPPED, "choices": choices, "drawn": drawn}
    return rendered(FOLDER / "claims.md.jinja", **named, **known)


def recipes(explored: Sequence[Explored], declared: Claims) -> str:
    """Formats what numbers go with among the choices of recipes, as ``recipes.md``."""
    named = {"explored": explored, "title": declared.title, "drawn": [*words.distributions(declared)]}
    return rendered(FOLDER / "recipes.md.jinja", words=words, shuffles=f"{SHUFFLES:,}", **named)


def rendered(template: Path, **named: Any) -> str:
    """The Markdown that a template makes of named values; the filter ``escape`` escapes text."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"escape": escape, "sentence": lambda text: escape(text[:1].upper() + text[1:])}
    return environment.from_string(template.read_text(encoding="utf-8")).render(**named)
