"""Asks for what is known about papers, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli.script import canonical
from lstm_toys.runs.study import Study
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.studies.claims.settings import ClaimSettings

from .. import papers

if TYPE_CHECKING:
    from jaxtyping import Float, Shaped
    from numpy import ndarray

    from lstm_toys.figures import Drawing

POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights of random networks."""


class Paper(NamedTuple):
    """What is measured of the networks that judge claims of papers.

    Attributes:
        number: from results, the number of each network that the figure shows.
        shown: populations in the figure, with names and recipes in words.
        measure: from networks, what is measured inside each of them, by quantity.
        measured: populations that are measured so.
        draw: from metrics and ``shown``, the figure.
    """

    number: Callable[[lt.Results], Float[ndarray, " S"]]
    shown: Mapping[str, str]
    measure: Callable[[lt.Networks], Mapping[str, Shaped[ndarray, " S"]]]
    measured: Sequence[str]
    draw: Callable[[Mapping[str, Any], Mapping[str, str]], Drawing]


def random(claims: lt.Claims, module: str, networks: int, flags: Sequence[str] = ()) -> lt.Analysis:
    """Asks how many random networks, all of them changed by flags, meet the claims of a module."""
    named = canonical(module)
    asked = claims.given(*flags) if flags else claims
    return lt.Analysis(
        name="null" if named == POST else f"null_{named.replace('.', '_')}",
        settings={"networks": networks, **({"flags": [*flags]} if flags else {})},
        needs={},
        score=lambda _, keep: papers.scoring.random(asked, networks, keep),
        report=report_random,
    )


def paper(name: str, about: Paper, judged: Study[ClaimSettings], networks: int) -> lt.Analysis:
    """Asks for all that is known about claims; ``name`` is that of their module, their text, and the published set."""
    settings = {flag: getattr(judged.settings, flag) for flag in ("seeds", "base_seed", "variants")}
    return lt.Analysis(
        name=f"papers_{name}",
        settings={**settings, "random": networks},
        needs={
            "claims": judged,
            "random": random(judged.subject.declared, f"{__package__}.{name}", networks),
            **{population: judged.needs[NETWORKS, population] for population in about.shown},
        },
        score=lambda needs, keep: papers.scoring.paper(name, about, needs, keep),
        report=lambda metrics: report_inside(metrics, about.shown),
        draw=lambda metrics, needs: papers.scoring.draw(about, metrics, needs),
        files=lambda metrics, needs: papers.scoring.files(about, networks, metrics, needs),
        published=f"papers/{name}",
    )


def report_inside(metrics: Mapping[str, Any], shown: Mapping[str, str]) -> Iterator[RenderableType]:
    """Yields a table of what was measured inside networks, for each population; ``shown`` are their names in words."""
    columns = ("", "networks>", "median or share>", "95 % interval>")
    for population, measured in metrics["inside"].items():
        yield tables.table(f"inside {shown[population]}", columns, cells(measured), **tables.PLAIN)


def cells(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The rows of a table of what was measured inside networks."""
    for what, each in measured.items():
        if "share" in each:
            value, low, high = (f"{each[name]:.0%}" for name in ("share", "low", "high"))
            yield what, str(each["networks"]), value, f"{low} … {high}"
        else:
            yield what, str(each["networks"]), *tables.spread(each)


def report_random(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages of random networks."""
    networks = metrics["networks"]
    rows = [(claim, *(brief(count, networks) for count in counts)) for claim, counts in metrics["claims"].items()]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **tables.PLAIN)
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(count: int, networks: int) -> str:
    """A percentage; where it is 0 or 100, the other end of its interval."""
    value, low, high = (100 * each for each in lt.wilson(count, networks))
    if count in (0, networks):
        return f"≥ {low:.1f}" if count else f"≤ {high:.1f}"
    return f"{value:.1f}"
