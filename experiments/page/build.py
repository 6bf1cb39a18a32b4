"""Builds one self-contained HTML file from the parts of the page.

A part has a template `parts/NAME.html`, and a function from runs to its content.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

FOLDER = Path(__file__).parent

SHARED = "cells simd gradient initial curves handles words state chart picture drawing grips answers own controls cell"
SCRIPTS = tuple(f"{name}.js" for name in SHARED.split())
WORKERS = ("worker.js", "trainer.js")
START = "page.js"
"""Scripts that the page shares with its workers, scripts that only workers execute, and the one that begins."""


@dataclass(frozen=True)
class PartContent:
    """Content of a part: values for its template, and for scripts JSON data, and numbers in base64 by name."""

    values: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)


def prose(name: str) -> dict[str, Any]:
    """The texts of a part that are not in its template."""
    return tomllib.loads((FOLDER / f"parts/{name}.toml").read_text(encoding="utf-8"))


def html(parts: Mapping[str, PartContent], missing: Mapping[str, str]) -> str:
    """Renders the page from its parts, in order; ``missing`` are the commands for the runs of omitted parts."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        parts=[
            (name, environment.get_template(f"parts/{name}.html"), part.values, part.data and embedded(part.data))
            for name, part in parts.items()
        ],
        missing=missing,
        style=source("page.css"),
        scripts=[(name.removesuffix(".js"), source(name), name in WORKERS) for name in (*SCRIPTS, *WORKERS)],
        start=source(START),
        blocks=[item for part in parts.values() for item in part.blocks.items()],
    )


def shown(value: object) -> object:
    """Prepares a value for a template: text that is not the page's own becomes one line, which is then escaped."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def one_line(text: str) -> str:
    """Text on one line, with replacement characters for control characters and for halves of characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", " ".join(text.split()))


def source(name: str) -> Markup:
    """Reads a file to embed in an element, scripts in strict mode; raises ValueError if it would end the element."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError(f"{name} has </, which would end the element that contains it")
    return Markup('"use strict";\n\n' * name.endswith(".js") + text)


def embedded(data: object) -> Markup:
    """Encodes JSON to embed in an element, escaping what could end it; raises ValueError for non-finite numbers."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)
