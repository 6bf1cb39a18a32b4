"""The closing tables of how far networks count. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables

REACHES, ROUNDED = (50, 100, 256, 1_000, 2_000), 1_000


def horizon(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how far networks count by recipe, what predicts it, and the verdicts on the hypotheses."""
    populations = metrics["populations"]
    counts = [
        (
            name,
            str(len(own["reached"])),
            *(str(sum(value >= n for value in own["reached"])) for n in REACHES),
            str(sum(value >= ROUNDED for value in own["rounded"])),
        )
        for name, own in populations.items()
    ]
    columns = ("gates, recipe", "networks>", *(f"n ≥ {n:,}>" for n in REACHES), "rounded>")
    title = f"networks that count to n; rounded: with saturated gates rounded, to {ROUNDED:,}"
    yield tables.table(title, columns, counts, **tables.PLAIN)
    rows = [(name, *(_correlation(each) for each in own["correlations"].values())) for name, own in populations.items()]
    title = "rank correlation with the n reached, and 95 % bootstrap interval"
    yield tables.table(title, ("gates, recipe", "leak>", "asymmetry>"), rows, **tables.PLAIN)
    if lost := {name: own["diverged"] for name, own in populations.items() if own["diverged"]}:
        yield "diverged: " + "; ".join(f"{name}: seeds {', '.join(map(str, seeds))}" for name, seeds in lost.items())
    yield from judged(metrics["verdicts"], numbers)


def _correlation(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return "–"
    return "{} ({})".format(*tables.spread(each, "value"))


def judged(verdicts: Mapping[str, Any], told: Callable[[Mapping[str, Any]], str]) -> Iterator[str]:
    """Yields each hypothesis, whether it is supported, and the numbers that decide."""
    for words, each in verdicts.items():
        yield f"{words}: {'supported' if each['supported'] else 'not supported'} ({told(each)})"


def numbers(each: Mapping[str, Any]) -> str:
    """The numbers that decide, of recipes or of networks."""
    if "recipes" in each:
        median = "" if each.get("median") is None else f", median correlation {each['median']:.2f}"
        return f"{each['count']} of {each['recipes']} recipes{median}"
    return f"{each['count']} of {each['networks']} networks, {tables.interval(each['low'], each['high'])}"
