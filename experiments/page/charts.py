"""Charts of the distribution of networks' numbers, for the page."""

import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

import lstm_toys as lt

WIDTH, MARGIN, ROW, LABEL, TOP, DOT, LARGE = 560, 14, 72, 24, 22, 5, 6
"""Sizes of a chart, in its own units: margins, rows, the space for a label, a dot's width, and that of a row alone."""

NOTHING = 1e-5
"""Numbers nearer to zero are shown as zero; they come from rounding."""


class Scale(NamedTuple):
    """Maps numbers to positions between the left and the right end of the axis; those beyond it to the nearest end."""

    low: float
    high: float

    def __call__(self, number: float) -> float:
        """The position of a number."""
        share = (number - self.low) / (self.high - self.low)
        return MARGIN + min(max(share, 0.0), 1.0) * (WIDTH - 2 * MARGIN)


def drawing(entry: Any) -> dict[str, Any]:
    """Lays out the chart of an entry of ``claims.json`` for the template: positions and texts."""
    rows, marks, threshold = rows_of(entry), [*marks_of(entry)], (entry.low, entry.high)
    ends = [end for end in threshold if np.isfinite(end)]
    compared = [*rows.values()][: 1 + bool(entry.against)]  # Not controls, which may be far away.
    scale = scaled(compared, [0.0, *ends, *(value for _, value, _ in marks)])
    region = [scale(end) for end in threshold]
    return {
        "width": WIDTH,
        "margin": MARGIN,
        "top": TOP,
        "row": ROW,
        "rows": [
            {
                "label": label,
                "dots": [*swarm(numbers, scale, threshold, DOT)],
                "beyond": sum(not scale.low <= number <= scale.high for number in numbers),
            }
            for label, numbers in rows.items()
        ],
        "large": [*swarm(compared[0], scale, threshold, LARGE)],
        "marks": [{"kind": kind, "place": scale(value), "text": text} for kind, value, text in marks],
        "region": region if ends else None,  # The range that meets the claim.
        "ticks": [{"place": scale(tick), "text": f"{tick:g}"} for tick in ticks(*scale)],
    }


def rows_of(entry: Any) -> dict[str, list[float]]:
    """The numbers of the networks, of the networks that they are compared with, and of the controls, by label."""
    rows = {f"{entry.counted} networks": entry.number}
    if entry.against:
        rows[f"networks of {entry.against}"] = entry.other_number
    rows |= {name: control.number for name, control in entry.controls.items()}
    return {label: numbers[~np.isnan(numbers)].tolist() for label, numbers in rows.items()}


def marks_of(entry: Any) -> Iterator[tuple[str, float, str]]:
    """Yields single numbers: kind, value, and label."""
    if entry.published and np.isfinite(value := entry.published.value):
        yield "published", value, f"the post's own network: {lt.tables.number(value)}"
    nulls = {
        name: 0.0 if abs(null.value) < NOTHING else null.value
        for name, null in entry.null.items()
        if np.isfinite(null.value)
    }
    if nulls and min(nulls.values()) == max(nulls.values()):
        nulls = {" or ".join(nulls): min(nulls.values())}
    answers = next((str(null.answers) for null in entry.null.values()), "input")
    for name, value in nulls.items():
        words = f"a {name} of the input" if answers == "input" else f"the {name.replace('copy', answers)}"
        yield "null", value, f"{words}: {lt.tables.number(value)}"


def scaled(rows: Iterable[Sequence[float]], others: Sequence[float]) -> Scale:
    """Returns an axis with room for single numbers, and for the middle nine tenths of each row."""
    finite = [sorted(filter(np.isfinite, row)) for row in rows]
    inner = [number for row in finite for number in row[len(row) // 20 : len(row) - len(row) // 20]]
    low, high = min([*inner, *others]), max([*inner, *others])
    margin = 0.12 * ((high - low) or abs(high) or 1.0)
    return Scale(low - margin, high + margin)


def ticks(low: float, high: float) -> list[float]:
    """About five round numbers along an axis."""
    numbers = map(float, MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high))
    return [tick for tick in numbers if low <= tick <= high]


def swarm(
    numbers: Sequence[float], scale: Scale, threshold: Sequence[float], dot: int
) -> Iterator[tuple[float, float]]:
    """Yields positions of dots over a row's line: in the nearest column with room, on the number's side of a threshold.

    A column has as many dots of this width as fit over the line, so that each network is seen.
    """
    room, used = (ROW - LABEL) // dot, Counter[float]()
    for number in sorted(numbers):
        low, high = float(MARGIN), float(WIDTH - MARGIN)
        for end, beyond in zip(threshold, (operator.ge, operator.gt), strict=True):
            if np.isfinite(end):
                low, high = (max(low, scale(end)), high) if beyond(number, end) else (low, min(high, scale(end)))
        columns = [low + dot * (column + 0.5) for column in range(max(1, int((high - low) / dot)))]
        place = min(columns, key=lambda column: (used[column] >= room, abs(column - scale(number))))
        yield round(place, 1), -dot / 2 - 1 - dot * min(used[place], room - 1)
        used[place] += 1
