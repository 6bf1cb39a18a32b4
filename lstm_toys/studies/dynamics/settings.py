"""Asks for a study of dynamics, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.studies.training import ask as training
from lstm_toys.tasks.planes import Axis

WINDOWS = {"": "", "_early": " in the first fifth"}
"""Endings of variables and of names in the summary, by window of x: at least 0.2, and below 0.2."""

INPUTS = 41

EXPLAINED, PREDICTED = ": variance explained", ": time points predicted"


@dataclass(frozen=True)
class Period:
    """A period of a task, such as a delay, in which the inputs of networks are constant: one value per feature."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class DynamicsSettings(Identity):
    """The settings of a study of dynamics.

    Attributes:
        inputs: constant ones, as values of a single feature, or by period, for which slow points are found; None:
            `INPUTS` values over the range of all curves, extended by a quarter at each end; or, for networks with
            several input features, a period in which all of them are 0.
        weight_scale: factor by which all parameters are multiplied.
    """

    trained: Settings
    inputs: Axis | tuple[Period, ...] | None
    starts: int
    weight_scale: float

    def __str__(self) -> str:
        return f"dynamics of {self.trained}, {counted(self.starts, 'start')}"


def ask(experiment: Experiment, settings: DynamicsSettings, results_dir: Path) -> Ask[DynamicsSettings]:
    """Asks for the dynamics of a trained population."""
    return Ask(
        "lstm_toys.studies.dynamics.study:Dynamics",
        settings,
        results_dir,
        report,
        subject=experiment,
        needs={"population": training.ask(experiment, settings.trained, results_dir)},
    )


def report(asked: Ask[DynamicsSettings], run: Run, _: Mapping[str, Run]) -> Iterator[RenderableType]:
    """Yields a table of results at rest, and tables of the variance that each model explains by family."""
    metrics = run.read_metrics()
    summary, kept = metrics["summary"], metrics["seeds"] - len(metrics["diverged_seeds"])
    title = f"{asked.subject.name}: dynamics of {kept} of {counted(metrics['seeds'], 'network')}"
    rows = [
        (name, *tables.spread(row)) for name, row in summary.items() if EXPLAINED not in name and PREDICTED not in name
    ]
    yield tables.table(title, ("", "median or share>", "95 % interval>"), rows)
    for window in WINDOWS.values():
        yield from _explained(summary, window)
    yield from tables.few(kept)
    yield tables.stages(metrics["seconds"])


def _explained(summary: dict[str, Any], window: str) -> Iterator[RenderableType]:
    named = f"{EXPLAINED}{window}, "
    models, families = ([*dict.fromkeys(name.split(named)[at] for name in summary if named in name)] for at in (0, 1))
    if models:
        keys = {model: [f"{model}{named}{each}" for each in families] for model in models}
        if f"LPV{PREDICTED}{window}, {families[0]}" in summary:
            keys |= {"predicted by LPV": [f"LPV{PREDICTED}{window}, {each}" for each in families]}
        rows = [(name, *(tables.number(summary[key]["median"]) for key in own)) for name, own in keys.items()]
        columns = ("", *(f"{name.replace('_', ' ')}>" for name in families))
        title = f"share of variance that models explain{window or ' after the first fifth'} of x, median over networks"
        yield tables.table(title, columns, rows)
