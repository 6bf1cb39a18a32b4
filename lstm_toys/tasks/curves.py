"""Curves from a file. Imports nothing heavy."""

import csv
from pathlib import Path

MOST_POINTS = 100_000
"""Time points of a curve."""


def read_curves(path: Path) -> dict[str, tuple[float, ...]]:
    """The curves in the columns of a CSV file, whose first row may name them.

    Raises:
        ValueError: the file cannot be read, or is not such a table; the argument says why.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(getattr(error, "strerror", None) or "is no CSV file") from None
    names = [f"curve {number}" for number in range(1, len(rows[0]) + 1)] if rows else []
    header = bool(rows) and not any(_is_number(cell) for cell in rows[0])
    if header:
        names = [name.strip() or f"curve {number}" for number, name in enumerate(rows.pop(0), 1)]
    if len(rows) < 2:
        raise ValueError(f"needs at least 2 rows of numbers, the y of successive time points; has {len(rows)}")
    if len(rows) > MOST_POINTS:
        raise ValueError(f"has {len(rows):,} rows; at most {MOST_POINTS:,} are taken")
    if len(set(names)) < len(names):
        raise ValueError("two columns have the same name")
    for number, row in enumerate(rows, 1 + header):
        if len(row) != len(names):
            raise ValueError(f"row {number} has {len(row)} columns, and the first has {len(names)}")
        for cell in row:
            if not _is_number(cell):
                raise ValueError(f"row {number} holds {cell.strip()!r}, which is no finite number")
    return {name: tuple(map(float, column)) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) <= 1e6
    except ValueError:
        return False
