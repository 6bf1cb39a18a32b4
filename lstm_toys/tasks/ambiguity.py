"""Refuses tables of numbers that are ambiguous."""

from __future__ import annotations

import re

import jaxtyping as jt
import numpy as np

from lstm_toys.text import quoted

INDEX = re.compile(
    r"#|i|j|k|n|level_\d+|unnamed: ?\d+|\.{3}1|column ?1|row[ ._]?names?|index|idx|id|key|(lfd\.? ?)?nr\.?|no\.?|num"
    r"|number|count(er)?"
    r"|(row|sample|obs|observation|case|record|entry|point|item|line|step)s?([ ._-]?(index|idx|id|nr|no|num|number))?",
    re.I,
)
TIME = re.compile(
    r"date|time|year|month|week|day|hour|minute|(milli)?second|epoch|frame|datum|zeit|jahr|monat|temps|tiempo"
    r"|[tx][ _/.-]",
    re.I,
)
LABEL = re.compile(
    r"series|group|subject|participant|patient|animal|trial|run|session|experiment|curve|variable|sensor|station|channel"
    r"|device|seed|unit|cell|class|condition|name|label",
    re.I,
)
"""Names of columns that count the rows, prefixes that may mean time points, and names that distinguish curves in a
table in long form."""

MISSING = np.array(
    [float(f"{digits * '9'}{rest}") for digits in range(2, 7) for rest in ("", ".9", ".99")] + [32768.0, 1e20]
)
"""Numbers that programs write for missing values, with or without a minus."""

LEAVE_OUT = "leave it out if it is an index, as pandas does with index=False; if it holds time points, name it x"

PIVOT = "pivot a table in long form, with one row per value, so that each curve is a column"


def check_table(
    header: tuple[str, ...] | None,
    values: jt.Float[np.ndarray, "R C"],
    lines: jt.Int[np.ndarray, " R"],
    *,
    quoted_first: bool,
) -> None:
    """Raises ValueError if a table is ambiguous; ``quoted_first``: only the first row of values has quotes."""
    if header is None and len(values) > 1 and (quoted_first or _like_names(values)):
        names = f"{values[0, 0]:g}" + f" to {values[0, -1]:g}" * (values.shape[1] > 1)
        raise ValueError(
            f"row {lines[0]}, {names}, may hold column names or values: if names, put a letter before each, "
            f"such as y{values[0, 0]:g}; if values, name the columns in a row above"
        )
    for begin in (0, 1):  # Also without the first column, whose time points may lie farther apart.
        if (sign := _missing(values[:, begin:])) is not None:
            row, column = np.argwhere(values[:, begin:] == sign)[0]
            raise ValueError(
                f"row {lines[row]}, column {column + begin + 1}: {sign:g} is far from all other values, and often "
                "marks missing values; replace it, or leave out the row or the column"
            )
    if values.shape[1] < 2 or len(values) < 2:
        return
    if (np.diff(values[:, 0]) == 1).all() and values[0, 0] == round(values[0, 0]):
        if header is None and len(values) > 2:
            raise ValueError(f"column 1 counts the rows: {LEAVE_OUT}, and name the other columns as well")
        if header and INDEX.fullmatch(header[0]):
            raise ValueError(f"column 1, {quoted(header[0])}, counts the rows: {LEAVE_OUT}")
    for column, name in enumerate(header or (), 1):
        if (INDEX.fullmatch(name) or LABEL.fullmatch(name) or TIME.match(name)) and _labels(values[:, column - 1]):
            raise ValueError(
                f"column {column}, {quoted(name)}, counts curves or their rows: {PIVOT}; if it holds values, rename it"
            )


def check_no_time(header: tuple[str, ...] | None, values: jt.Float[np.ndarray, "T C"]) -> None:
    """Raises ValueError if a first column that is not named x, t or time may hold time points."""
    steps = np.diff(values[:, 0])
    ends = f"goes from {values[0, 0]:g} to {values[-1, 0]:g}"
    if header is None and len(steps) > 1 and (steps > 0).all() and np.ptp(steps) < 0.02 * steps.mean():
        advice = "name the columns in a first row, such as x, y1, y2 if it does, else y1, y2, y3"
        raise ValueError(f"column 1 {ends} and may hold time points: {advice}")
    turns = (steps > 0).any() and (steps < 0).any()
    if header and steps.any() and not turns and TIME.match(header[0]):
        advice = "name it x, t or time if it holds time points, with its unit as in time (s); otherwise rename it"
        raise ValueError(f"column 1, {quoted(header[0])}, {ends}: {advice}")


def _labels(column: jt.Float[np.ndarray, " R"]) -> bool:
    """Whether whole numbers label blocks of rows, as 1, 1, 2, 2, or count the rows of each block, as 1, 2, 1, 2."""
    up, again = np.diff(column) == 1, (np.diff(column) == 0) | (column[1:] == column[0])
    return bool((column == np.round(column)).all() and (up | again).all() and up.any() and again.any())


def _like_names(values: jt.Float[np.ndarray, "R C"]) -> bool:
    """Whether the first of several rows may be the names of the columns: years, or evenly spaced numbers."""
    first, rest = values[0], values[1:]
    steps, whole, decimals = np.diff(first), (first == np.round(first)).all(), (rest != np.round(rest)).all()
    year, years = (((part >= 1800) & (part <= 2100)).all(axis=-1) for part in (first, rest))
    if year and whole and not years.any() and steps.all():
        return True
    if first[0] < 0:
        return False
    if len(steps) > 1:
        even, same = (np.allclose(part, steps.mean(), rtol=1e-6, atol=0) for part in (steps, np.diff(rest[0])))
        return bool(steps[0] > 0 and even and not same)
    if len(steps):
        return bool(whole and steps[0] == 1 and decimals)
    jump, usual = abs(rest[0, 0] - first[0]), np.abs(np.diff(rest, axis=0)).max(initial=0.0)
    return bool(whole and decimals and len(rest) > 3 and jump > 10 * usual)


def _missing(values: jt.Float[np.ndarray, "R C"]) -> float | None:
    """The number that marks missing values, if one lies farther from all others than these from each other."""
    if not values.size:
        return None
    for end, most in ((values.min(), -MISSING), (values.max(), MISSING)):
        others = values[values != end] if end in most else np.empty(0)
        if others.size and np.abs(others - end).min() > np.ptp(others) > 0:
            return float(end)
    return None
