"""Reads tables of numbers from text files of spreadsheets, instruments and programs.

pandas parses the numbers; it is imported with the first file. Everything that it would guess, convert or drop silently
is decided here: the encoding, comments, the separator, the header, and everything ambiguous.

- **Rows**: comments are skipped, and so are empty rows, blank or with separators only, before the first and after the
  last row of numbers; between two rows of numbers they are refused, since a time point may be missing. Cells may be in
  double quotes. Empty cells at the end of a row are ignored.
- **Separator**: a tab, semicolon or comma, in this order, found in the second line with content, or else in the first;
  without any, the file has one column. The second line has priority, since a header may contain other signs.
- **Header**: the first row, if none of its cells looks like a number; else the comment directly above the numbers, if
  it has a name for each of several columns.
- **Numbers**: 1, -1.5, +2, .5, 1e-3, in ASCII digits, optionally with spaces around. With tabs and semicolons the
  decimal sign may be a comma, consistently in the whole file.
- **Refused as ambiguous**: a first row of numbers that may be names, such as years; commas that may be separators or
  decimal signs, or that may separate thousands; a first column that only counts the rows, such as the index of pandas;
  tables in long form, with one row per value.
"""

from __future__ import annotations

import contextlib
import csv
import io
import math
import re
import string
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys.tasks import ambiguity, textfile
from lstm_toys.tasks.ambiguity import LEAVE_OUT, PIVOT
from lstm_toys.tasks.textfile import quoted

MOST_ROWS = 1_000_000
"""Maximum number of rows, which a network answers in about a second; a row may be as short as two bytes."""

SEPARATORS = "\t;,"

LIKE_A_NUMBER = re.compile(
    r"[-+−]?([.,]?\d[\d.,eE+_'’ %-]*|0x[\da-f]+|nan|inf|infinity)|#?n/?a|null|none|[-–—?]+|#\S+[!?]|##+", re.I
)
"""Cells that are not column names: numbers in any notation, and markers of missing values."""

NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?", re.ASCII)

STRANGE = re.compile(rb"[^-+.,;\d\seE]|[eE]\s")
"""Bytes that no number contains, but that pandas accepts: it reads ``TRUE`` as 1, and ``+1e 3`` as 1000."""

WITH_COMMA = re.compile(rb"(?m)^[^\n,]*,.*$")
THOUSANDS = re.compile(rb"[-+]?[1-9]\d{0,2},\d{3}")
"""Lines with a comma, and numbers whose comma may separate thousands."""

AROUND = re.compile(rb"(?m)^[^\S\n]+|[^\S\n]+$")
"""Spaces around a number; pandas parses a plus sign after a space less exactly."""

MONTH = "(jan|feb|m[aä][riy]|apr|ju[nl]|aug|sep|o[ck]t|nov|de[cz])"

DATE = re.compile(rf"\d([-:/]|\.\d+\.)\d|\d\W*{MONTH}|\b{MONTH}[a-z]*\W*\d", re.I)
"""Patterns of dates and times of day."""


class Table(NamedTuple):
    """A table of numbers, with the line number of each row, counted from 1; ``header`` is None without names."""

    header: tuple[str, ...] | None
    values: jt.Float[np.ndarray, "R C"]
    lines: jt.Int[np.ndarray, " R"]


def read(path: Path | str) -> Table:
    """Reads the table in a regular file.

    Raises:
        ValueError: the file is missing, not a table, or ambiguous; the one-line message gives the reason and position.
    """
    raw = textfile.content(path)
    encoding = textfile.encoding(raw)
    separator = _separator(textfile.lines(raw, encoding))
    comments: list[str] = []
    content = textfile.lines(raw, encoding, comments)
    header, width, first = _head(content, separator)
    lines, rows, quotes = array("l"), list[str](), array("l")
    empty = gap = 0
    for line, written in chain(first, content):
        if not (row := _row(line, written, separator, width, len(rows) + (header is not None))):
            empty = empty or (line if rows else 0)
            continue
        gap = gap or empty
        rows.append(row)
        lines.append(line)
        if '"' in written:
            quotes.append(line)
        if header is None and len(rows) == 1 and comments:
            header = _commented(comments[-1], separator, width)
        if len(rows) > MOST_ROWS:
            raise ValueError(f"has more than {MOST_ROWS:,} rows of numbers")
    text = "\n".join(rows).encode()
    del raw, rows, content
    values = _numbers(text, lines, separator, width, named=header is not None)
    if gap:
        raise ValueError(
            f"row {gap}, column 1: has no number, unlike the rows around it; write the missing values, or delete the "
            "row if nothing is missing"
        )
    if header is None and width > 1 and separator == "," and b"." not in text:
        raise ValueError(
            "has no decimal points and no header, so that its commas may be decimal commas: "
            "name the columns in a first row, or separate them by semicolons or tabs"
        )
    quoted_first = len(lines) > 0 and [*quotes] == [lines[0]]
    ambiguity.check_table(header, values, np.array(lines), quoted_first=quoted_first)
    return Table(header, values, np.array(lines))


def _separator(lines: Iterator[tuple[int, str]]) -> str:
    samples = [*islice((text for _, text in lines if text.strip(f'{SEPARATORS}" \n')), 2)]
    return next((sign for text in reversed(samples) for sign in SEPARATORS if sign in text), ",")


def _head(
    content: Iterator[tuple[int, str]], separator: str
) -> tuple[tuple[str, ...] | None, int, list[tuple[int, str]]]:
    """The header, if there is one, the number of columns, and the first row unless it is the header."""
    for line, text in content:
        cells = _cells(line, chain([text], (text for _, text in content)), separator)
        while cells and not cells[-1].strip():
            del cells[-1]
        if any(LIKE_A_NUMBER.fullmatch(cell.strip()) for cell in cells):
            return None, len(cells), [(line, text)]
        if cells:
            return _names(line, cells), len(cells), []
    return None, 0, []


def _cells(line: int, texts: Iterator[str], separator: str) -> list[str]:
    """The cells of the next row; quoted cells may contain separators and line ends."""
    try:
        return next(csv.reader(texts, delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        message = f"row {line} has an unclosed double quote, one within a cell, or a cell that does not end"
        raise ValueError(message) from None


def _names(line: int, cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(" ".join(cell.split()) for cell in cells)
    for column, name in enumerate(names, 1):
        if not name and column == 1:
            raise ValueError(f"row {line}, column 1: this column has no name: {LEAVE_OUT}")
        if not name:
            raise ValueError(f"row {line}, column {column}: this column has no name, but others do")
        if not name.isprintable():
            raise ValueError(
                f"row {line}, column {column}: the name {quoted(name)} has characters that cannot be shown"
            )
        if len(name) > 100:
            raise ValueError(f"row {line}, column {column}: the name {quoted(name)} has more than 100 characters")
    columns: dict[str, int] = {}
    for column, name in enumerate(names, 1):
        if (before := columns.setdefault(name, column)) < column:
            raise ValueError(f"row {line}: columns {before} and {column} have the same name, {quoted(name)}")
    return names


def _commented(comment: str, separator: str, width: int) -> tuple[str, ...] | None:
    """The names of several columns, if a comment contains them."""
    cells = [" ".join(cell.split()) for cell in comment.split(separator)]
    sound = len({*cells}) == width > 1 and all(cell.isprintable() and len(cell) <= 100 for cell in cells)
    return tuple(cells) if sound and not any(not cell or LIKE_A_NUMBER.fullmatch(cell) for cell in cells) else None


def _row(line: int, text: str, separator: str, width: int, above: int) -> str:
    """A row without quotes and without empty cells at its end; empty if nothing remains."""
    if '"' in text:
        cells = _cells(line, iter([text]), separator)
        for column, cell in enumerate(cells, 1):
            if separator in cell:
                raise ValueError(f"row {line}, column {column}: {_fault(cell.strip(), separator)}")
        text = separator.join(cells)
    ends = separator + string.whitespace
    if text.count(separator) >= width or not text.strip(ends):
        text = text.rstrip(ends)
    if text and (count := text.count(separator) + 1) != width:
        raise ValueError(_unequal(line, text, count, width, separator, above))
    return text.rstrip("\n")


def _unequal(line: int, text: str, count: int, width: int, separator: str, above: int) -> str:
    hint = ""
    if separator == "," and re.fullmatch(r"[-+\d\s,]+", text):
        hint = "; numbers with decimal commas need semicolons or tabs between them"
    elif width == 1:
        hint = "; text above the table begins with #"
    elif above == 1 and count == width + 1:
        hint = f"; the names may lack one for the first column: {LEAVE_OUT}"
    return f"row {line} has {count} columns, but the first has {width}{hint}"


def _numbers(
    text: bytes, lines: Sequence[int], separator: str, width: int, *, named: bool
) -> jt.Float[np.ndarray, "R C"]:
    """Parses the rows, which contain no quotes; raises ValueError if a cell is not a number."""
    if not lines:
        return np.empty((0, max(width, 1)))
    points, commas = b"." in text, separator != "," and b"," in text
    cells = text.replace(separator.encode(), b"\n")
    if b" " in cells or b"\t" in cells:
        cells = AROUND.sub(b"", cells)
    values = np.empty(0)
    if not STRANGE.search(cells) and not (points and commas):
        with contextlib.suppress(ValueError):
            values = _parsed(cells, "," if commas else ".")
    if len(values) != len(lines) * width or not np.isfinite(values).all():
        raise ValueError(_first_fault(text.decode().split("\n"), lines, separator, above=int(named)))
    if commas:
        _check_commas(cells, lines, width)
    return values.reshape(-1, width)


def _check_commas(cells: bytes, lines: Sequence[int], width: int) -> None:
    """Raises ValueError if every comma in these numbers, one per line, may separate thousands."""
    first = None
    for found in WITH_COMMA.finditer(cells):
        if not THOUSANDS.fullmatch(found[0]):
            return
        first = first or found
    if first:
        row, column = divmod(cells.count(b"\n", 0, first.start()), width)
        number = first[0].decode()
        raise ValueError(
            f"row {lines[row]}, column {column + 1}: '{number}' may be {number.replace(',', '')} or "
            f"{number.replace(',', '.')}, and so may every other number with a comma; write decimal points"
        )


def _first_fault(rows: Sequence[str], lines: Sequence[int], separator: str, above: int) -> str:
    """Describes the first cell that is not a number, or the two decimal signs, with advice."""
    signs: dict[str, int] = {}
    for line, row in zip(lines, rows, strict=True):
        cells = [cell.strip() for cell in row.split(separator)]
        for column, cell in enumerate(cells, 1):
            if fault := _fault(cell, separator):
                return f"row {line}, column {column}: {fault}{_advice(cells, cell, above)}"
        above += 1
        for sign in set(".,") & set(row):
            signs.setdefault(sign, line)
    return f"has a decimal point in row {signs.get('.')}, but a decimal comma in row {signs.get(',')}"


def _parsed(text: bytes, decimal: str) -> jt.Float[np.ndarray, " N"]:
    """Parses one number per line. From a table, pandas might take the first column for an index, and 400,000 columns
    would need seven seconds and a gigabyte.
    """
    import pandas

    frame = pandas.read_csv(
        io.BytesIO(text),
        decimal=decimal,
        header=None,
        dtype=np.float64,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        sep="|",  # Never occurs.
        skip_blank_lines=False,
    )
    return frame.to_numpy().ravel()


def _fault(text: str, separator: str) -> str:
    """Explains why a cell is not a number; empty if it is one."""
    if not text:
        return "is empty"
    if not NUMBER.fullmatch(text):
        parts = text.split()
        hint = ""
        if len(parts) > 1 and all(map(NUMBER.fullmatch, parts)):
            hint = "; columns are separated by commas, semicolons or tabs"
        elif DATE.search(text):
            hint = "; convert dates and times to numbers, such as seconds from the first"
        return f"{quoted(text)} is not a number{hint}"
    if "," in text and separator == ",":
        return f"{quoted(text)} has a comma; decimal commas need semicolons or tabs between the numbers"
    return "" if math.isfinite(float(text.replace(",", "."))) else f"{quoted(text)} is too large for a number"


def _advice(cells: Sequence[str], cell: str, above: int) -> str:
    like = [each for each in cells if LIKE_A_NUMBER.fullmatch(each)]
    if not above and like and cell not in like:
        index = f"; {LEAVE_OUT}" * (not cell)
        return f"{index}; a header must not contain numbers: put a letter before {quoted(like[0])}"
    if above != 1 or not cell or cell in like:
        return ""
    if not like:
        return "; put units next to the names, as in time (s)"
    return "" if DATE.search(cell) else f"; convert text to numbers, or {PIVOT}"
