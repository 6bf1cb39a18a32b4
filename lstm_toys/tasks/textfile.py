"""Reads tables of numbers from text files of spreadsheets, instruments and programs. Imports nothing heavy.

Everything that a reader could guess, convert or drop silently is decided here:

- **Text** is UTF-8, UTF-16 or UTF-32 with a byte order mark, else UTF-8, else Latin-1 as in Windows (code page 1252).
  Lines may end in any of the three ways.
- **Comments** begin with ``#`` or ``%``, except for spreadsheet errors such as ``#N/A``; a first line such as
  ``sep=;`` is one, too.
- **Rows**: comments are skipped, and so are empty rows, blank or with separators only, before the first and after the
  last row of numbers; between two rows of numbers they are refused, since a time point may be missing. Cells may be in
  double quotes. Empty cells at the end of a row are ignored.
- **Separator**: a tab, semicolon or comma, in this order, found in the second line with content, or else in the first;
  without any, the file has one column. The second line has priority, since a header may contain other signs.
- **Header**: the first row, if none of its cells looks like a number; else the comment directly above the numbers, if
  it has a name for each of several columns.
- **Numbers**: 1, -1.5, +2, .5, 1e-3, in ASCII digits, optionally with spaces around. With tabs and semicolons the
  decimal sign may be a comma, consistently in the whole file.
- **Ambiguous** tables are refused: commas that may be separators or decimal signs, or that may separate thousands, and
  what `lstm_toys.tasks.ambiguity` finds.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import math
import os
import re
import stat
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys import opened
from lstm_toys.tasks import ambiguity
from lstm_toys.tasks.ambiguity import LEAVE_OUT, PIVOT
from lstm_toys.text import quoted

MOST_BYTES = 2**26
MOST_CHARACTERS = 2**20
MOST_ROWS = 1_000_000
"""Maximum size of a file, length of a line, and number of rows. Reading takes about 14 times as much memory as the file
has bytes, 1 GiB; a network answers a million rows in about a second."""

MARKS = (  # UTF-32 first: its mark begins with one of UTF-16.
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

SPACES = re.compile(r"[^\S\t\n]")

SEP = re.compile(r'\s*"?sep=.?"?\s*', re.I)
"""A first line that declares the separator to spreadsheets."""

ERROR = re.compile(r'\s*"?#(N/A|DIV/0!|REF!|VALUE!|NUM!|NAME\?|NULL!|#+\s*"?[\t;,])')
"""A cell with a spreadsheet error, or one that was too narrow: not a comment, although it begins like one."""

HIDDEN = re.compile(r"\s*##+\s*")
"""A line that may be the only cell of a row, too narrow for its number, or decorate a comment."""

SEPARATORS = "\t;,"

LIKE_A_NUMBER = re.compile(
    r"[-+−]?([.,]?\d[\d.,eE+_'’ %-]*|0x[\da-f]+|nan|inf|infinity)|#?n/?a|null|none|[-–—?]+|#\S+[!?]|##+", re.I
)
"""Cells that are not column names: numbers in any notation, and markers of missing values."""

NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?", re.ASCII)

STRANGE = re.compile(r"[^-+.,\deE]", re.ASCII)
"""Characters that no number contains; Python also accepts ``1_6``, ``nan``, and digits of every script."""

THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")

MONTH = "(jan|feb|m[aä][riy]|apr|ju[nl]|aug|sep|o[ck]t|nov|de[cz])"

DATE = re.compile(rf"\d([-:/]|\.\d+\.)\d|\d\W*{MONTH}|\b{MONTH}[a-z]*\W*\d", re.I)


class Table(NamedTuple):
    """A table of numbers, with the line number of each row, counted from 1; ``header`` is None without names."""

    header: tuple[str, ...] | None
    values: jt.Float[np.ndarray, "R C"]
    lines: jt.Int[np.ndarray, " R"]


def content(path: Path | str) -> bytes:
    """Reads a regular file of at most `MOST_BYTES`; raises ValueError."""
    try:
        # Opening a FIFO without a writer would block.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("is not a regular file")
            # Files in /proc report no size.
            if status.st_size > MOST_BYTES or len(raw := file.read(MOST_BYTES + 1)) > MOST_BYTES:
                size = f"{status.st_size:,} bytes" if status.st_size else "more"
                raise ValueError(f"has {size}; files may have at most {MOST_BYTES:,} bytes")
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    opened.note(path)
    return raw


def read(path: Path | str) -> Table:
    """Reads the table in a regular file.

    Raises ValueError if the file is missing, not a table, or ambiguous; the message gives the reason and position.
    """
    text, comments = _decoded(content(path)), list[str]()
    separator, lines = _separator(text), _lines(text, comments)
    header, width, first = _head(lines, separator)
    numbers, places, quotes = array("d"), array("l"), array("l")
    signs: dict[str, int] = {}  # The first row with each decimal sign.
    comma, decimal = None, False  # The first number with a comma, and whether one is certainly a decimal comma.
    for line, cells, has_quotes in _rows(chain(first, lines), separator, width, named=header is not None):
        if header is None and not places and comments:
            header = _commented(comments[-1], separator, width)
        numbers.extend(_parsed(line, cells, separator, len(places) + (header is not None)))
        places.append(line)
        if len(places) > MOST_ROWS:
            raise ValueError(f"has more than {MOST_ROWS:,} rows of numbers")
        if has_quotes:
            quotes.append(line)
        joined = "".join(cells)
        for sign in {".", ","}.intersection(joined):
            signs.setdefault(sign, line)
        if len(signs) > 1:
            raise ValueError(f"has a decimal point in row {signs['.']}, but a decimal comma in row {signs[',']}")
        if "," in joined and not decimal:
            with_comma = [(column, cell) for column, cell in enumerate(cells, 1) if "," in cell]
            comma = comma or (line, *with_comma[0])
            decimal = not all(THOUSANDS.fullmatch(cell) for _, cell in with_comma)
    if comma and not decimal:
        line, column, cell = comma
        raise ValueError(
            f"row {line}, column {column}: '{cell}' may be {cell.replace(',', '')} or {cell.replace(',', '.')}, "
            "and so may every other number with a comma; write decimal points"
        )
    if header is None and width > 1 and separator == "," and places and "." not in signs:
        raise ValueError(
            "has no decimal points and no header, so that its commas may be decimal commas: "
            "name the columns in a first row, or separate them by semicolons or tabs"
        )
    table = Table(header, np.array(numbers).reshape(-1, max(width, 1)), np.array(places, int))
    ambiguity.check_table(*table, quoted_first=len(places) > 0 and [*quotes] == [places[0]])
    return table


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"PK\x03\x04"):
        raise ValueError("is a workbook or an archive; save the sheet as CSV")
    marked = next((encoding for mark, encoding in MARKS if raw.startswith(mark)), None)
    if not marked and b"\0" in raw:
        raise ValueError("contains NUL bytes: it is not text, or UTF-16 without a byte order mark")
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    raise ValueError("is not text in UTF-8, UTF-16 or Latin-1")


def _lines(text: str, comments: list[str]) -> Iterator[tuple[int, str]]:
    """Yields numbered lines; comments are appended to ``comments`` instead, and empty if they may hide a number."""
    file = io.StringIO(text, newline=None)
    for number, line in enumerate(iter(lambda: file.readline(MOST_CHARACTERS), ""), 1):
        if len(line) == MOST_CHARACTERS:
            message = f"row {number} has {MOST_CHARACTERS:,} characters or more; each curve must be a column, not a row"
            raise ValueError(message)
        if line.lstrip().startswith(("#", "%")) and not ERROR.match(line):
            comments.append(line.strip().lstrip("#%").strip())
            if HIDDEN.fullmatch(line):
                yield number, ""
        elif number > 1 or not SEP.fullmatch(line):
            yield number, SPACES.sub(" ", line)


def _separator(text: str) -> str:
    samples = [*islice((line for _, line in _lines(text, []) if line.strip(f'{SEPARATORS}" \n')), 2)]
    return next((sign for line in reversed(samples) for sign in SEPARATORS if sign in line), ",")


def _head(
    lines: Iterator[tuple[int, str]], separator: str
) -> tuple[tuple[str, ...] | None, int, list[tuple[int, str]]]:
    """The header, if there is one, the number of columns, and the first row unless it is the header."""
    for line, text in lines:
        cells = _cells(line, chain([text], (text for _, text in lines)), separator)
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
    columns: dict[str, int] = {}
    for column, name in enumerate((" ".join(cell.split()) for cell in cells), 1):
        place = f"row {line}, column {column}"
        if not name:
            raise ValueError(f"{place}: this column has no name{', but others do' if column > 1 else f': {LEAVE_OUT}'}")
        if not name.isprintable():
            raise ValueError(f"{place}: the name {quoted(name)} has characters that cannot be shown")
        if len(name) > 100:
            raise ValueError(f"{place}: the name {quoted(name)} has more than 100 characters")
        if (before := columns.setdefault(name, column)) < column:
            raise ValueError(f"row {line}: columns {before} and {column} have the same name, {quoted(name)}")
    return tuple(columns)


def _commented(comment: str, separator: str, width: int) -> tuple[str, ...] | None:
    cells = [" ".join(cell.split()) for cell in comment.split(separator)]
    sound = len({*cells}) == width > 1 and all(cell.isprintable() and len(cell) <= 100 for cell in cells)
    return tuple(cells) if sound and not any(not cell or LIKE_A_NUMBER.fullmatch(cell) for cell in cells) else None


def _rows(
    lines: Iterator[tuple[int, str]], separator: str, width: int, *, named: bool
) -> Iterator[tuple[int, list[str], bool]]:
    """Yields the line, the cells, and whether there are quotes, of each row that is not empty; raises ValueError."""
    rows, empty = 0, 0
    for line, text in lines:
        cells = _cells(line, iter([text]), separator) if '"' in text else text.split(separator)
        cells = [cell.strip() for cell in cells]
        while len(cells) > width and not cells[-1]:
            del cells[-1]
        if not any(cells):
            empty = empty or (line if rows else 0)
            continue
        if len(cells) != width:
            raise ValueError(_unequal(line, text, len(cells), width, separator, rows + named))
        yield line, cells, '"' in text
        if empty:
            raise ValueError(
                f"row {empty}, column 1: has no number, unlike the rows around it; write the missing values, or delete "
                "the row if nothing is missing"
            )
        rows += 1


def _unequal(line: int, text: str, count: int, width: int, separator: str, above: int) -> str:
    hint = ""
    if separator == "," and re.fullmatch(r"[-+\d\s,]+", text):
        hint = "; numbers with decimal commas need semicolons or tabs between them"
    elif width == 1:
        hint = "; text above the table begins with #"
    elif above == 1 and count == width + 1:
        hint = f"; the names may lack one for the first column: {LEAVE_OUT}"
    return f"row {line} has {count} columns, but the first has {width}{hint}"


def _parsed(line: int, cells: Sequence[str], separator: str, above: int) -> list[float]:
    """The numbers of a row with ``above`` rows above it; raises ValueError for the first cell that is not a number."""
    try:
        if STRANGE.search("".join(cells)):
            raise ValueError
        numbers = [float(cell if separator == "," else cell.replace(",", ".")) for cell in cells]
        if not all(map(math.isfinite, numbers)):
            raise ValueError
    except ValueError:
        faults = (_fault(cell, separator) for cell in cells)
        column, fault = next((column, fault) for column, fault in enumerate(faults, 1) if fault)
        advice = _advice(cells, cells[column - 1], above)
        raise ValueError(f"row {line}, column {column}: {fault}{advice}") from None
    return numbers


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
