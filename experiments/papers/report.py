"""The report on a paper. Imports nothing heavy."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.text import escape

from .paper import Paper

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights of random networks."""

HEAD = """\
# {title}

![the finding](finding.png)

{sources}

## Random networks

The percentage of {random:,} random networks, untrained, that meet each claim, by the scale of their weights, with 95 %
intervals (Wilson, for each number alone). Kernels are those before training times the scale; biases are normal with the
scale as their standard deviation. Claims that networks fail at something are left out: random networks fail too.

"""


def markdown(paper: Paper, metrics: Mapping[str, Any], judged: str) -> str:
    """Everything about a paper; ``judged`` is the Markdown of its claims, which begins with a heading."""
    title, _, claims = judged.partition("\n")
    networks = metrics["flags"]["random"]
    text = HEAD.format(title=title.removeprefix("# "), sources=paper.sources, random=networks)
    rows = [
        (claim, *(share(count, networks) for count in each["random"]))
        for claim, each in metrics["claims"].items()
        if each["random"] is not None
    ]
    text += _table(("claim", *(f"{scale:g}" for scale in SCALES)), rows)
    for population, measured in metrics["inside"].items():
        text += f"\n## Inside {escape(paper.shown[population])}\n\n"
        text += _table(("of each network", "networks", "median or share", "95 % interval"), cells(measured))
    return f"{text}\n## What stayed open\n\n{paper.open}\n\n## The claims\n{claims}"


def inside(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
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
            spread = tables.interval(each["low"], each["high"])
            yield what, str(each["networks"]), tables.number(each["median"]), spread


def _table(columns: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(map(escape, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def random(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages."""
    networks = metrics["networks"]
    rows = [(claim, *(brief(count, networks) for count in counts)) for claim, counts in metrics["claims"].items()]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **tables.PLAIN)
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(count: int, networks: int) -> str:
    """A percentage; where it is 0 or 100, what it may be as well."""
    value, low, high = (100 * each for each in lt.wilson(count, networks))
    if count in (0, networks):
        return f"≥ {low:.1f}" if count else f"≤ {high:.1f}"
    return f"{value:.1f}"


def share(count: int, networks: int) -> str:
    """A percentage with its interval."""
    value, low, high = (f"{100 * each:.{1 if each < 0.1 else 0}f}" for each in lt.wilson(count, networks))
    return f"{value} ({low}–{high})"
