"""Curves from a file. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import jaxtyping as jt
import numpy as np

from lstm_toys.tasks import delimited
from lstm_toys.tasks.span import Span

LARGEST = 1e6
"""What a value is at most, in size, that networks are shown as it is: answers lie within (-1, 1), and single precision
has seven digits."""

LARGEST_SCALED = 1e30
"""What it is at most, where the middle is taken off and it is divided, in double precision."""

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


def read_curves(path: Path | str, largest: float = LARGEST) -> Curves:
    """The curves in the columns of a text file, such as CSV, one time point a row.

    The first row may name them. Where it calls the first column x, t or time, maybe with a unit, as in ``time (s)``,
    that column holds the time points, which rise evenly. `lstm_toys.tasks.delimited` says how a file may be written:
    with commas, semicolons or tabs between numbers, and decimal commas beside the latter two.

    Args:
        path: of a regular file.
        largest: what values are at most, in size.

    Raises:
        ValueError: there are no curves in it; the argument says why in one line, and where: by column, and by row as
            editors count lines.

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
        raise ValueError(f"needs at least 2 rows of numbers, the y of successive time points; has {len(values)}")
    names = header or tuple(f"curve {number}" for number in range(1, values.shape[1] + 1))
    span, timed = None, 0
    if header and (told := TIME.fullmatch(names[0])):
        span, timed = _span(told, values[:, 0], lines), 1
    elif header and (late := [name for name in names if TIME.fullmatch(name)]):
        column = names.index(late[0]) + 1
        raise ValueError(
            f"column {column} is called {delimited.quoted(late[0])}; time points stand in the first column"
        )
    if len(names) == timed:
        raise ValueError(f"has time points, in the column {delimited.quoted(names[0])}, and no curves beside them")
    if (beyond := np.abs(values[:, timed:]) > largest).any():
        row, column = np.argwhere(beyond)[0]
        value = values[row, column + timed]
        raise ValueError(
            f"row {lines[row]}, column {column + timed + 1}: {value:g} is beyond {largest:g} in size"
            + "; answers lie within (-1, 1), so scale the curves to that" * (largest == LARGEST)
        )
    curves = np.ascontiguousarray(values[:, timed:].T)
    curves.flags.writeable = False
    return Curves(names[timed:], curves, span)


def _span(told: re.Match[str], x: jt.Float[np.ndarray, " T"], lines: jt.Int[np.ndarray, " T"]) -> Span:
    """What time points cover.

    Args:
        told: the name of their column.
        x: the time points.
        lines: of the file, where they stand.

    Raises:
        ValueError: they do not rise evenly, or not over what a span may be.
    """
    column = f"column 1, {delimited.quoted(told[0])}"
    why = "and a first column called x, t or time holds them"
    steps = np.diff(x)
    if not (steps > 0).all():
        row = int((steps > 0).argmin()) + 1
        raise ValueError(f"row {lines[row]}, {column}: {x[row]:g} after {x[row - 1]:g}; time points rise, {why}")
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
