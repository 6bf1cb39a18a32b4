"""The closing table of an evaluation. Imports nothing heavy."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from lstm_toys.output import counted
from lstm_toys.runs.life import Work
from lstm_toys.statistics import tables
from lstm_toys.studies.generalization.settings import MEASURED_WHOLE, SHOWN_CURVES
from lstm_toys.tasks.curves import Curves


def report(work: Work, metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Errors on grids, or measures of one's own curves."""
    kept = metrics["seeds"] - len(metrics["diverged_seeds"])
    networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
    title = f"{work.run.settings.trained.experiment}: generalization of {networks}"
    rows = [
        (name, tables.number(row["median"]), tables.interval(row["low"], row["high"]))
        for name, row in metrics["summary"].items()
    ]
    curves = work.run.settings.curves
    if curves is not None:
        rows = rows[: len(rows) // len(curves.names) * SHOWN_CURVES]
    yield tables.table(title, ("", "median>", "95 % bootstrap>"), rows)
    yield from tables.few(kept)
    yield from _told(curves, work) if curves is not None else ()
    rate = f"{counted(metrics['answers'], 'answer')}, {metrics['answers_per_second']:,} a second"
    yield f"{rate}; {tables.stages(metrics['seconds'])}"


def _told(curves: Curves, work: Work) -> Iterator[str]:
    """How curves of one's own were answered."""
    span, points = work.subject.experiment.span, curves.values.shape[1]
    if len(curves.names) > SHOWN_CURVES:
        yield f"the first {SHOWN_CURVES} of {len(curves.names):,} curves; metrics.json has all"
    if curves.span is None:
        spacing = f"{span.length / (work.run.settings.trained.timesteps - 1):.3g} {span.unit}".strip()
        yield f"a row is one time point of the training: {span.name} rises by {spacing}"
    if points > MEASURED_WHOLE:
        yield f"delay and frequency are measured of at most {MEASURED_WHOLE:,} time points; these are {points:,}"
