"""Asks for the training of an experiment's population, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from lstm_toys import tables
from lstm_toys.output import counted, listed
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings

MOST_UNLEARNED = 8
"""Most seeds that are listed for one reason; metrics.json has all."""

INSIDE = "inside 5–95 %: share of the published points between the 5th and 95th percentile of these networks"


def ask(experiment: Experiment, settings: Settings, results_dir: Path, *, alone: bool = False) -> Ask[Settings]:
    """Asks for a trained population; with ``alone``, without the companion runs that the experiment's figures need."""
    others = {} if alone else experiment.companions(settings)
    return Ask(
        "lstm_toys.studies.training.study:TrainingStudy",
        settings,
        results_dir,
        report,
        lost,
        experiment,
        companions={name: ask(each, its, results_dir, alone=True) for name, (each, its) in others.items()},
    )


def report(asked: Ask[Settings], run: Run, beside: Mapping[str, Run]) -> Iterator[RenderableType]:
    """Yields tables of errors and learning, and lines about divergence and run time."""
    metrics = run.read_metrics()
    diverged = metrics["diverged_seeds"]
    kept = metrics["seeds"] - len(diverged)
    networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
    title = f"{asked.name}: {networks} after {counted(metrics['steps'], 'step')}"
    rows = [(name, *tables.spread(row), row["interval"]) for name, row in metrics["summary"].items()]
    yield tables.table(title, ("", "median>", "interval>", "which is"), rows)
    yield from tables.few(kept)
    if beside and "goal" in metrics:
        yield _beside(metrics, {name: each.read_metrics() for name, each in beside.items()})
    if metrics["published"]:
        rows = [
            (row["curve"], str(row["points"]), f"{row['inside_share']:.0%}", f"{row['rmse_of_median']:.3f}")
            for row in metrics["published"]
        ]
        title = "published answers, compared with these networks"
        yield tables.table(title, ("", "points>", "inside 5–95 %>", "RMSE>"), rows)
        yield f"{INSIDE}; RMSE: between the networks' median and the published points"
        yield from dict.fromkeys(row["note"] for row in metrics["published"] if "note" in row)
    if "scaling" in metrics:
        yield f"networks are shown {metrics['scaling']}; answers and errors are in the file's units"
    if "goal" in metrics:
        yield f"{metrics['converged']} of {counted(metrics['seeds'], 'seed')} learned it: {metrics['goal']}"
        yield from _unlearned(metrics["unlearned"])
    if "last_steps" in metrics:
        early, hold = (
            sum(step < metrics["steps"] for step in metrics["last_steps"]),
            asked.settings.early_stopping.records,
        )
        yield f"{early} of them stopped early, after meeting the goal at {counted(hold, 'record')} in a row"
    if diverged:
        last = max(metrics["last_sound_steps"])
        yield f"diverged (the last after step {last:,}) and excluded from all statistics: seeds {listed(diverged)}"
    if metrics["earlier_fingerprints"]:
        yield "started under another execution fingerprint; see metrics.json"
    since = " (since it was continued)" if metrics["continued"] else ""
    yield f"{tables.stages(metrics['seconds'])}{since}; {metrics['member_steps_per_second']:,} member-steps/s"


def _unlearned(every: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Yields a table of the seeds that did not learn, by reason."""
    reasons: dict[str, list[str]] = {}
    for each in every:
        step = "" if each["step"] is None else f" ({each['step']:,})"
        reasons.setdefault(each["why"], []).append(f"{each['seed']}{step}")
    rows = [(why, str(len(seeds)), listed(seeds, MOST_UNLEARNED)) for why, seeds in reasons.items()]
    if rows:
        columns = ("why seeds did not learn", "count>", "seeds (after which step)")
        yield tables.table("", columns, rows, fold=True, **tables.PLAIN)


def lost(metrics: Metrics) -> str | None:
    """Explains in one line that every seed diverged; None if some did not."""
    if len(metrics["diverged_seeds"]) < metrics["seeds"]:
        return None
    rate = metrics["flags"]["learning_rate"]
    return f"{metrics['experiment']}: every seed diverged with --learning_rate={rate:g}; use a smaller one"


def _beside(metrics: Metrics, beside: Mapping[str, Metrics]) -> Table:
    rows = []
    for name, each in {"this run": metrics, **beside}.items():
        learned = f"{each['converged']} of {each['seeds']}"
        rows.append((name, learned, *tables.spread(each["summary"]["steps until learned"])))
    title = f"steps until {metrics['goal']}, and stays there"
    return tables.table(title, ("", "learned>", "median>", "quartiles>"), rows)
