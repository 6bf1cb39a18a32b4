"""Standard streams that accept any text and may be closed or full, and a console that prints names literally."""

import codecs
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from lstm_toys.text import printable

LEAST_WIDTH = 80
"""Minimum width of tables in columns; narrower terminals wrap their lines."""

ASCII = {"–": "-", "…": "-", "−": "-", "✓": "y", "✗": "n"}
"""Replacements for this library's characters that an encoding lacks."""


def counted(number: int, noun: str) -> str:
    """Formats a count with its noun: ``1 network``, ``2,000 networks``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(items: Sequence[object], most: int = 20) -> str:
    """Joins items with commas, at most so many."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and (sign := ASCII.get(error.object[error.start])):
        return sign, error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error("lstm_toys", _replaced)


class Output(io.FileIO):
    """A file descriptor that stores write errors in ``error``; only a closed pipe at standard output raises at once."""

    error: OSError | None = None

    def write(self, content: "memoryview | bytes") -> int:  # type: ignore[override]
        """Returns the length of the content, whether or not it could be written."""
        try:
            return super().write(content)
        except OSError as error:
            if isinstance(error, BrokenPipeError) and self.fileno() == 1:
                raise
            self.error = error
            return len(content)


def sturdy() -> list[Output]:
    """Replaces standard output and error with streams that accept any text and tolerate failures; returns both.

    Closed descriptors are first opened on the null device; otherwise the next opened file would receive the output.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # The lowest that is free.
    outputs = [Output(descriptor, "w", closefd=False) for descriptor in (1, 2)]
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            io.BufferedWriter(output),  # type: ignore[type-var]
            encoding=stream.encoding if stream else "utf-8",
            errors="lstm_toys",
            line_buffering=bool(stream.line_buffering) if stream else True,
        )
        for output, stream in zip(outputs, (sys.stdout, sys.stderr), strict=True)
    )
    return outputs


class _Console(Console):
    def render_str(self, text: str, **options: Any) -> Text:
        """Shows text on one line and without control characters, since some of it comes from files."""
        return super().render_str(printable(text), **options)

    def on_broken_pipe(self) -> None:
        """Raises, where Rich would end the process with its own exit code."""
        raise BrokenPipeError


def console(*, quiet: bool = False) -> Console:
    """Makes a console that interprets no markup and does not wrap text; tables fit its width."""
    created = _Console(quiet=quiet, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if created.width < LEAST_WIDTH:  # Otherwise it follows the terminal's.
        created.width = LEAST_WIDTH
    return created


def complain(message: str, code: int = 2) -> int:
    """Prints one line to standard error, and returns the exit code."""
    print(printable(message), file=sys.stderr, flush=True)
    return code
