"""Reads curves and tables of numbers from text files, such as CSV. Imports nothing heavy.

Files that could be read in two ways are refused:

- **Files** are regular ones of at most 64 MiB, with at most 100 characters in a cell.
- **Text** is UTF-8, UTF-16 with a byte order mark, or Latin-1 as in Windows (code page 1252).
- **Rows**: lines above the table that begin with ``#`` or ``%`` are comments, and empty rows before the first and after
  the last row of numbers are skipped; between two rows of numbers they are refused, since a time point may be missing.
- **Columns** are separated by tabs, semicolons or commas, of which the first that the second row contains is taken.
  Cells may be in double quotes. Empty cells at the end of a row are ignored.
- **Names** of all columns are in the first row, or in the comment above the numbers, as NumPy writes it.
- **Numbers** are 1, -1.5, +2, .5 or 1e-3. With tabs and semicolons the decimal sign may be a comma, consistently in the
  whole file, unless all commas may separate thousands, as in 1,234.
"""

import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys.files import content
from lstm_toys.tasks.parameters import Span
from lstm_toys.text import quoted

LARGEST, LEAST = 1e6, 1e-9
LARGEST_SCALED, LEAST_SCALED = 1e30, 1e-30
"""Bounds of curves: the largest absolute value, and the smallest allowed maximum of a curve. Without scaling, answers
lie within (-1, 1), and measures take fourth powers in single precision, which ends at 1e-38; scaling is in double."""

UNEVEN = 0.1
"""Largest deviation of a time point from even spacing, in spacings: more than rounding, less than a missing point."""

TIME = re.compile(r"(x|t|time)\s*(?:\(([^()]*)\)|\[([^][]*)\])?", re.IGNORECASE)

NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?", re.ASCII)

LONGEST = 100
"""Most characters of a name or a number; a number in single precision needs a tenth."""

MISSING = {"nan", "inf", "infinity", "na", "n/a", "null", "none"}

THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


class Table(NamedTuple):
    """A table of numbers, with the line number of each row, counted from 1."""

    names: tuple[str, ...]
    values: jt.Float[np.ndarray, "R C"]
    lines: jt.Int[np.ndarray, " R"]


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
    ``time (s)``, that column holds the time points, which must be evenly spaced. `lstm_toys.tasks.curves` describes
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
    table = read_cells(path)
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

    The first row names the columns. `lstm_toys.tasks.curves` describes the formats.

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
    table = read_cells(path)
    check_sizes(table, scaled)
    return table.names, table.values


def check_sizes(table: Table, scaled: bool, first_column: int = 0) -> None:
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


def read_cells(path: Path | str) -> Table:
    """Reads the table in a file.

    Raises ValueError if the file is missing, not a table, or ambiguous; the message gives the reason and position.
    """
    try:
        raw = content(path)
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    lines = [*io.StringIO(_decoded(raw), newline=None)]
    above = [*takewhile(lambda line: line.lstrip()[:1] in ("#", "%") or not line.strip('\t;," \n'), lines)]
    table = lines[len(above) :]
    separator = next((sign for sign in "\t;," if sign in "".join(table[1:2] or table)), ",")
    reader = csv.reader(table, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [(len(above) + reader.line_num, _cells(row)) for row in reader]
    except csv.Error as error:
        raise ValueError(f"row {len(above) + reader.line_num}: {error}") from None
    rows = [(line, row) for line, row in rows if row]
    comment = _cells("".join(above[-1:]).strip().lstrip("#%").split(separator))
    if rows and comment and len(comment) == len(rows[0][1]) and not all(map(_is_name, rows[0][1])):
        rows.insert(0, (len(above), comment))
    names = _names(*rows.pop(0)) if rows else ()
    for line, row in rows:
        row += [""] * (len(names) - len(row))
        if len(row) != len(names):
            raise ValueError(f"row {line} has {len(row)} columns, but the first has {len(names)}")
        for column, cell in enumerate(row, 1):
            if len(cell) > LONGEST:
                raise ValueError(f"row {line}, column {column}: has {len(cell):,} characters, more than {LONGEST}")
            if not NUMBER.fullmatch(cell) or (separator == "," and "," in cell):
                raise ValueError(f"row {line}, column {column}: {quoted(cell)} is not a number")
    for (before, _), (line, _) in pairwise(rows):
        if line > before + 1:
            raise ValueError(
                f"row {before + 1}, column 1: has no number, unlike the rows around it; write the missing values, or "
                "delete the row if nothing is missing"
            )
    cells = [cell for _, row in rows for cell in row]
    commas = [cell for cell in cells if "," in cell]
    if commas and any("." in cell for cell in cells):
        raise ValueError(f"has decimal points, but also numbers with a comma, such as {commas[0]}")
    if commas and all(map(THOUSANDS.fullmatch, commas)):
        two = f"{commas[0].replace(',', '')} or {commas[0].replace(',', '.')}"
        raise ValueError(f"'{commas[0]}' may be {two}, and so may every number with a comma; write decimal points")
    values = np.array([float(cell.replace(",", ".")) for cell in cells]).reshape(-1, max(len(names), 1))
    return Table(names, values, np.array([line for line, _ in rows], int))


def _decoded(raw: bytes) -> str:
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("is not text in UTF-8, UTF-16 or Latin-1")


def _cells(row: list[str]) -> list[str]:
    """Cells with single spaces only, without empty ones at the end."""
    cells = [" ".join(cell.split()) for cell in row]
    while cells and not cells[-1]:
        del cells[-1]
    return cells


def _is_name(cell: str) -> bool:
    """Whether a cell has a letter, and is neither like a number or an error of a spreadsheet nor a missing value."""
    plain = cell.isprintable() and len(cell) <= LONGEST and any(map(str.isalpha, cell))
    return plain and cell[0] not in "-+−.,#0123456789" and cell.lower() not in MISSING


def _names(line: int, cells: list[str]) -> tuple[str, ...]:
    before = set[str]()
    for column, name in enumerate(cells, 1):
        if not _is_name(name):
            index = "; pandas leaves out its index with to_csv(..., index=False)" * (column == 1 and not name)
            raise ValueError(
                f"row {line}, column {column}: {quoted(name)} is not a name; the first row must name all columns, "
                f"such as t, y1, y2, each by at most {LONGEST} characters with a letter{index}"
            )
        if name in before:
            raise ValueError(f"row {line}: two columns have the same name, {quoted(name)}")
        before.add(name)
    return tuple(cells)
