"""Formats numbers and tables for a terminal. Imports nothing heavy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lstm_toys.output import counted
from lstm_toys.text import printable

__all__ = ["PLAIN", "estimate", "interval", "number", "spread", "table"]

LEAST = 6

SHORT = 16
"""Longest cell, in characters, that is never wrapped."""


def __dir__() -> list[str]:
    return __all__


def number(value: float | None) -> str:
    """Formats a number with three significant digits, or as a whole number from 100 to ten million.

    Args:
        value: the number; None becomes a dash.

    Example:
        >>> lt.tables.number(0.12345), lt.tables.number(12345.6)
        ('0.123', '12,346')
    """
    return "–" if value is None else f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"


def interval(low: float | None, high: float | None) -> str:
    """Formats the ends of an interval.

    Args:
        low: the lower end; None, as ``high``, if there is no interval, which becomes a dash.
        high: the upper end.

    Example:
        >>> lt.tables.interval(0.1, 0.2)
        '0.1 … 0.2'
    """
    return "–" if low is None and high is None else f"{number(low)} … {number(high)}"


def spread(row: Mapping[str, Any], value: str = "median") -> tuple[str, str]:
    """Formats an estimate, and the ends of its interval, for two cells.

    Args:
        row: the estimate as ``Estimate.as_json`` returns it.
        value: the estimate's name.

    Example:
        >>> lt.tables.spread(lt.statistics.wilson(15, 16).as_json("share"), "share")
        ('0.938', '0.717 … 0.989')
    """
    return number(row[value]), interval(row["low"], row["high"])


def estimate(row: Mapping[str, Any], value: str = "median", places: int = 12) -> str:
    """Formats an estimate and its interval for one cell; a dash without a number.

    Args:
        row: the estimate as ``Estimate.as_json`` returns it.
        value: the estimate's name.
        places: decimal places to round to.

    Example:
        >>> lt.tables.estimate(lt.statistics.wilson(15, 16).as_json("share"), "share", places=2)
        '0.94 (0.72 … 0.99)'
    """
    rounded = {name: row[name] if row[name] is None else round(row[name], places) for name in (value, "low", "high")}
    return "–" if row[value] is None else "{} ({})".format(*spread(rounded, value))


def stages(seconds: dict[str, float]) -> str:
    """Formats the duration of each stage of a run."""
    return ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items())


def few(networks: int) -> Iterator[str]:
    """Yields a warning if there are too few networks for a 95 % interval of a median.

    The widest interval between two values of a sample contains the median with a probability of 1 - 2^(1 - n), which
    is 94 % for five (David and Nagaraja, 2003, Order Statistics, section 7.1).
    """
    if 0 < networks < LEAST:
        yield f"{counted(networks, 'network')}: with fewer than {LEAST}, intervals of medians do not reach 95 %"


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, fold: bool = False, **style: Any
) -> Table:
    """Makes a Rich table for a terminal; cells are shown literally, without control characters.

    Args:
        title: a line above the table.
        columns: names of the columns; one that ends with ``>`` is right-aligned.
        rows: for each row, the text of its cells.
        fold: wrap wide cells in all columns, and not only in the first.
        style: further arguments of `rich.table.Table`, such as those in ``lt.tables.PLAIN``, for tables without frames.

    Example:
        >>> lt.tables.table("errors", ("curve", "RMSE>"), [("line", "0.02")], **lt.tables.PLAIN).row_count
        1
    """
    created = Table(title=Text(printable(title)), **style)
    cells = [[Text(printable(cell)) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column.endswith(">") else "left"
        head = Text(printable(column.rstrip(">")))
        widest = max(cell.cell_len for cell in (head, *(row[number] for row in cells)))
        # Without a minimum width, Rich would cut off whole cells, and squeeze foldable ones to nothing.
        whole = not fold and (number > 0 or widest <= SHORT)
        least = widest if whole else min(widest, SHORT) if number == 0 else None
        created.add_column(head, justify=justify, no_wrap=whole, overflow="fold", min_width=least)
    for row in cells:
        created.add_row(*row)
    return created


def as_json(report: Iterable[RenderableType]) -> list[Any]:
    """Lines and tables for a file: lines as they are, and tables with their ``title``, ``columns`` and ``rows``."""
    return [_as_json(part) if isinstance(part, Table) else str(part) for part in report]


def _as_json(table: Table) -> dict[str, Any]:
    columns = [f"{column.header}{'>' * (column.justify == 'right')}" for column in table.columns]
    rows = zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    return {"title": str(table.title or ""), "columns": columns, "rows": [[*row] for row in rows]}


def shown(saved: Iterable[Any]) -> Iterator[RenderableType]:
    """Yields lines and tables that `as_json` converted."""
    for part in saved:
        yield table(part["title"], part["columns"], part["rows"], **PLAIN) if isinstance(part, dict) else str(part)


PLAIN: dict[str, Any] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False, "show_edge": False}
