"""The closing tables of how long memories last. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables

from .horizon_report import judged, numbers

LASTS = (100, 1_000, 10_000, 40_000)


def longevity(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how long memories last by setting, what orders these times, the sine's valleys, and the verdicts."""
    populations = metrics["populations"]
    rows = [
        (
            name,
            f"{own['learned']} of {own['networks']}",
            "–" if own["loss"] is None else f"{own['loss']:.2g}",
            *(str(sum(value >= steps for value in own["lifetime"])) for steps in LASTS),
        )
        for name, own in populations.items()
    ]
    columns = ("cell, optimizer, course, rate", "learned>", "loss>", *(f"{steps:,}>" for steps in LASTS))
    yield tables.table("networks that learned, and keep all memories for so many steps", columns, rows, **tables.PLAIN)
    known = {
        name: own for name, own in populations.items() if any(each["value"] for each in own["correlations"].values())
    }
    names = [*next(iter(populations.values()))["correlations"]]
    rows = [(name, *map(_correlated, own["correlations"].values())) for name, own in known.items()]
    title = f"rank correlation of {', '.join(names)} with the lifetime; *: the 95 % bootstrap interval excludes 0"
    yield tables.table(
        title, ("cell, optimizer, course, rate", *(f"{each.split()[-1]}>" for each in names)), rows, **tables.PLAIN
    )
    rows = [
        (
            rate,
            f"{own['networks']} of {own['of']}",
            f"{own['error']:.2g}",
            f"{own['count']}",
            tables.interval(own["low"], own["high"]),
        )
        for rate, own in metrics["sine"].items()
    ]
    title = "networks of the sine at the same error, and those whose valley stays"
    yield tables.table(
        title, ("rate", "learned>", "RMSE>", "valley stays>", "share, 95 % interval>"), rows, **tables.PLAIN
    )
    if lost := {name: own["diverged"] for name, own in populations.items() if own["diverged"]}:
        yield "diverged: " + "; ".join(f"{name}: {count}" for name, count in lost.items())
    yield from judged(metrics["verdicts"], _numbers)


def _correlated(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return "–"
    return f"{each['value']:.2f}{'*' if each['low'] * each['high'] > 0 else ''}"


def _numbers(each: Mapping[str, Any]) -> str:
    if "most count" in each:
        least, most = (f"{each[f'{name} count']} of {each[f'{name} networks']}" for name in ("least", "most"))
        return f"{least} to {most} networks over {each['recipes']} rates"
    if "first" in each:
        probability = "–" if each["value"] is None else "{} ({})".format(*tables.spread(each, "value"))
        return f"probability {probability}, {each['first']} and {each['second']} networks"
    return numbers(each)
