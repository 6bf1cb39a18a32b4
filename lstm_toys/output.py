"""Printing: a console that prints names literally, counts and lists in words, and lines of errors."""

import html
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.text import Text

from lstm_toys.command_error import CommandError
from lstm_toys.text import printable

LEAST_WIDTH = 80
"""Minimum width of tables in columns; narrower terminals wrap their lines."""

WIDTH = 120
"""Width of tables in files."""

KEPT = "everything finished or saved so far is kept, and the same command continues"

OUT_OF_MEMORY = re.compile(
    "RESOURCE_EXHAUSTED|[Oo]ut of memory|can't start new thread|bad_alloc|failed to map segment|Cannot allocate memory"
)
"""Messages of XLA, of threads, and of libraries that cannot be loaded."""


def counted(number: int, noun: str) -> str:
    """Formats a count with its noun: ``1 network``, ``2,000 networks``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(items: Sequence[object], most: int = 20) -> str:
    """Joins items with commas; after ``most`` of them, says how many more there are."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def html_table(caption: str, rows: Mapping[str, object]) -> str:
    """A table of HTML with two columns, as notebooks show objects."""
    lines = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>" for name, value in rows.items())
    return f"<table><caption>{html.escape(caption)}</caption>{''.join(lines)}</table>"


class _Console(Console):
    def render_str(self, text: str, **options: Any) -> Text:
        """Shows text on one line and without control characters, since some of it comes from files."""
        return super().render_str(printable(text), **options)

    def on_broken_pipe(self) -> None:
        """Discards further output, where Rich would end the process: a run continues without its reader."""
        _discard(self.file)


def console(*, quiet: bool = False) -> Console:
    """Makes a console that interprets no markup and does not wrap text; tables fit its width."""
    created = _Console(quiet=quiet, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if created.width < LEAST_WIDTH:  # Otherwise it follows the terminal's.
        created.width = LEAST_WIDTH
    return created


def python_console(*, progress: bool) -> Console:
    """Makes a console for functions of Python: quiet outside of terminals and notebooks, and if more is shown there."""
    created = console()
    others = isinstance(sys.stdout, _Output | FileProxy)  # A command, or a bar around the function that shows one.
    created.quiet = not progress or others or not (created.is_terminal or created.is_jupyter)
    return created


class Unwritable(Exception, CommandError):
    """Standard output cannot be written; the message is one line."""

    advice = KEPT


class _Output:
    """Standard output that raises Unwritable, to tell its errors from those of other files.

    After an error, further output is discarded.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._named():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._named():
            self._stream.flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            _discard(self._stream)
            if isinstance(error, BrokenPipeError):
                raise
            raise Unwritable(f"standard output cannot be written: {error.strerror}") from None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error is a lack of memory."""
    return isinstance(error, MemoryError) or OUT_OF_MEMORY.search(str(error)) is not None


def ended(carry_out: Callable[[], int]) -> int:
    """Runs a function that prints; returns its exit code, or 1, with a line, without memory or if it cannot print.

    If the reader of standard output stops early, the exit code is 128 plus SIGPIPE. Characters that its encoding
    lacks are escaped, such as ``\\u2026``.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout = _Output(sys.stdout)
    try:
        code = carry_out()
        if sys.stdout is not None:  # It is None where it was closed.
            sys.stdout.flush()
    except BrokenPipeError:
        return 128 + signal.SIGPIPE
    except Unwritable as error:
        return complain(str(error), 1)
    except (ImportError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return complain("out of memory; free some, or raise its limit", 1)
    return code


def _discard(stream: Any) -> None:
    """Discards further output, which would fail again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complain(message: str, code: int = 2) -> int:
    """Prints one line to standard error, if it can be written, and returns the exit code."""
    try:
        print(printable(message), file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)
    return code
