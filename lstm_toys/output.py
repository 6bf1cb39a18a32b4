"""What is printed: streams that take any text, and may be closed or full; a console that prints names as they are."""

import codecs
import io
import os
import sys

from rich.console import Console

LEAST_WIDTH = 80
"""Columns that tables are fitted to at least; what is narrower, or calls itself so, breaks their lines."""

ASCII = {"–": "-", "…": "-", "−": "-", "✓": "y", "✗": "n"}
"""What stands for signs of ours where an encoding has none of them."""


def counted(number: int, noun: str) -> str:
    """A number of something: ``1 network``, ``2,000 networks``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(seeds: list[int]) -> str:
    """Numbers of seeds, the first twenty of them."""
    more = f" and {len(seeds) - 20} more" if len(seeds) > 20 else ""
    return ", ".join(map(str, seeds[:20])) + more


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    """What is printed instead of text that an encoding does not have."""
    if isinstance(error, UnicodeEncodeError) and (sign := ASCII.get(error.object[error.start])):
        return sign, error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error("lstm_toys", _replaced)


class Output(io.FileIO):
    """A file descriptor that takes everything, and remembers what was in the way of it.

    Only a reader of standard output who has gone is told at once, as every program is.
    """

    error: OSError | None = None

    def write(self, content: "memoryview | bytes") -> int:  # type: ignore[override]
        """The number of bytes, whether or not they could be written."""
        try:
            return super().write(content)
        except OSError as error:
            if isinstance(error, BrokenPipeError) and self.fileno() == 1:
                raise
            self.error = error
            return len(content)


def sturdy() -> list[Output]:
    """Makes the standard streams take any text, and every other failure than a reader who has gone.

    What is closed is opened onto nothing first: the next file would be in its place, and get what is printed there.

    Returns:
        Standard output and standard error.
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
    def on_broken_pipe(self) -> None:
        """Leaves it to whoever prints; Rich would end the process, with a code of its own."""
        raise BrokenPipeError


def console(*, quiet: bool = False) -> Console:
    """A console that reads no markup into what it prints; text is not broken, tables are fitted to its width."""
    made = _Console(quiet=quiet, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if made.width < LEAST_WIDTH:  # Otherwise it follows the terminal's.
        made.width = LEAST_WIDTH
    return made


def complain(message: str) -> None:
    """Prints one line to standard error."""
    print(message.encode(errors="backslashreplace").decode(), file=sys.stderr, flush=True)
