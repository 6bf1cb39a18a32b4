"""Reads text files of bounded size: their encoding and their lines. Imports nothing heavy.

Text is UTF-8, UTF-16 or UTF-32 with a byte order mark, else UTF-8, else Latin-1 as in Windows (code page 1252). Lines
may end in any of the three ways. Lines that begin with ``#`` or ``%`` are comments, except for spreadsheet errors such
as ``#N/A``; so is a first line such as ``sep=;``.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from lstm_toys import opened

MOST_BYTES = 2**26
"""Maximum size of a file. Reading takes about 14 times as much memory, 1 GiB: the text, and several copies of its
numbers, which take at least two bytes each in the file, and 8 in memory."""

MOST_CHARACTERS = 2**20
"""Maximum length of a line."""

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


def content(path: Path | str, most: int | None = None) -> bytes:
    """Reads a regular file of at most ``most`` bytes, by default `MOST_BYTES`.

    Raises ValueError if it does not exist or is too large.
    """
    most = MOST_BYTES if most is None else most
    try:
        # Opening a FIFO without a writer would block.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("is not a regular file")
            # Files in /proc report no size.
            if status.st_size > most or len(raw := file.read(most + 1)) > most:
                size = f"{status.st_size:,} bytes" if status.st_size else "more"
                raise ValueError(f"has {size}; files may have at most {most:,} bytes")
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    opened.note(path)
    return raw


def encoding(raw: bytes) -> str:
    """Detects the encoding of a text; raises ValueError if it is not text."""
    if raw.startswith(b"PK\x03\x04"):
        raise ValueError("is a workbook or an archive; save the sheet as CSV")
    marked = next((encoding for mark, encoding in MARKS if raw.startswith(mark)), None)
    if not marked and b"\0" in raw:
        raise ValueError("contains NUL bytes: it is not text, or UTF-16 without a byte order mark")
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        if _decodes(raw, encoding):
            return encoding
    raise ValueError("is not text in UTF-8, UTF-16 or Latin-1")


def _decodes(raw: bytes, encoding: str) -> bool:
    content = io.BytesIO(raw)
    try:
        for _ in codecs.iterdecode(iter(lambda: content.read(2**20), b""), encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def lines(raw: bytes, encoding: str, comments: list[str] | None = None) -> Iterator[tuple[int, str]]:
    """Yields numbered lines except comments, which are appended to ``comments``; raises ValueError for long lines.

    A line of several ``#`` is a comment, but also yielded as an empty line, since it may hide a number.
    """
    file = io.TextIOWrapper(io.BytesIO(raw), encoding)
    for number, line in enumerate(iter(lambda: file.readline(MOST_CHARACTERS), ""), 1):
        if len(line) == MOST_CHARACTERS:
            message = f"row {number} has {MOST_CHARACTERS:,} characters or more; each curve must be a column, not a row"
            raise ValueError(message)
        if line.lstrip().startswith(("#", "%")) and not ERROR.match(line):
            if comments is not None:
                comments.append(line.strip().lstrip("#%").strip())
            if HIDDEN.fullmatch(line):
                yield number, ""
        elif number > 1 or not SEP.fullmatch(line):
            yield number, SPACES.sub(" ", line)


def quoted(text: str) -> str:
    """Quotes the text of a cell for a message: at most 40 characters, control characters escaped."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
