"""Tables of numbers in text files, as spreadsheets, instruments and programs write them.

pandas reads the numbers; it is loaded with the first file. What it would guess, convert or drop in silence is settled
before and after: the encoding, comments, the separator, the header, and everything that cannot be told for sure.

- **Rows**: blank lines, lines of nothing but separators, and comments are skipped. Cells may be in double quotes. Empty
  cells at the end of a row are ignored.
- **Separator**: a tab, else a semicolon, else a comma, if the second line with content has one, or else the first;
  without any, the file has one column. The second line, since a header may hold other signs than numbers do.
- **Header**: the first row, if no cell in it looks like a number; else the comment right above the numbers, if it has a
  name for each of several columns.
- **Numbers**: 1, -1.5, +2, .5, 1e-3, in ASCII digits, with spaces around. Next to tabs and semicolons the decimal sign
  may be a comma, the same in the whole file.
- **Refused, because it could mean two things**: a first row of numbers that may be names, such as years; commas that
  may be separators or decimal signs; a first column that only counts the rows, as the index of pandas does; tables in
  long form, with one row per value.
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
"""Of a table: what a network answers in about a second; a file may have a row every two bytes."""

SEPARATORS = "\t;,"

LIKE_A_NUMBER = re.compile(
    r"[-+−]?([.,]?\d[\d.,eE+_'’ %-]*|0x[\da-f]+|nan|inf|infinity)|#?n/?a|null|none|[-–—?]+|#\S+[!?]|##+", re.I
)
"""What is not a column name: numbers in any notation, and what stands for a missing one."""

NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?", re.ASCII)

STRANGE = re.compile(rb"[^-+.,;\d\seE]|[eE]\s")
"""What is in no number, but may be in what pandas takes for one: ``TRUE`` is 1 to it, and ``+1e 3`` is 1000."""

AROUND = re.compile(rb"(?m)^[^\S\n]+|[^\S\n]+$")
"""Spaces around a number. Between them and a plus pandas reads a number less exactly than elsewhere."""

MONTH = "(jan|feb|m[aä][riy]|apr|ju[nl]|aug|sep|o[ck]t|nov|de[cz])"

DATE = re.compile(rf"\d([-:/]|\.\d+\.)\d|\d\W*{MONTH}|\b{MONTH}[a-z]*\W*\d", re.I)
"""What a date or a time of day contains."""


class Table(NamedTuple):
    """What a file holds.

    Attributes:
        header: the names of the columns; None if there is no header.
        values: ``[row, column]``.
        lines: the line of each row, counted from 1 as editors do.
    """

    header: tuple[str, ...] | None
    values: jt.Float[np.ndarray, "R C"]
    lines: jt.Int[np.ndarray, " R"]


def read(path: Path | str) -> Table:
    """The table in a regular file.

    Raises:
        ValueError: the file does not exist, cannot be read as a table, or could be read in two ways; the argument says
            why and where in one line.
    """
    raw = textfile.content(path)
    encoding = textfile.encoding(raw)
    separator = _separator(textfile.lines(raw, encoding))
    comments: list[str] = []
    content = textfile.lines(raw, encoding, comments)
    header, width, first = _head(content, separator)
    lines, rows, quotes = array("l"), list[str](), array("l")
    for line, written in chain(first, content):
        if not (row := _row(line, written, separator, width, len(rows) + (header is not None))):
            continue
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
    if header is None and width > 1 and separator == "," and b"." not in text:
        raise ValueError(
            "has no decimal points and no header, so that its commas may be decimal ones: "
            "name the columns in a first row, or separate them by semicolons or tabs"
        )
    quoted_first = len(lines) > 0 and [*quotes] == [lines[0]]
    ambiguity.check_table(header, values, np.array(lines), quoted_first=quoted_first)
    return Table(header, values, np.array(lines))


def _separator(lines: Iterator[tuple[int, str]]) -> str:
    said = [*islice((text for _, text in lines if text.strip(f'{SEPARATORS}" \n')), 2)]
    return next((sign for text in reversed(said) for sign in SEPARATORS if sign in text), ",")


def _head(
    content: Iterator[tuple[int, str]], separator: str
) -> tuple[tuple[str, ...] | None, int, list[tuple[int, str]]]:
    """The header, if the first row is one, the number of columns, and the first row if it is not."""
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
    """The cells of the next row, whose quotes may hold separators and ends of lines."""
    try:
        return next(csv.reader(texts, delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        told = f"row {line} has a double quote that is not closed or within a cell, or a cell without an end"
        raise ValueError(told) from None


def _names(line: int, cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(" ".join(cell.split()) for cell in cells)
    for column, name in enumerate(names, 1):
        if not name and column == 1:
            raise ValueError(f"row {line}, column 1: this column has no name: {LEAVE_OUT}")
        if not name:
            raise ValueError(f"row {line}, column {column}: this column has no name, and others have")
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
    """The names of several columns, if a comment has them."""
    cells = [" ".join(cell.split()) for cell in comment.split(separator)]
    sound = len({*cells}) == width > 1 and all(cell.isprintable() and len(cell) <= 100 for cell in cells)
    return tuple(cells) if sound and not any(not cell or LIKE_A_NUMBER.fullmatch(cell) for cell in cells) else None


def _row(line: int, text: str, separator: str, width: int, above: int) -> str:
    """A row without quotes, and without empty cells at its end; empty: it says nothing."""
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
    return f"row {line} has {count} columns, and the first has {width}{hint}"


def _numbers(
    text: bytes, lines: Sequence[int], separator: str, width: int, *, named: bool
) -> jt.Float[np.ndarray, "R C"]:
    """The numbers of all rows.

    Args:
        text: the rows, without quotes.
        lines: of them.
        separator: between cells.
        width: cells of a row.
        named: whether there are names above.

    Raises:
        ValueError: a cell is not a number.
    """
    if not lines:
        return np.empty((0, max(width, 1)))
    points, commas = b"." in text, separator != "," and b"," in text
    cells = text.replace(separator.encode(), b"\n")
    if b" " in cells or b"\t" in cells:
        cells = AROUND.sub(b"", cells)
    if not STRANGE.search(cells) and not (points and commas):
        with contextlib.suppress(ValueError):
            values = _parsed(cells, "," if commas else ".")
            if len(values) == len(lines) * width and np.isfinite(values).all():
                return values.reshape(-1, width)
    raise ValueError(_first_fault(text.decode().split("\n"), lines, separator, above=int(named)))


def _first_fault(rows: Sequence[str], lines: Sequence[int], separator: str, above: int) -> str:
    """Where the first cell is that is not a number, or the two decimal signs, and what helps."""
    signs: dict[str, int] = {}
    for line, row in zip(lines, rows, strict=True):
        cells = [cell.strip() for cell in row.split(separator)]
        for column, cell in enumerate(cells, 1):
            if fault := _fault(cell, separator):
                return f"row {line}, column {column}: {fault}{_advice(cells, cell, above)}"
        above += 1
        for sign in set(".,") & set(row):
            signs.setdefault(sign, line)
    return f"has a decimal point in row {signs.get('.')} and a decimal comma in row {signs.get(',')}"


def _parsed(text: bytes, decimal: str) -> jt.Float[np.ndarray, " N"]:
    """The numbers in lines of one each. Of a table pandas might take the first column for an index, and it would need
    seven seconds and a gigabyte for 400,000 columns.
    """
    import pandas

    frame = pandas.read_csv(
        io.BytesIO(text),
        decimal=decimal,
        header=None,
        dtype=np.float64,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        sep="|",  # There is none.
        skip_blank_lines=False,
    )
    return frame.to_numpy().ravel()


def _fault(text: str, separator: str) -> str:
    """Why a cell is not a number; empty: it is one."""
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
    return "" if math.isfinite(float(text.replace(",", "."))) else f"{quoted(text)} is beyond what a number can be"


def _advice(cells: Sequence[str], cell: str, above: int) -> str:
    """What helps where a cell is not a number, if that can be told from the row."""
    like = [each for each in cells if LIKE_A_NUMBER.fullmatch(each)]
    if not above and like and cell not in like:
        index = f"; {LEAVE_OUT}" * (not cell)
        return f"{index}; a header is a row without any number: put a letter before {quoted(like[0])}"
    if above != 1 or not cell or cell in like:
        return ""
    if not like:
        return "; units stand next to the names, as in time (s)"
    return "" if DATE.search(cell) else f"; convert text to numbers, or {PIVOT}"
