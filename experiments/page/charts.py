"""Charts of the distribution of networks' numbers, for the page. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lstm_toys import tables
from lstm_toys.studies.claims.declaration import COPY, INPUT, NETWORKS

WIDTH, LEFT, RIGHT, ROW, LABEL, TOP, BOTTOM = 560, 14, 14, 60, 24, 22, 30
DOT = 5
TICKS = 5
"""Sizes of a chart, in its own units: margins, rows, the space for a label, a dot's width; and about how many ticks."""

NO_THRESHOLD: dict[str, None] = {"low": None, "high": None, "against": None}


class Row(NamedTuple):
    """Numbers, one per network, that are drawn above one line; ``kind`` is ``"networks"`` or ``"others"``."""

    label: str
    numbers: Sequence[float]
    kind: str


class Scale(NamedTuple):
    """Maps numbers to positions between the left and the right end of the axis."""

    low: float
    high: float

    def __call__(self, number: float) -> float:
        """The position of a number; the nearest end for a number beyond it."""
        share = (number - self.low) / (self.high - self.low)
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def holds(self, number: float) -> bool:
        """Whether a number is within the ends."""
        return self.low <= number <= self.high


def drawing(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Lays out the chart of an entry of ``claims.json`` for the template: positions and texts."""
    return laid_out([*rows_of(entry)], [*marks_of(entry)], entry["threshold"])


def laid_out(
    rows: Sequence[Row], marks: Sequence[tuple[str, float, str]], threshold: Mapping[str, Any] = NO_THRESHOLD
) -> dict[str, Any]:
    """Lays out a chart of rows and single numbers for the template: positions and texts."""
    ends = [end for name in ("low", "high") if (end := threshold[name]) is not None]
    scale = scaled([row.numbers for row in rows], [*ends, *(value for _, value, _ in marks)])
    return {
        "width": WIDTH,
        "height": TOP + ROW * len(rows) + BOTTOM,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "bottom": TOP + ROW * len(rows),
        "rows": [
            {
                "label": row.label,
                "kind": row.kind,
                "line": TOP + ROW * (number + 1),
                "above": TOP + ROW * number + LABEL - 6,
                "dots": [*stacked(row.numbers, scale, TOP + ROW * (number + 1), threshold)],
                "beyond": sum(not scale.holds(each) for each in row.numbers),
            }
            for number, row in enumerate(rows)
        ],
        "marks": [{"kind": kind, "place": scale(value), "text": text} for kind, value, text in marks],
        "region": region(threshold, scale),
        "ticks": [{"place": scale(tick), "text": f"{tick:g}"} for tick in ticks(scale)],
    }


def rows_of(entry: Mapping[str, Any]) -> Iterator[Row]:
    """Yields the networks, the networks that they are compared with, and the controls."""
    others = {name: control["per_seed"] for name, control in entry["controls"].items()}
    if entry["against_per_seed"] is not None:
        others = {f"networks of {entry['threshold']['against']}": entry["against_per_seed"], **others}
    for label, numbers in {f"{entry['counted']} {NETWORKS}": entry["per_seed"], **others}.items():
        yield Row(label, [each for each in numbers if each is not None], "others" if label in others else "networks")


def marks_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, float, str]]:
    """Yields single numbers: kind, value, and label."""
    if entry["published"] and entry["published"]["value"] is not None:
        value = entry["published"]["value"]
        yield "published", value, f"the post's own network: {tables.number(value)}"
    nulls = {name: null["value"] for name, null in entry["null"].items() if null["value"] is not None}
    if nulls and min(nulls.values()) == max(nulls.values()):
        nulls = {" or ".join(nulls): min(nulls.values())}
    # Earlier published sets have no such name.
    answers = {null.get("answers", INPUT) for null in entry["null"].values()}
    for name, value in nulls.items():
        words = f"a {name} of the input" if answers == {INPUT} else f"the {name.replace(COPY, *answers)}"
        yield "null", value, f"{words}: {tables.number(round(value, 6))}"


def scaled(rows: Sequence[Sequence[float]], others: Sequence[float]) -> Scale:
    """Returns an axis that holds single numbers, and the first row without its extremes.

    Other rows lengthen it to at most three times, so that distant numbers do not flatten the first row.
    """
    (low, high), *rest = (inner(row) for row in rows)
    low, high = min(low, *others, high), max(high, *others, low)
    length = (high - low) or abs(high) or 1.0
    floor, ceiling = low - length, high + length
    for least, most in rest:
        low, high = min(low, max(least, floor)), max(high, min(most, ceiling))
    margin = 0.04 * (high - low) or 0.04 * length
    return Scale(low - margin, high + margin)


def inner(row: Sequence[float]) -> tuple[float, float]:
    """The ends of a row without a twentieth of it on either side."""
    ordered = sorted(row) or [0.0]
    cut = len(ordered) // 20
    return ordered[cut], ordered[-1 - cut]


def ticks(scale: Scale) -> list[float]:
    """Round numbers along an axis."""
    rough = (scale.high - scale.low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(scale.low / step)
    return [round(number * step, 12) for number in range(first, math.floor(scale.high / step) + 1)]


def stacked(
    numbers: Sequence[float], scale: Scale, line: float, threshold: Mapping[str, Any]
) -> Iterator[tuple[float, float]]:
    """Yields positions of dots in columns, denser where there are many, each on its number's side of a threshold."""
    columns: dict[float, int] = {}
    for number in numbers:
        column = _beside(number, round(scale(number) / DOT) * DOT, scale, threshold)
        columns[column] = columns.get(column, 0) + 1
    rise = min(DOT, (ROW - LABEL - DOT) / max(columns.values(), default=1))
    for column, count in sorted(columns.items()):
        for number in range(count):
            yield round(column, 1), round(line - DOT / 2 - 1 - number * rise, 1)


def _beside(number: float, column: float, scale: Scale, threshold: Mapping[str, Any]) -> float:
    for end, meets in (("low", lambda low: number >= low), ("high", lambda high: number > high)):
        if threshold[end] is not None:
            edge = scale(threshold[end])
            column = max(column, edge + DOT / 2) if meets(threshold[end]) else min(column, edge - DOT / 2)
    return column


def region(threshold: Mapping[str, float | None], scale: Scale) -> tuple[float, float] | None:
    """The range that meets a claim, from left to right; None without a threshold."""
    low, high = threshold["low"], threshold["high"]
    if low is None and high is None:
        return None
    return scale(scale.low if low is None else low), scale(scale.high if high is None else high)
