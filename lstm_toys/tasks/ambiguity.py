"""Tables of numbers that could mean two things: they are refused, rather than read in one way without a word."""

from __future__ import annotations

import re

import jaxtyping as jt
import numpy as np

from lstm_toys.tasks.textfile import quoted

INDEX = re.compile(
    r"#|i|j|k|n|level_\d+|unnamed: ?\d+|\.{3}1|column ?1|row[ ._]?names?|index|idx|id|key|nr|no|num|number|count(er)?"
    r"|(row|sample|obs|observation|case|record|entry|point|item|line)s?([ ._-]?(index|idx|id|nr|no|num|number))?",
    re.I,
)
"""What a column that counts the rows is called."""

LABEL = re.compile(
    r"series|group|subject|participant|patient|animal|trial|run|session|experiment|curve|variable|sensor|station|channel"
    r"|device|seed|unit|cell|class|condition|name|label",
    re.I,
)
"""What a column is called that tells curves apart in a table in long form."""

TIME_LIKE = re.compile(
    r"(date|time|year|month|week|day|hour|minute|second|millisecond|epoch|frame|step|[tx][ _/.-])", re.I
)
"""How names begin that a column of time points has, too."""

LEAVE_OUT = "leave it out if it is an index, as pandas does with index=False; if it holds time points, name it x"

PIVOT = "pivot a table in long form, with one row per value, so that each curve is a column"


def check_table(
    header: tuple[str, ...] | None, values: jt.Float[np.ndarray, "R C"], lines: jt.Int[np.ndarray, " R"]
) -> None:
    """Checks what no table of values should hold.

    Args:
        header: the names of the columns, if there are any.
        values: of the table.
        lines: of the rows.

    Raises:
        ValueError: the first row may be names, or a column counts the rows, or tells blocks of them apart.
    """
    if header is None and _like_names(values):
        names = f"{values[0, 0]:g}" + f" to {values[0, -1]:g}" * (values.shape[1] > 1)
        raise ValueError(
            f"row {lines[0]}, {names}, may be names of columns or values: if they are names, put a letter before each, "
            f"such as y{values[0, 0]:g}, and if they are values, name the columns in a row above"
        )
    if values.shape[1] < 2 or len(values) < 2:
        return
    if (np.diff(values[:, 0]) == 1).all() and values[0, 0] == round(values[0, 0]):
        if header is None and len(values) > 2:
            raise ValueError(f"column 1 counts the rows: {LEAVE_OUT}, and name the other columns, too")
        if header and INDEX.fullmatch(header[0]):
            raise ValueError(f"column 1, {quoted(header[0])}, counts the rows: {LEAVE_OUT}")
    for column, name in enumerate(header or (), 1):
        if (INDEX.fullmatch(name) or LABEL.fullmatch(name)) and _labels(values[:, column - 1]):
            raise ValueError(
                f"column {column}, {quoted(name)}, counts curves or their rows: {PIVOT}; if it holds values, give it "
                "another name"
            )


def _labels(column: jt.Float[np.ndarray, " R"]) -> bool:
    """Whether whole numbers name blocks of rows, as 1, 1, 2, 2, or count the rows of each block, as 1, 2, 1, 2."""
    up, again = np.diff(column) == 1, (np.diff(column) == 0) | (column[1:] == column[0])
    return bool((column == np.round(column)).all() and (up | again).all() and up.any() and again.any())


def _like_names(values: jt.Float[np.ndarray, "R C"]) -> bool:
    """Whether the first of several rows may be the names of the columns: years, or numbers that count them."""
    first, rest = values[:1], values[1:]
    if not len(rest) or (first != np.round(first)).any() or (first < 0).any():
        return False
    steps = np.diff(first)
    year, years = (((part >= 1800) & (part <= 2100)).all(axis=1) for part in (first, rest))
    if year.all() and not years.any() and steps.all():
        return True
    if steps.size > 1:
        return bool(steps[0, 0] > 0 and (steps == steps[0, 0]).all() and (np.diff(rest[:1]) != steps).any())
    jump, usual = np.abs(rest[0] - first[0]), np.abs(np.diff(rest, axis=0)).max(initial=0.0)
    decimals = (rest != np.round(rest)).all()
    return bool(decimals and ((steps == 1).all() if steps.size else len(rest) > 3 and jump[0] > 10 * usual))


def check_no_time(header: tuple[str, ...] | None, values: jt.Float[np.ndarray, "T C"]) -> None:
    """Raises ValueError if a first column that is not called x, t or time may hold time points."""
    steps = np.diff(values[:, 0])
    rises, even = bool((steps > 0).all()), bool(np.ptp(steps) < 0.02 * abs(steps.mean()))
    ends = f"rises from {values[0, 0]:g} to {values[-1, 0]:g}"
    if header is None and rises and even and len(steps) > 1:
        told = (
            "and may hold time points: name the columns in a first row, such as x, y1, y2 if it does, else y1, y2, y3"
        )
        raise ValueError(f"column 1 {ends} {told}")
    if header and rises and TIME_LIKE.match(header[0]):
        told = "name it x, t or time if it holds time points, with its unit as in time (s); else give it another name"
        raise ValueError(f"column 1, {quoted(header[0])}, {ends}: {told}")
