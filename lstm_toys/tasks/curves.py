"""Curves from a file. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import jaxtyping as jt
import numpy as np

from lstm_toys.tasks import ambiguity, delimited
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.textfile import quoted

LARGEST, LEAST = 1e6, 1e-9
"""What a value is at most, in size, that networks are shown as it is, and what the largest one of a curve is at least:
answers lie within (-1, 1), and measures of them take fourth powers in single precision, which has seven digits and ends
at 1e-38."""

LARGEST_SCALED, LEAST_SCALED = 1e30, 1e-30
"""The same where the middle is taken off and values are divided, in double precision."""

UNEVEN = 0.1
"""Spacings by which a time point may lie beside its place: what rounding to few digits does. Where one is left out, the
others lie half a spacing beside theirs."""

TIME = re.compile(r"(x|t|time)\s*(?:\(([^()]*)\)|\[([^][]*)\])?", re.IGNORECASE)
"""What a column of time points is called, and its unit."""


@dataclass(frozen=True)
class Curves:
    """Curves from a file; two are equal if their digests are.

    Attributes:
        names: of the curves, all different.
        values: their y at the time points, ``[C, T]``.
        span: what the time points cover; None: the file does not say.
        digest: the SHA-256 of names, values and span, in hexadecimal digits.
    """

    names: tuple[str, ...]
    values: jt.Float[np.ndarray, "C T"] = field(compare=False, repr=False)
    span: Span | None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        told = json.dumps([self.names, self.values.shape, self.span and vars(self.span)])
        digest = hashlib.sha256(told.encode() + (self.values + 0.0).astype("<f8").tobytes())
        object.__setattr__(self, "digest", digest.hexdigest())


def read_curves(path: Path | str, largest: float = LARGEST, least: float = LEAST) -> Curves:
    """The curves in the columns of a text file, such as CSV, one time point a row.

    The first row may name them. Where it calls the first column x, t or time, maybe with a unit, as in ``time (s)``,
    that column holds the time points, which rise evenly. `lstm_toys.tasks.delimited` says how a file may be written:
    with commas, semicolons or tabs between numbers, and decimal commas beside the latter two.

    Args:
        path: of a regular file.
        largest: what values are at most, in size.
        least: what the largest value of a curve is at least, in size, unless all of its values are 0.

    Raises:
        ValueError: there are no curves in it, or it could be read in two ways; the argument says why in one line, and
            where: by column, and by row as editors count lines.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "mine.csv").write_text("time (s);up;down\\n0;0,1;0,9\\n0,5;0,2;0,8\\n1;0,3;0,7")
        ...     curves = lt.read_curves(Path(folder, "mine.csv"))
        >>> curves.names, curves.values.tolist()
        (('up', 'down'), [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7]])
        >>> curves.span.label, curves.span.stop
        ('time (s)', 1.0)
    """
    header, values, lines = delimited.read(path)
    if len(values) < 2:
        hint = "; a curve is a column, and not a row" * (len(values) == 1 and values.shape[1] > 2)
        raise ValueError(f"needs at least 2 rows of numbers, the y of successive time points; has {len(values)}{hint}")
    names = header or tuple(f"curve {number}" for number in range(1, values.shape[1] + 1))
    span, timed = None, 0
    if header and (told := TIME.fullmatch(names[0])):
        span, timed = _span(told, values[:, 0], lines), 1
    elif header and (late := [name for name in names if TIME.fullmatch(name)]):
        column = names.index(late[0]) + 1
        raise ValueError(f"column {column} is called {quoted(late[0])}; time points stand in the first column")
    elif values.shape[1] > 1:
        ambiguity.check_no_time(header, values)
    if len(names) == timed:
        raise ValueError(f"has time points, in the column {quoted(names[0])}, and no curves beside them")
    check_sizes(delimited.Table(names, values, lines), largest, least, timed)
    curves = np.ascontiguousarray(values[:, timed:].T)
    curves.flags.writeable = False
    return Curves(names[timed:], curves, span)


def limits(scaled: bool) -> tuple[float, float]:
    """The arguments ``largest`` and ``least`` of `read_curves`, for values that are scaled or not."""
    return (LARGEST_SCALED, LEAST_SCALED) if scaled else (LARGEST, LEAST)


def check_scaled(values: jt.Float[np.ndarray, "C T F"], scaling: Scaling) -> None:
    """Raises ValueError if values are too far from those that a scaling was made for."""
    if np.abs(scaling.applied(values)).max() > LARGEST:
        ends = f"{values.min():.6g} to {values.max():.6g}"
        raise ValueError(
            f"its values, {ends}, are beyond {LARGEST:g} in size where those trained on are within (-1, 1)"
        )


def check_sizes(table: delimited.Table, largest: float, least: float, first: int = 0) -> None:
    """Checks what single precision can square.

    Args:
        table: of values, with names.
        largest: what they are at most, in size.
        least: what the largest one of a column is at least, in size, unless all are 0.
        first: the first column that counts.

    Raises:
        ValueError: a value is too large, or all values of a column are too small; the argument says where.
    """
    names, values, lines = table
    sizes = np.abs(values[:, first:])
    if (beyond := sizes > largest).any():
        row, column = np.argwhere(beyond)[0]
        value = values[row, column + first]
        raise ValueError(
            f"row {lines[row]}, column {column + first + 1}: {value:g} is beyond {largest:g} in size"
            + "; answers lie within (-1, 1), so scale the curves to that" * (largest == LARGEST)
        )
    most = sizes.max(axis=0, initial=0.0)
    if names and (vanishing := (most > 0) & (most < least)).any():
        column = int(vanishing.argmax())
        raise ValueError(
            f"column {column + first + 1}, {quoted(names[column + first])}: no value is beyond "
            f"{most[column]:g} in size, and single precision makes 0 of their squares; scale them, or write 0"
        )


def _span(told: re.Match[str], x: jt.Float[np.ndarray, " T"], lines: jt.Int[np.ndarray, " T"]) -> Span:
    """What time points cover.

    Args:
        told: the name of their column.
        x: the time points.
        lines: of the file, where they stand.

    Raises:
        ValueError: they do not rise evenly, or not over what a span may be.
    """
    column = f"column 1, {quoted(told[0])}"
    why = "and a first column called x, t or time holds them"
    steps = np.diff(x)
    if not (steps > 0).all():
        row = int((steps > 0).argmin()) + 1
        again = f"; {ambiguity.PIVOT}" * (len(np.unique(x)) < len(x))
        raise ValueError(f"row {lines[row]}, {column}: {x[row]:g} after {x[row - 1]:g}; time points rise, {why}{again}")
    spacing = (x[-1] - x[0]) / len(steps)
    beside = np.abs(x - (x[0] + spacing * np.arange(len(x)))) / spacing
    if beside.max() > UNEVEN:
        usual = np.median(steps)
        row = int(np.abs(steps - usual).argmax()) + 1
        raise ValueError(
            f"row {lines[row]}, {column}: {steps[row - 1]:g} after the one before, and mostly {usual:g}; "
            f"time points are evenly spaced, {why}"
        )
    try:
        return Span(float(x[0]), float(x[-1]), unit=(told[2] or told[3] or "").strip(), name=told[1])
    except ValueError as error:
        raise ValueError(f"{column}: {error}; take the first off, and choose another unit") from None
