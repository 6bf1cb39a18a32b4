"""Asks for what is known about papers, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import files, tables
from lstm_toys.cli.script import canonical
from lstm_toys.runs import source
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.folder import Run
from lstm_toys.studies.analysis.ask import Keep, ask
from lstm_toys.studies.claims.ask import ClaimSettings
from lstm_toys.studies.claims.declaration import NETWORKS

from .. import papers

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.figure import Figure
    from numpy import ndarray

POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights of random networks."""

CELL = "--cell="

SHARED = ("seeds", "base_seed", "variants")


@dataclass(frozen=True)
class Paper:
    """Claims of papers, and what is measured of the networks that judge them.

    Attributes:
        name: of the published set, and of two files in this folder: the module that declares the claims, and the text
            on the papers, their settings, what is different here, and what stayed open.
        number: the number of each network that the figure shows, from its results.
        shown: the populations in the figure, and their names in words.
        inside: the function of `networks` that measures the parameters of networks, and the measured populations, which
            are among those that are shown.
    """

    name: str
    number: Callable[[lt.Results], Float[ndarray, " S"]]
    shown: Mapping[str, str]
    inside: tuple[str, Sequence[str]]
    draw: Callable[[Mapping[str, Any]], Figure]


def random(claims: lt.Claims, module: str, networks: int, results_dir: Path, flags: tuple[str, ...] = ()) -> Ask[Any]:
    """Asks how many random networks meet the claims of a module, under one name whichever command needs it.

    ``flags`` change all networks.
    """
    named = canonical(module)
    own = "" if named == POST else f"_{named.replace('.', '_')}"
    asked = claims.given(*flags) if flags else claims
    cells = [each[len(CELL) :].partition(":")[0] for each in flags if each.startswith(CELL) and ":" in each]
    analysis = lt.Analysis(
        name=f"null{own}",
        settings={"networks": networks, **({"flags": [*flags]} if flags else {})},
        needs={},
        score=lambda _, keep: papers.scoring.random(
            asked, [*code(asked, module), *map(source.digest, cells), *flags], networks, keep
        ),
        report=report_random,
    )
    return ask(analysis, results_dir)


def code(claims: lt.Claims, module: str) -> list[str]:
    """Digests of what declares claims: code, and files that it reads."""
    return [source.digest(module), *map(files.sha256, claims.data)]


def paper(about: Paper, judged: Ask[ClaimSettings], networks: int, module: str, results_dir: Path) -> Ask[Any]:
    """Asks for all that is known about the claims of a paper; ``networks`` is the number of random ones."""
    populations = {name: each for (column, name), each in judged.needs.items() if column == NETWORKS}

    def score(needs: Mapping[str, Run], keep: Keep) -> dict[str, Any]:
        measure, measured = about.inside
        inside = papers.networks.inside(measure, {name: needs[name] for name in measured}, keep)
        return papers.scoring.paper(about, needs, inside)

    analysis = lt.Analysis(
        name=f"papers_{about.name}",
        settings={**{name: getattr(judged.settings, name) for name in SHARED}, "random": networks},
        needs={
            "claims": judged,
            "random": random(judged.subject.declared, module, networks, results_dir),
            **{name: populations[name] for name in about.shown},
        },
        score=score,
        report=report_inside,
        draw=lambda metrics, needs: papers.scoring.draw(about, metrics, needs),
        files=lambda metrics, needs: papers.scoring.files(about, metrics, needs),
        published=f"papers/{about.name}",
    )
    return ask(analysis, results_dir)


def report_inside(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields a table of what was measured inside networks, for each population."""
    columns = ("", "networks>", "median or share>", "95 % interval>")
    for population, measured in metrics["inside"].items():
        yield tables.table(f"inside {population}", columns, cells(measured), **tables.PLAIN)


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


def share(count: int, networks: int) -> str:
    """A percentage with its interval."""
    value, low, high = (f"{100 * each:.{1 if each < 0.1 else 0}f}" for each in lt.wilson(count, networks))
    return f"{value} ({low}–{high})"
