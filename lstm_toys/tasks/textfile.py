"""Text files of bounded size, whoever wrote them: their encoding and their lines. Imports nothing heavy.

Text is UTF-8, UTF-16 or UTF-32 with their marks, else UTF-8, else Latin-1 as Windows has it (code page 1252). Lines end
in any of the three ways. Lines that begin with ``#`` or ``%`` are comments, but for errors of spreadsheets such as
``#N/A``, and so is a first line such as ``sep=;``.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 2**26
"""Of a file. Reading takes some 14 times the bytes of the file, 1 GiB: its text, and its numbers several times over, of
two bytes in the file at least and 8 each."""

MOST_CHARACTERS = 2**20
"""Of a line."""

MARKS = (  # That of UTF-16 is the beginning of one of UTF-32.
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The bytes at the beginning of a file that give its encoding."""

SPACES = re.compile(r"[^\S\t\n]")
"""Spaces of all kinds."""

SEP = re.compile(r'\s*"?sep=.?"?\s*', re.I)
"""A first line that tells a spreadsheet the separator."""

ERROR = re.compile(r'\s*"?#(N/A|DIV/0!|REF!|VALUE!|NUM!|NAME\?|NULL!|#+\s*"?[\t;,])')
"""A cell in which a spreadsheet failed, or that was too narrow: no comment, although it begins like one."""


def content(path: Path | str) -> bytes:
    """What a regular file holds.

    Raises:
        ValueError: there is no such file, or it is too large.
    """
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


def encoding(raw: bytes) -> str:
    """The encoding of a text.

    Raises:
        ValueError: it is not text.
    """
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


def lines(raw: bytes, encoding: str, comments: list[str] | None = None) -> Iterator[tuple[int, str]]:
    """The numbered lines of a file that are not comments.

    Args:
        raw: the file.
        encoding: its encoding.
        comments: the text of each comment is added when it is passed.

    Raises:
        ValueError: a line is too long.
    """
    file = io.TextIOWrapper(io.BytesIO(raw), encoding)
    for number, line in enumerate(iter(lambda: file.readline(MOST_CHARACTERS), ""), 1):
        if len(line) == MOST_CHARACTERS:
            told = f"row {number} has {MOST_CHARACTERS:,} characters or more; a curve is a column, and not a row"
            raise ValueError(told)
        if line.lstrip().startswith(("#", "%")) and not ERROR.match(line):
            if comments is not None:
                comments.append(line.strip().lstrip("#%").strip())
        elif number > 1 or not SEP.fullmatch(line):
            yield number, SPACES.sub(" ", line)


def quoted(text: str) -> str:
    """The text of a cell for a message: at most 40 characters, without any that a terminal would obey."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
