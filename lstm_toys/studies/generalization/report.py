"""Reports a finished evaluation. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.studies.generalization.settings import MEASURED_WHOLE, SHOWN_CURVES
from lstm_toys.tasks.curves import Curves

if TYPE_CHECKING:
    from lstm_toys.studies.generalization.study import GeneralizationStudy


def report(study: GeneralizationStudy, metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of errors on grids or measures of a user's curves, and lines below it."""
    kept = metrics["seeds"] - len(metrics["diverged_seeds"])
    networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
    title = f"{study.settings.trained.experiment}: generalization of {networks}"
    rows = [
        (name, tables.number(row["median"]), tables.interval(row["low"], row["high"]))
        for name, row in metrics["summary"].items()
    ]
    curves = study.settings.curves
    if curves is not None:
        rows = rows[: len(rows) // len(curves.names) * SHOWN_CURVES]
    yield tables.table(title, ("", "median>", "95 % bootstrap>"), rows)
    yield from explained(metrics["summary"])
    yield from tables.few(kept)
    yield from _told(curves, study) if curves is not None else ()
    rate = f"{counted(metrics['answers'], 'answer')}, {metrics['answers_per_second']:,} per second"
    yield f"{rate}; {tables.stages(metrics['seconds'])}"


def explained(names: Iterable[str]) -> Iterator[str]:
    """Explains the numbers of grids, if there are some."""
    if any(name.endswith(", share below twice") for name in names):
        yield (
            "errors on a grid: each network's median over its curves; share below twice: of its curves with an error "
            "below twice the median network's on the training curves"
        )


def _told(curves: Curves, study: GeneralizationStudy) -> Iterator[str]:
    """Explains how the user's curves were read, measured and shortened."""
    span, points = study.experiment.span, curves.values.shape[1]
    if len(curves.names) > SHOWN_CURVES:
        yield f"the first {SHOWN_CURVES} of {len(curves.names):,} curves; metrics.json has all"
    if curves.span is None:
        spacing = f"{span.length / (study.settings.trained.timesteps - 1):.3g} {span.unit}".strip()
        yield f"each row is one time point, with the spacing of the training: {span.name} rises by {spacing}"
    if points > MEASURED_WHOLE:
        yield f"delay and frequency need curves of at most {MEASURED_WHOLE:,} time points; these have {points:,}"
