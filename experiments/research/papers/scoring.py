"""Reports on papers: verdicts on their claims, random networks, and measurements inside trained ones."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from rich.console import RenderableType

import lstm_toys as lt

from .. import null, papers
from .populations import Paper

FOLDER = Path(__file__).parent

OPEN = "\n## What stayed open\n\n"


def score(
    name: str, about: Paper, declared: lt.claims.Claims, needs: Mapping[str, lt.Run], keep: Callable[..., Any]
) -> dict[str, Any]:
    """Collects verdicts, random networks and measurements for the claims of papers on the topic ``name``.

    Returns ``claims``: for each claim the share of the ``counted`` networks that meet it, also in variants and of new
    recipes, and how many random networks of each scale do; ``numbers``: by population, each network's number in the
    figure, None if it diverged; ``inside``: what `networks.inside` returns; ``sources`` and ``open``: the text on the
    papers.
    """
    random = needs["random"].read_metrics()["numbers"]["claims"]
    sources, _, still_open = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition(OPEN)

    judgments = lt.claims.rows(lt.claims.read(needs["claims"].checked("claims.json")))

    def verdict(judgment: Any) -> dict[str, Any]:
        share, *interval = judgment.share
        known = None if np.isnan(interval[0]) else interval
        return {"share": share, "interval": known, "verdict": judgment.verdict, "counted": judgment.counted}

    numbers = {}
    for claim, judgment in zip(declared.claims, judgments, strict=True):
        if claim.number is about.number:
            numbers[claim.sources[0].population] = judgment.number
            numbers |= {} if claim.against is None else {claim.against: judgment.other_number}

    return {
        "claims": {
            judgment.id: {
                **verdict(judgment),
                "random": random.get(judgment.id),
                **{
                    role: {name: verdict(cell) for name, cell in getattr(judgment, role).items()}
                    for role in ("variants", "recipes")
                },
            }
            for judgment in judgments
        },
        "numbers": {population: numbers[population] for population in about.shown},
        "inside": papers.networks.inside(about.measure, {key: needs[key] for key in about.measured}, keep),
        "sources": sources,
        "open": still_open.rstrip("\n"),
    }


def files(about: Paper, drawn: int, metrics: Mapping[str, Any], needs: Mapping[str, lt.Run]) -> dict[str, str]:
    """Writes the report on a paper as Markdown, and the table of its claims; ``drawn`` is how many random networks."""
    title, _, claims = needs["claims"].checked("claims.md").read_text(encoding="utf-8").partition("\n")
    random = {claim: row["random"] for claim, row in metrics["claims"].items() if row["random"] is not None}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((FOLDER / "paper.md.jinja").read_text(encoding="utf-8"))
    text = template.render(
        title=title.removeprefix("# "),
        claims=claims.removesuffix("\n"),
        networks=drawn,
        scales=[f"{scale:g}" for scale in null.SCALES],
        random={claim: [*map(share, counts["met"], counts["known"])] for claim, counts in random.items()},
        inside={about.shown[name]: [*cells(measured)] for name, measured in metrics["inside"].items()},
        sources=metrics["sources"],
        open=metrics["open"],
    )
    return {"paper.md": text + "\n", "claims.json": needs["claims"].checked("claims.json").read_text(encoding="utf-8")}


def share(count: int, networks: int) -> str:
    """A percentage with its interval."""
    value, low, high = (f"{100 * ratio:.{1 if ratio < 0.1 else 0}f}" for ratio in lt.statistics.wilson(count, networks))
    return f"{value} ({low}–{high})"


def draw(about: Paper, metrics: Mapping[str, Any], needs: Mapping[str, lt.Run]) -> dict[str, lt.figures.Drawing]:
    """Draws the finding, and the figures of the claims."""
    figures = {"finding.png": about.draw(metrics, about.shown)}
    return figures | lt.claims.draw(lt.claims.read(needs["claims"].checked("claims.json")))


def report_inside(metrics: Mapping[str, Any], shown: Mapping[str, str]) -> Iterator[RenderableType]:
    """Yields a table of measurements inside networks, for each population; ``shown`` are their names in words."""
    columns = ("", "networks>", "median or share>", "95 % interval>")
    for population, measured in metrics["inside"].items():
        yield lt.tables.table(f"inside {shown[population]}", columns, cells(measured), **lt.tables.PLAIN)


def cells(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yields the rows of a table of measurements inside networks."""
    for quantity, row in measured.items():
        if "share" in row:
            value, low, high = (f"{row[name]:.0%}" for name in ("share", "low", "high"))
            yield quantity, str(row["networks"]), value, f"{low} … {high}"
        else:
            yield quantity, str(row["networks"]), *lt.tables.spread(row)
