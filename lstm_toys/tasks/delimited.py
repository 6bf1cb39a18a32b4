"""Tables of numbers in text files, as spreadsheets, instruments and programs write them. Imports nothing heavy.

What a file may be, and how it is told:

- **Separator**: a tab, else a semicolon, else a comma, if the second line that says something has one, or else the
  first; without any, the file has one column. The second line, since a header may hold other signs than numbers do.
- **Header**: the first row, if none of its cells looks like a number; else the comment right above the numbers, if it
  has a name for each of several columns. What looks like a number is one, whatever its size; but a first row that only
  counts, as years do, is refused, since it may as well be names.
- **Numbers**: 1, -1.5, +2, .5, 1e-3, in ASCII digits, with spaces around. Beside tabs and semicolons the decimal sign
  may be a comma, the same in the whole file. Beside commas it may not: quoted ones are refused, and so is a table that
  has neither a header nor any decimal point, of which nobody can say whether 0,5 is one number or two.
- **Text**: UTF-8, UTF-16 or UTF-32 with their marks, else UTF-8, else Latin-1 as Windows has it (code page 1252). Lines
  end in any of the three ways; blank ones, those of nothing but separators, those that begin with ``#`` or ``%``, and a
  first one such as ``sep=;`` are passed over. Cells may stand in double quotes. What is empty at the end of rows is no
  column.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import os
import re
import stat
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

MOST_BYTES = 2**26
"""Of a file, which is held beside its numbers. These take two bytes in it at least and 8 each, three times over while
they are turned into columns: some 14 times the bytes of the file, 1 GiB, which any machine has."""

MOST_ROWS = 1_000_000
"""Of a table: what a network answers in about a second; a file may have a row every two bytes."""

MOST_CHARACTERS = 2**20
"""Of a line. A cell takes two characters at least, and some 60 bytes while its row is split."""

SEPARATORS = "\t;,"

MARKS = (  # That of UTF-16 is the beginning of one of UTF-32.
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file begins with that says how its text is written."""

LIKE_A_NUMBER = re.compile(r"[-+−]?([.,]?\d[\d.,eE+_'’ %-]*|0x[\da-f]+|nan|inf|infinity)|n/?a|null|none|[-–—?]+", re.I)
"""What no name of a column is: numbers in any notation, and what stands where one is missing."""

DATE = re.compile(r"\d([-:/]|\.\d+\.)\d")
"""What a date or a time of day has somewhere."""

SEP = re.compile(r'\s*"?sep=.?"?\s*', re.I)
"""What tells a spreadsheet the separator."""

NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?", re.ASCII)


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
        ValueError: there is none, or no such file; the argument says why and where in one line.
    """
    raw = _content(path)
    encoding = _encoding(raw)
    separator = _separator(_lines(raw, encoding))
    comments: list[str] = []
    reader = csv.reader(_lines(raw, encoding, comments), delimiter=separator, skipinitialspace=True, strict=True)
    header: tuple[str, ...] | None = None
    numbers, lines = array("d"), array("l")
    signs: dict[str, int] = {}
    width = 0
    for line, cells in _rows(reader):
        if len(cells) != width or not cells[-1].strip():
            filled = max((column for column, cell in enumerate(cells, 1) if cell.strip()), default=0)
            if not filled:
                continue
            if not width:
                width = filled
                if not any(LIKE_A_NUMBER.fullmatch(cell.strip()) for cell in cells):
                    header = _names(line, cells[:width])
                    continue
            if filled > width or len(cells) < width:
                raise ValueError(_unequal(line, cells, max(filled, len(cells[:width])), width, separator))
            cells = cells[:width]
        if header is None and not lines and comments:
            header = _commented(comments[-1], separator, width)
        text = "".join(cells)
        numbers.extend(_numbers(line, cells, text, separator, above=len(lines) + (header is not None)))
        lines.append(line)
        if len(lines) > MOST_ROWS:
            raise ValueError(f"has more than {MOST_ROWS:,} rows of numbers")
        for sign in ".,":
            if sign in text and sign not in signs:
                signs[sign] = line
    if len(signs) > 1:
        raise ValueError(f"has a decimal point in row {signs['.']} and a decimal comma in row {signs[',']}")
    if header is None and width > 1 and separator == "," and not signs:
        raise ValueError(
            "has no decimal points and no header, so that its commas may be decimal ones: "
            "name the columns in a first row, or separate them by semicolons or tabs"
        )
    values = np.array(numbers).reshape(-1, max(width, 1))
    if header is None and width > 2 and len(lines) > 1 and _counts(values[0]) and not _counts(values[1]):
        low, high = values[0, 0], values[0, -1]
        raise ValueError(
            f"row {lines[0]} counts from {low:g} to {high:g}: if these are names of columns, put a letter before them, "
            f"such as y{low:g}, and if they are values, name the columns in a row above"
        )
    return Table(header, values, np.array(lines))


def quoted(text: str) -> str:
    """The text of a cell as a message has it: at most 40 characters, and none that a terminal would obey."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _content(path: Path | str) -> bytes:
    try:
        # A FIFO that nobody writes to would keep whoever opens it waiting.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("is no regular file")
            # What /proc has tells no size.
            if status.st_size > MOST_BYTES or len(raw := file.read(MOST_BYTES + 1)) > MOST_BYTES:
                size = f"{status.st_size:,} bytes" if status.st_size else "more"
                raise ValueError(f"holds {size}; files of at most {MOST_BYTES:,} bytes are read")
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    return raw


def _encoding(raw: bytes) -> str:
    if raw.startswith(b"PK\x03\x04"):
        raise ValueError("is a workbook or an archive; save the sheet as CSV")
    marked = next((encoding for mark, encoding in MARKS if raw.startswith(mark)), None)
    if not marked and b"\0" in raw:
        raise ValueError("holds NUL bytes: it is no text, or UTF-16 without the mark that says so")
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        if _decodes(raw, encoding):
            return encoding
    raise ValueError("is no text in UTF-8, UTF-16 or Latin-1")


def _decodes(raw: bytes, encoding: str) -> bool:
    content = io.BytesIO(raw)
    try:
        for _ in codecs.iterdecode(iter(lambda: content.read(2**20), b""), encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _lines(raw: bytes, encoding: str, comments: list[str] | None = None) -> Iterator[str]:
    """The lines of a file; a comment is an empty one, so that the others keep their numbers.

    Args:
        raw: the file.
        encoding: of it.
        comments: what is said in them is added, when they are passed over.
    """
    file = io.TextIOWrapper(io.BytesIO(raw), encoding, newline="")
    for number, line in enumerate(iter(lambda: file.readline(MOST_CHARACTERS), ""), 1):
        if len(line) == MOST_CHARACTERS:
            told = f"row {number} has {MOST_CHARACTERS:,} characters or more; a curve is a column, and not a row"
            raise ValueError(told)
        if line.lstrip().startswith(("#", "%")):
            if comments is not None:
                comments.append(line.strip().lstrip("#%").strip())
            yield "\n"
        else:
            yield "\n" if number == 1 and SEP.fullmatch(line) else line


def _separator(lines: Iterator[str]) -> str:
    said = [*islice((line for line in lines if line.strip(f'{SEPARATORS}" \r\n')), 2)]
    return next((sign for line in reversed(said) for sign in SEPARATORS if sign in line), ",")


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows that have cells, and the lines that they begin on."""
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        told = f"row {line} has a double quote that is not closed or within a cell, or a cell without an end"
        raise ValueError(told) from None


def _names(line: int, cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(" ".join(cell.split()) for cell in cells)
    for column, name in enumerate(names, 1):
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


def _counts(row: jt.Float[np.ndarray, " C"]) -> bool:
    """Whether numbers are whole, and each one more than the one before."""
    return bool((row == np.round(row)).all() and (np.diff(row) == 1).all())


def _unequal(line: int, cells: Sequence[str], count: int, width: int, separator: str) -> str:
    whole = separator == "," and re.fullmatch(r"[-+\d\s]+", "".join(cells))
    hint = "; numbers with decimal commas need semicolons or tabs between them" if whole else ""
    hint = hint or "; what stands above the table begins with #" * (width == 1)
    return f"row {line} has {count} columns, and the first has {width}{hint}"


def _numbers(line: int, cells: Sequence[str], text: str, separator: str, *, above: int) -> list[float]:
    """The numbers of a row.

    Args:
        line: of the row.
        cells: of it.
        text: of all of them.
        separator: between them.
        above: how many rows stand above it.

    Raises:
        ValueError: one is none.
    """
    if text.isascii() and "_" not in text:
        try:
            numbers = [*map(float, cells)]
        except ValueError:
            numbers = [math.nan]
        if all(map(math.isfinite, numbers)):
            return numbers
    numbers = []
    for column, cell in enumerate(cells, 1):
        try:
            numbers.append(_number(cell.strip(), separator))
        except ValueError as error:
            raise ValueError(f"row {line}, column {column}: {error}{_advice(cells, cell, above)}") from None
    return numbers


def _advice(cells: Sequence[str], cell: str, above: int) -> str:
    """What helps where a cell is no number, if that can be told from the row."""
    like = [each.strip() for each in cells if LIKE_A_NUMBER.fullmatch(each.strip())]
    if cell.strip() in like:
        return ""
    if not above and like:
        return f"; a header is a row without any number: put a letter before {quoted(like[0])}"
    return "; units stand beside the names, as in time (s)" if above == 1 and not like and cell.strip() else ""


def _number(text: str, separator: str) -> float:
    if not text:
        raise ValueError("is empty")
    comma = "," in text
    if comma and separator == ",":
        raise ValueError(f"{quoted(text)} has a comma; decimal commas need semicolons or tabs between the numbers")
    if not NUMBER.fullmatch(text):
        parts = text.split()
        spaced = len(parts) > 1 and all(map(NUMBER.fullmatch, parts))
        hint = "; columns are separated by commas, semicolons or tabs" * spaced
        hint = hint or "; a date or time is told in numbers, such as seconds from the first" * bool(DATE.search(text))
        raise ValueError(f"{quoted(text)} is no number{hint}")
    if not math.isfinite(value := float(text.replace(",", "."))):
        raise ValueError(f"{quoted(text)} is beyond what a number can be")
    return value
