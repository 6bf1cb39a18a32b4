"""Numbers as tables have them, and tables as a terminal has them. Imports nothing heavy."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text

from lstm_toys.output import counted

LEAST = 6
"""Networks of which an interval of the median can hold 95 %."""


SHORT = 16
"""Characters of a cell that is never broken."""


def number(value: float | None) -> str:
    """Three digits, or whole numbers from 100 to ten million."""
    return "–" if value is None else f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"


def interval(low: float | None, high: float | None) -> str:
    """From one number to another."""
    return f"{number(low)} … {number(high)}"


def stages(seconds: dict[str, float]) -> str:
    """How long each stage of a run took."""
    return ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items())


def few(networks: int) -> Iterator[str]:
    """A line on the intervals of so few networks, if they are.

    The widest interval between two values of a sample holds the median with a probability of 1 - 2^(1 - n), which is
    94 % for five (David and Nagaraja, 2003, Order Statistics, section 7.1).
    """
    if 0 < networks < LEAST:
        yield f"{counted(networks, 'network')}: of fewer than {LEAST} no interval of a median holds 95 %"


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, fold: bool = False, **style: Any
) -> Table:
    """A table for a terminal.

    Args:
        title: above it.
        columns: their names; one that ends with ``>`` stands on the right.
        rows: their cells, which are taken literally.
        fold: break cells that are too wide over lines, and not only those of the first column.
        style: further arguments of `rich.table.Table`.
    """
    made = Table(title=Text(title), **style)
    cells = [[Text(cell) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column.endswith(">") else "left"
        head = Text(column.rstrip(">"))
        widest = max(cell.cell_len for cell in (head, *(row[number] for row in cells)))
        # Rich would cut off what it must not break, and leave no place at all for what it may.
        whole = not fold and (number > 0 or widest <= SHORT)
        made.add_column(head, justify=justify, no_wrap=whole, overflow="fold", min_width=widest if whole else None)
    for row in cells:
        made.add_row(*row)
    return made


PLAIN: dict[str, Any] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False, "show_edge": False}
"""The style of a wide table."""
