"""The closing table of an evaluation. Imports nothing heavy."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from lstm_toys.runs import report as of_runs
from lstm_toys.runs.life import Work
from lstm_toys.statistics import tables


def report(work: Work, metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Errors on grids, or measures of one's own curves."""
    kept = metrics["seeds"] - len(metrics["diverged_seeds"])
    title = f"{work.run.settings.trained.experiment}: generalization of {kept} of {metrics['seeds']} networks"
    rows = [
        (name, tables.number(row["median"]), tables.interval(row["low"], row["high"]))
        for name, row in metrics["summary"].items()
    ]
    yield tables.table(title, ("", "median>", "95 % bootstrap>"), rows)
    rate = f"{metrics['answers']:,} answers, {metrics['answers_per_second']:,} a second"
    yield f"{rate}; {tables.stages(metrics['seconds'])}"


def lost(metrics: dict[str, Any]) -> str | None:
    """One line if every seed of the population diverged."""
    trained = metrics["flags"]["trained"]
    return of_runs.lost({**metrics, "experiment": trained["experiment"], "flags": trained})
