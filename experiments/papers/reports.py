"""The closing tables of how long memories last. Imports nothing heavy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables

LASTS = (100, 1_000, 10_000, 40_000)


def longevity(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how long memories last by setting, what orders these times, the sine's valleys, and the verdicts."""
    populations, setting = metrics["populations"], "cell, optimizer, course, rate"
    counts = [
        (
            name,
            f"{own['learned']} of {own['networks'] + own.get('not switched', 0)}",
            _loss(own["loss"]),
            *_lasting(own["lifetime"]),
        )
        for name, own in populations.items()
    ]
    columns = (setting, "learned>", "loss>", *(f"{steps:,}>" for steps in LASTS))
    title = "networks that learned, and keep all memories for so many steps"
    yield tables.table(title, columns, counts, **tables.PLAIN)
    correlations = {name: own["correlations"] for name, own in populations.items()}
    known = {name: each for name, each in correlations.items() if any(one["value"] for one in each.values())}
    names = [*next(iter(correlations.values()))]
    title = f"rank correlation of {', '.join(names)} with the lifetime; *: the 95 % bootstrap interval excludes 0"
    columns = (setting, *(f"{each.split()[-1]}>" for each in names))
    rows = [(name, *map(_starred, each.values())) for name, each in known.items()]
    yield tables.table(title, columns, rows, **tables.PLAIN)
    valleys = [
        (
            rate,
            f"{own['networks']} of {own['of']}",
            _loss(own["error"]),
            str(own["count"]),
            tables.interval(own["low"], own["high"]),
        )
        for rate, own in metrics["sine"].items()
    ]
    title = "networks of the sine at the same error, and those whose valley stays"
    columns = ("rate", "learned>", "RMSE>", "valley stays>", "share, 95 % interval>")
    yield tables.table(title, columns, valleys, **tables.PLAIN)
    if lost := {name: own["diverged"] for name, own in populations.items() if own["diverged"]}:
        yield "diverged: " + "; ".join(f"{name}: {count}" for name, count in lost.items())
    for words, each in metrics["verdicts"].items():
        yield f"{words}: {'supported' if each['supported'] else 'not supported'} ({_numbers(each)})"


def _lasting(lifetimes: Sequence[float]) -> list[str]:
    return [str(sum(lifetime >= steps for lifetime in lifetimes)) for steps in LASTS]


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _starred(each: Mapping[str, Any]) -> str:
    return "–" if each["value"] is None else f"{each['value']:.2f}{'*' if each['low'] * each['high'] > 0 else ''}"


def _numbers(each: Mapping[str, Any]) -> str:
    """The numbers that decide on a hypothesis."""
    if "most count" in each:
        least, most = (f"{each[f'{name} count']} of {each[f'{name} networks']}" for name in ("least", "most"))
        return f"{least} to {most} networks over {each['recipes']} rates"
    if "first" in each:
        return f"probability {tables.estimate(each, 'value')}, {each['first']} and {each['second']} networks"
    median = "" if each.get("median") is None else f", median correlation {each['median']:.2f}"
    return f"{each['count']} of {each['recipes']} recipes{median}"
