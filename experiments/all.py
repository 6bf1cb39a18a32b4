"""Runs every experiment of the post, one after another.

Flags apply to all experiments; without a flag, each experiment uses its own default.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.cli import command
from lstm_toys.output import counted
from lstm_toys.runs import flags, trainings
from lstm_toys.runs.experiment import INSIDE
from lstm_toys.runs.study import Study, load

from . import amplitude, hill, hill_y, line, sine, slope_intercept

EXPERIMENTS = {
    module.EXPERIMENT.name: module.EXPERIMENT for module in (line, hill, hill_y, sine, amplitude, slope_intercept)
}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        own = {name: trainings.FLAGS[name]._replace(usual=None) for name in ("optimizer", "hidden")}
        raise flags.Help(__doc__, {**trainings.FLAGS, **own})
    parsed = [(experiment, *trainings.parse(experiment, arguments)) for experiment in EXPERIMENTS.values()]
    return command.Plan(lambda: [load(*each[:2]) for each in parsed], parsed[0][2], report)


def report(studies: Sequence[Study[Any]]) -> Iterator[RenderableType]:
    """Yields a table with one row per experiment, and the goal of each."""
    runs = [study.run for study in studies]
    rows, seeds = [], runs[0].read_metrics()["seeds"]
    for metrics in (run.read_metrics() for run in runs):
        points = sum(row["points"] for row in metrics["published"])
        inside = sum(row["points"] * row["inside_share"] for row in metrics["published"])
        rows.append(
            (
                metrics["experiment"],
                f"{metrics['converged']} of {metrics['seeds']}",
                tables.number(metrics["summary"]["train MSE"]["median"]),
                f"{inside / points:.0%}" if points else "–",
            )
        )
    columns = ("experiment", "learned>", "median train MSE>", "inside 5–95 %>")
    yield tables.table(f"every experiment, {counted(seeds, 'seed')}", columns, rows)
    yield INSIDE
    yield from tables.few(seeds)
    for run in runs:
        yield f"{run.name} counts as learned: {run.read_metrics()['goal']}; {run.folder}"


if __name__ == "__main__":
    command.run_and_exit(plan)
