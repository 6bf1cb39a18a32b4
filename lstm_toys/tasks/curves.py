"""Reads curves from text files, such as CSV. Imports nothing heavy."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import jaxtyping as jt
import numpy as np

from lstm_toys.tasks import textfile
from lstm_toys.tasks.parameters import Span
from lstm_toys.text import quoted

LARGEST, LEAST = 1e6, 1e-9
LARGEST_SCALED, LEAST_SCALED = 1e30, 1e-30
"""Bounds of curves: the largest absolute value, and the smallest allowed maximum of a curve. Without scaling, answers
lie within (-1, 1), and measures take fourth powers in single precision, which ends at 1e-38; scaling is in double."""

UNEVEN = 0.1
"""Largest deviation of a time point from even spacing, in spacings: more than rounding, less than a missing point."""

TIME = re.compile(r"(x|t|time)\s*(?:\(([^()]*)\)|\[([^][]*)\])?", re.IGNORECASE)


@dataclass(frozen=True)
class Curves:
    """Curves from a file, as `lt.read_curves` returns them. They are equal if their digests are.

    Attributes:
        names: the name of each curve, from the first row of the file.
        values: the curves, in the unit of the file, ``[C, T]``.
        span: the range that the time points cover; None if the file has no time points.
        digest: SHA-256 of the names, the span and the values.
    """

    names: tuple[str, ...]
    values: jt.Float[np.ndarray, "C T"] = field(compare=False, repr=False)
    span: Span | None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        metadata = json.dumps([self.names, self.values.shape, self.span and vars(self.span)])
        digest = hashlib.sha256(metadata.encode() + (self.values + 0.0).astype("<f8").tobytes())
        object.__setattr__(self, "digest", digest.hexdigest())


def read_curves(path: Path | str, *, scaled: bool = False) -> Curves:
    """Reads curves from the columns of a text file, such as CSV, with one time point per row.

    The first row names the columns. If it names the first column x, t or time, optionally with a unit, as in
    ``time (s)``, that column holds the time points, which must be evenly spaced. `lstm_toys.tasks.textfile` describes
    the formats.

    Args:
        path: the file, such as ``"mine.csv"``.
        scaled: whether the curves will be scaled before networks are trained on them. Values may then be up to 1e30
            in size, otherwise up to 1e6.

    Returns:
        The curves: their ``names``; ``values``, an array ``[C, T]`` in the unit of the file; and ``span``, the `Span`
        of the time points, or None if the file has none.

    Raises:
        ValueError: the file contains no curves or is ambiguous; the one-line message gives the reason and position.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "mine.csv").write_text("time (s);up;down\\n0;0,1;0,9\\n0,5;0,2;0,8\\n1;0,3;0,7")
        ...     curves = lt.read_curves(Path(folder, "mine.csv"))
        >>> curves.names, curves.span.label, curves.values.tolist()
        (('up', 'down'), 'time (s)', [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7]])
    """
    table = textfile.read(path)
    names, values, lines = table
    if len(values) < 2:
        hint = "; each curve must be a column, not a row" * (len(values) == 1 and len(names) > 2)
        raise ValueError(f"needs at least 2 rows of numbers, one per time point; has {len(values)}{hint}")
    times = [TIME.fullmatch(name) for name in names]
    timed = times[0] is not None
    span = _span(times[0], values[:, 0], lines) if times[0] else None
    steps = np.diff(values[:, 0])
    if any(times[1:]) and not timed:
        raise ValueError("time points must be in the first column, which must be named x, t or time")
    rises = len(steps) > 1 and steps.min() > 0 and np.ptp(steps) < 0.02 * steps.mean()
    if rises and not timed and len(names) > 1:
        raise ValueError(
            f"column 1, {quoted(names[0])}, rises evenly: name it x, t or time if it holds time points, leave it out "
            "if it counts the rows, or, if it is a curve, put a column of time points before it"
        )
    if len(names) == timed:
        raise ValueError(f"has time points in the column {quoted(names[0])}, but no curves")
    check_sizes(table, scaled, timed)
    curves = np.ascontiguousarray(values[:, timed:].T)
    curves.flags.writeable = False
    return Curves(names[timed:], curves, span)


def read_table(path: Path | str, *, scaled: bool = False) -> tuple[tuple[str, ...], jt.Float[np.ndarray, "R C"]]:
    """Reads a table of numbers from a text file, such as CSV, such as targets with a row for each curve.

    The first row names the columns. `lstm_toys.tasks.textfile` describes the formats.

    Args:
        path: the file, such as ``"targets.csv"``.
        scaled: whether the numbers will be scaled before networks are trained on them. They may then be up to 1e30 in
            size, otherwise up to 1e6.

    Returns:
        The names of the columns, and the numbers ``[R, C]``, in the unit of the file.

    Raises:
        ValueError: the file has no table or is ambiguous; the one-line message gives the reason and position.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "targets.csv").write_text("top,mean\\n0.9,0.5\\n0.8,0.4")
        ...     names, numbers = lt.read_table(Path(folder, "targets.csv"))
        >>> names, numbers.tolist()
        (('top', 'mean'), [[0.9, 0.5], [0.8, 0.4]])
    """
    table = textfile.read(path)
    check_sizes(table, scaled)
    return table.names, table.values


def check_sizes(table: textfile.Table, scaled: bool, first_column: int = 0) -> None:
    """Raises ValueError if values of a table, from ``first_column`` on, cannot be squared in single precision."""
    largest, least = (LARGEST_SCALED, LEAST_SCALED) if scaled else (LARGEST, LEAST)
    sizes = np.abs(table.values)
    sizes[:, :first_column] = 0
    if (beyond := sizes > largest).any():
        row, column = np.argwhere(beyond)[0]
        raise ValueError(
            f"row {table.lines[row]}, column {column + 1}: {table.values[row, column]:g} exceeds {largest:g} in size"
            + "; answers lie within (-1, 1), so scale the curves to this range" * (not scaled)
        )
    most = sizes.max(axis=0, initial=0.0)
    if (vanishing := (most > 0) & (most < least)).any():
        column = int(vanishing.argmax())
        raise ValueError(
            f"column {column + 1}, {quoted(table.names[column])}: no value exceeds {most[column]:g} in size, so that "
            "their squares are 0 in single precision; scale them, or write 0"
        )


def _span(name: re.Match[str], x: jt.Float[np.ndarray, " T"], lines: jt.Int[np.ndarray, " T"]) -> Span:
    """Returns the range of evenly spaced time points, or raises ValueError. ``name``: their name, matched by `TIME`."""
    column = f"column 1, {quoted(name[0])}"
    steps = np.diff(x)
    if not (steps > 0).all():
        row = int((steps > 0).argmin()) + 1
        raise ValueError(f"row {lines[row]}, {column}: {x[row]:g} after {x[row - 1]:g}; time points must rise")
    deviation = np.abs(x - np.linspace(x[0], x[-1], len(x))) / steps.mean()
    if deviation.max() > UNEVEN:
        usual = np.median(steps)
        row = int(np.abs(steps - usual).argmax()) + 1
        raise ValueError(
            f"row {lines[row]}, {column}: {steps[row - 1]:g} after the previous one, but usually {usual:g}; "
            "time points must be evenly spaced"
        )
    try:
        return Span(float(x[0]), float(x[-1]), unit=(name[2] or name[3] or "").strip(), name=name[1])
    except ValueError as error:
        raise ValueError(f"{column}: {error}; subtract the first time point, or choose another unit") from None
