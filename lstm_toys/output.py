"""A console that prints names literally, and lines of errors."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from lstm_toys.text import printable

LEAST_WIDTH = 80
"""Minimum width of tables in columns; narrower terminals wrap their lines."""

WIDTH = 120
"""Width of tables in files."""


def counted(number: int, noun: str) -> str:
    """Formats a count with its noun: ``1 network``, ``2,000 networks``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(items: Sequence[object], most: int = 20) -> str:
    """Joins items with commas, at most so many."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


class _Console(Console):
    def render_str(self, text: str, **options: Any) -> Text:
        """Shows text on one line and without control characters, since some of it comes from files."""
        return super().render_str(printable(text), **options)

    def on_broken_pipe(self) -> None:
        """Discards what is still printed, where Rich would end the process: a run goes on without its reader."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(*, quiet: bool = False) -> Console:
    """Makes a console that interprets no markup and does not wrap text; tables fit its width."""
    created = _Console(quiet=quiet, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if created.width < LEAST_WIDTH:  # Otherwise it follows the terminal's.
        created.width = LEAST_WIDTH
    return created


def escape_unencodable() -> None:
    """Makes standard output escape characters that its encoding lacks, such as ``\\u2026``, instead of raising."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def printed(report: Iterable[RenderableType]) -> str:
    """What a console of `WIDTH` columns prints of lines and tables, as text."""
    created = _Console(file=io.StringIO(), width=WIDTH, markup=False, highlight=False, emoji=False)
    for each in report:
        created.print(each, soft_wrap=isinstance(each, str), crop=False)
    return created.file.getvalue()  # type: ignore[attr-defined]  # Of the type of any file.


def complain(message: str, code: int = 2) -> int:
    """Prints one line to standard error, and returns the exit code."""
    print(printable(message), file=sys.stderr, flush=True)
    return code
