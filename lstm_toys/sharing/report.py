"""Reports of runs as HTML: one file that needs neither this package nor a network."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from lstm_toys.files import opened
from lstm_toys.output import listed
from lstm_toys.runs import listing
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.publishing import content
from lstm_toys.sharing.run_files import CLAIMS, RunFiles
from lstm_toys.studies.claims.report import said, sentences
from lstm_toys.studies.claims.table import percent, percents, read, rows
from lstm_toys.text import did_you_mean

TEMPLATE = Path(__file__).with_name("report.html.jinja")
STYLE = Path(__file__).with_name("style.css")

KINDS = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
"""What browsers show, by the suffix of figures."""


def html(run: RunFiles) -> str:
    """The report on a run: question, answer, main figure, verdicts, tables, and the rest."""
    begins = next((place for place, part in enumerate(run.report) if isinstance(part, dict)), len(run.report))
    judged = rows(read(run.folder / CLAIMS)) if (run.folder / CLAIMS).exists() else []
    return template(TEMPLATE).render(
        run=run,
        question=[text.strip() for text in run.origin.get("question", "").split("\n\n") if text.strip()],
        claims=[(entry, said(entry), sentences(entry)) for entry in judged],
        answer=run.report[:begins],
        results=run.report[begins:],
        captions=run.metrics.get("captions", {}),
        figures=[path for path in run.figures if path.suffix in KINDS],
        unseen=[path.name for path in run.figures if path.suffix not in KINDS],
    )


def template(path: Path) -> jinja2.Template:
    """A template of pages, in the style of reports."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"data": data, "setting": listing.on_one_line, "percent": percent, "percents": percents}
    environment.globals["style"] = Markup(STYLE.read_text(encoding="utf-8"))
    return environment.from_string(path.read_text(encoding="utf-8"))


def figure(run: RunFiles, name: str) -> Path:
    """A figure of a run that browsers show, by the name of its file; raises UsageError for others."""
    figures = {path.name: path for path in run.figures if path.suffix in KINDS}
    if name not in figures:
        raise UsageError(f"{run.name} has no figure {name!r}; {did_you_mean(name, figures) or listed([*figures])}")
    return figures[name]


def begins_with(path: Path, text: str) -> bool:
    """Whether a file has a text in its first 1,000 bytes, such as the title of a page; raises as `opened`."""
    with opened(path) as file:
        return text.encode() in file.read(1_000)


def data(path: Path) -> Any:
    """The address of a figure that holds the figure itself."""
    raw = base64.b64encode(content(path)).decode()
    return Markup(f"data:{KINDS[path.suffix]};base64,{raw}")
