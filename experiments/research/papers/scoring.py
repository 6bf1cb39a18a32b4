"""What is reported about a paper: verdicts on its claims, random networks, and what is inside trained ones."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
from rich.console import RenderableType

import lstm_toys as lt

from .. import null, papers
from .populations import Paper

FOLDER = Path(__file__).parent

OPEN = "\n## What stayed open\n\n"


def score(
    name: str, about: Paper, declared: lt.claims.Claims, needs: Mapping[str, lt.Run], keep: Callable[..., Any]
) -> dict[str, Any]:
    """What is known about the declared claims of a paper, whose module and text have this name, from runs.

    Returns ``claims``: the share of the ``counted`` networks that meet each, also in variants, and how many random
    networks of each scale do; ``numbers``: that of each network that the figure shows, None if it diverged, by
    population; ``inside``: what `networks.inside` returns; ``sources`` and ``open``: the text on the papers.
    """
    met = needs["random"].read_metrics()["numbers"]["claims"]
    sources, _, still_open = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition(OPEN)

    judged: list[Any] = lt.claims.read(needs["claims"].checked("claims.json"))

    def verdict(found: Any) -> dict[str, Any]:
        return {what: getattr(found, what) for what in ("share", "interval", "verdict", "counted")}

    numbers = {}
    for claim, found in zip(declared.claims, judged, strict=True):
        if claim.number is about.number:
            numbers[claim.sources[0].population] = found.per_seed
            numbers |= {} if claim.against is None else {claim.against: found.against_per_seed}

    return {
        "claims": {
            each.id: {
                **verdict(each),
                "random": met.get(each.id),
                "variants": {variant: verdict(own) for variant, own in each.variants.items()},
            }
            for each in judged
        },
        "numbers": {population: numbers[population] for population in about.shown},
        "inside": papers.networks.inside(about.measure, {each: needs[each] for each in about.measured}, keep),
        "sources": sources,
        "open": still_open.rstrip("\n"),
    }


def files(about: Paper, drawn: int, metrics: Mapping[str, Any], needs: Mapping[str, lt.Run]) -> dict[str, str]:
    """The report on a paper as Markdown, with ``drawn`` random networks; that of its claims begins with a heading."""
    title, _, claims = needs["claims"].checked("claims.md").read_text(encoding="utf-8").partition("\n")
    random = {claim: each["random"] for claim, each in metrics["claims"].items() if each["random"] is not None}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((FOLDER / "paper.md.jinja").read_text(encoding="utf-8"))
    text = template.render(
        title=title.removeprefix("# "),
        claims=claims.removesuffix("\n"),
        networks=drawn,
        scales=[f"{scale:g}" for scale in null.SCALES],
        random={claim: [*map(share, found["met"], found["known"])] for claim, found in random.items()},
        inside={about.shown[name]: [*cells(measured)] for name, measured in metrics["inside"].items()},
        sources=metrics["sources"],
        open=metrics["open"],
    )
    return {"paper.md": text + "\n"}


def share(count: int, networks: int) -> str:
    """A percentage with its interval."""
    value, low, high = (f"{100 * each:.{1 if each < 0.1 else 0}f}" for each in lt.statistics.wilson(count, networks))
    return f"{value} ({low}–{high})"


def draw(about: Paper, metrics: Mapping[str, Any], needs: Mapping[str, lt.Run]) -> dict[str, lt.figures.Drawing]:
    """Draws the finding, and the figures of the claims."""
    own = {"finding.png": about.draw(metrics, about.shown)}
    return own | lt.claims.draw(lt.claims.read(needs["claims"].checked("claims.json")))


def report_inside(metrics: Mapping[str, Any], shown: Mapping[str, str]) -> Iterator[RenderableType]:
    """Yields a table of what was measured inside networks, for each population; ``shown`` are their names in words."""
    columns = ("", "networks>", "median or share>", "95 % interval>")
    for population, measured in metrics["inside"].items():
        yield lt.tables.table(f"inside {shown[population]}", columns, cells(measured), **lt.tables.PLAIN)


def cells(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The rows of a table of what was measured inside networks."""
    for what, each in measured.items():
        if "share" in each:
            value, low, high = (f"{each[name]:.0%}" for name in ("share", "low", "high"))
            yield what, str(each["networks"]), value, f"{low} … {high}"
        else:
            yield what, str(each["networks"]), *lt.tables.spread(each)
