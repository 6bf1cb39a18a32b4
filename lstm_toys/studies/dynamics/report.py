"""Reports a finished study of dynamics. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.studies.dynamics.settings import WINDOWS

if TYPE_CHECKING:
    from lstm_toys.studies.dynamics.study import DynamicsStudy

WHOLE = "LPV"
"""The model whose share of predicted time points is reported."""

EXPLAINED, PREDICTED = ": variance explained", ": time points predicted"


def report(study: DynamicsStudy, metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields a table of results at rest, and tables of the variance that each model explains by family."""
    summary, kept = metrics["summary"], metrics["seeds"] - len(metrics["diverged_seeds"])
    title = f"{study.experiment.name}: dynamics of {kept} of {counted(metrics['seeds'], 'network')}"
    rows = [
        (name, tables.number(row["median"]), tables.interval(row["low"], row["high"]))
        for name, row in summary.items()
        if EXPLAINED not in name and PREDICTED not in name
    ]
    yield tables.table(title, ("", "median or share>", "95 % interval>"), rows)
    for window in WINDOWS.values():
        yield from _explained(summary, window)
    yield from tables.few(kept)
    yield tables.stages(metrics["seconds"])


def _explained(summary: dict[str, Any], window: str) -> Iterator[RenderableType]:
    """Yields a table of the variance that each model explains in a window, by family."""
    explained: dict[str, list[str]] = {}
    curves: dict[str, None] = {}
    for name, row in summary.items():
        for words, label, form in ((EXPLAINED, "", ".2f"), (PREDICTED, "predicted by ", ".0%")):
            model, found, family = name.partition(f"{words}{window}, ")
            if found and (not label or model == WHOLE):
                value = "–" if row["median"] is None else format(row["median"], form).replace("-", "−")
                explained.setdefault(f"{label}{model}", []).append(value)
                curves[family] = None
    if explained:
        cells = [(model, *own) for model, own in explained.items() if len(own) == len(curves)]
        columns = ("", *(f"{name.replace('_', ' ')}>" for name in curves))
        title = f"share of variance that models explain{window or ' after the first fifth'} of x, median over networks"
        yield tables.table(title, columns, cells)
