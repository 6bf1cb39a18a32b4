"""Reads tables of numbers from text files. Imports nothing heavy.

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
import io
import re
from itertools import pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys.files import content
from lstm_toys.text import quoted

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


def read(path: Path | str) -> Table:
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
