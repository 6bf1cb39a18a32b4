"""Asks for a sweep, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings

MOST_ROWS = 100

LOSSES = {"train_mse": "train MSE", "train_loss": "train loss"}

MOST_MEASURES = 6
"""Most columns of errors and other measures of answers to probes; metrics.json has all."""


@dataclass(frozen=True)
class SweepSettings(Identity):
    """Settings of all populations of a sweep, which share the experiment and the seeds.

    Attributes:
        keep_networks: keep networks also if they take 100 MB or more.
    """

    settings: tuple[Settings, ...]
    keep_networks: bool = False

    def __str__(self) -> str:
        return f"{counted(len(self.settings), 'setting')}, {counted(self.settings[0].seeds, 'seed')}"


def ask(experiment: Experiment, settings: SweepSettings, results_dir: Path) -> Ask[SweepSettings]:
    """Asks for populations under many settings."""
    study = "lstm_toys.studies.sweep.study:Sweep"
    return Ask(study, settings, results_dir, report, lost, experiment)


def report(_asked: Ask[SweepSettings], run: Run, _: Mapping[str, Run]) -> Iterator[RenderableType]:
    """Yields the tables of settings and of their answers to probes, and lines about compilation and run time."""
    metrics = run.read_metrics()
    every, varied, seeds = metrics["rows"], metrics["varied"], metrics["seeds"]
    loss = "train_mse" if "train_mse" in every[0] else "train_loss"
    measured = [name for name, value in every[0].items() if isinstance(value, dict) and name != loss]
    known = [name for name in measured if any(row[name]["median"] is not None for row in every)][:MOST_MEASURES]
    lost = [len(row.get("lost_seeds", ())) for row in every]
    rows, answers = [], []
    for row, met in zip(every[:MOST_ROWS], lost, strict=False):
        values = [f"{value:g}" if isinstance(value := row.get(name, "–"), float) else str(value) for name in varied]
        learned = [*([str(row["learned"])] if "learned" in row else []), *[str(met)] * any(lost)]
        rows.append((*values, *learned, str(len(row["diverged_seeds"])), *tables.spread(row[loss])))
        answers.append((*values, *(tables.number(row[name]["median"]) for name in known)))
    names = [f"{name.removeprefix('learning_').replace('_', ' ')}>" for name in varied]
    outcomes = [*["learned>"] * ("learned" in every[0]), *["lost>"] * any(lost), "diverged>"]
    columns = [*names, *outcomes, f"{LOSSES[loss]}>", "95 % bootstrap>"]
    style: dict[str, Any] = {"fold": True, "box": box.SIMPLE_HEAD, "padding": 0}
    yield tables.table(f"{counted(len(every), 'setting')}, {counted(seeds, 'seed')} each", columns, rows, **style)
    if known:
        shown = metrics["of_answers"]
        yield f"medians over networks: {shown} of answers to curves that were shown after training"
        yield tables.table("", [*names, *(f"{name.removesuffix(f', {shown}')}>" for name in known)], answers, **style)
    if len(every) > MOST_ROWS or len(measured) > MOST_MEASURES:
        yield f"metrics.json has all {counted(len(every), 'setting')} and {counted(len(measured), 'measure')}"
    yield from tables.few(min((kept for row in every if (kept := seeds - len(row["diverged_seeds"]))), default=0))
    if "scaling" in metrics:
        errors = "losses and errors" if metrics["scaled_errors"] else "losses"
        yield f"networks are shown {metrics['scaling']}; {errors} are of scaled values"
    if "goal" in metrics:
        yield f"learned: {metrics['goal']}{'; lost: met it earlier, but not at last' if any(lost) else ''}"
    trainings = f"{counted(metrics['networks'] // seeds, 'training')} of {counted(seeds, 'seed')}"
    yield (
        f"{counted(metrics['networks'], 'network')}: {trainings}, read at {counted(len(every), 'setting')}; "
        f"compiled once for each of {counted(metrics['shapes'], 'shape')}"
    )
    yield f"{tables.stages(metrics['seconds'])}; {metrics['member_steps_per_second']:,} member-steps/s"


def lost(metrics: Metrics) -> str | None:
    """Explains in one line that every seed of every setting diverged; None if some did not."""
    if any(len(row["diverged_seeds"]) < metrics["seeds"] for row in metrics["rows"]):
        return None
    return "every seed of every setting diverged; use smaller learning rates"
