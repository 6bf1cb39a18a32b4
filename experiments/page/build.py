"""Builds one self-contained HTML file from the parts of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from lstm_toys.text import one_line

from .part import Made, Part

FOLDER = Path(__file__).parent

SCRIPTS = (
    "cells.js",
    "curves.js",
    "csv.js",
    "handles.js",
    "asked.js",
    "random.js",
    "initial.js",
    "gradient.js",
    "changes.js",
    "rmsprop.js",
    "chart.js",
    "picture.js",
    "words.js",
    "drawing.js",
    "grips.js",
    "challenge.js",
    "repository.js",
    "workers.js",
    "answers.js",
)
"""Scripts that the parts and the workers share."""

OPENING = ("story", "playground")
"""Parts of the first screen, which small screens arrange anew."""

WORKERS = ("worker.js", "trainer.js")
"""Scripts that only workers execute."""


def html(made: Sequence[tuple[Part, Made]], missing: Mapping[str, str]) -> str:
    """Renders the page; ``missing`` are commands of runs without which something is left out, by name."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        parts=[(part.name, environment.get_template(f"parts/{part.name}.html"), each.given) for part, each in made],
        opening=OPENING,
        missing=missing,
        style=source("page.css"),
        scripts=[(name.removesuffix(".js"), source(name), name in WORKERS) for name in (*SCRIPTS, *WORKERS)],
        own_scripts=[source(f"parts/{part.name}.js") for part, _ in made if part.script],
        data=[(part.name, embedded(each.data)) for part, each in made if each.data],
        blocks=[item for _, each in made for item in each.blocks.items()],
    )


def shown(value: object) -> object:
    """Prepares a value for a template: text that is not the page's own becomes one line, which is then escaped."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def source(name: str) -> Markup:
    """Reads a file of the page to put within an element; raises ValueError if it would end the element."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError(f"{name} has </, which would end the element that it lies in")
    return Markup(text)


def embedded(data: object) -> Markup:
    """Encodes JSON to put within an element, escaping what could end it; raises ValueError for non-finite numbers."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)
