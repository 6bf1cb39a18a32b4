"""Populations under every setting of a grid: which hyper-parameters learn a task, and what do the networks generalize?

Trains one experiment's networks under each combination of the values that --grid gives, several --grid flags making the
full product. Learning rate, momentum, decay, training amplitude, noise and numbers of steps share one compiled program;
optimizer, hidden, readout and timesteps compile one for each combination. Step budgets are one training, read several
times.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.all import EXPERIMENTS
from experiments.commands import command, flags
from lstm_toys.populations.interruption import Interruption
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import SWEPT, Settings
from lstm_toys.statistics import tables
from lstm_toys.studies.sweep.settings import SweepSettings

MOST_SETTINGS = 10_000
MOST_ROWS = 100
"""Of the table on the console."""

HEADINGS = {"learning_rate": "rate", "train_amplitude": "amplitude"}

Axis = tuple[str, list[str]]


def axis() -> flags.Parser[Axis]:
    """A flag's name and the values that it takes in turn, ``learning_rate=0.1 1``."""

    def convert(text: str) -> Axis:
        name, _, values = text.partition("=")
        if name.strip() not in SWEPT or not values.split() or len(set(values.split())) < len(values.split()):
            raise ValueError
        return name.strip(), values.split()

    return flags.Parser(
        convert, f"'flag=value value ...', each value once; the flag is one of {', '.join(SWEPT)}", many=True
    )


OWN: flags.FlagTable = {
    "task": (flags.choice(*EXPERIMENTS), "the experiment whose task is learned"),
    "grid": (axis(), "values of a flag, such as 'learning_rate=0.1 1'; give it once for each flag that varies"),
}
OWN_DEFAULTS = {"task": "sine", "grid": "one setting"}


def sweep(arguments: Sequence[str]) -> int:
    """Runs a sweep as the arguments say, and returns the exit code."""
    if flags.asks_help(arguments):
        table = {**OWN, **flags.FLAGS}
        told = dict.fromkeys(("optimizer", "hidden"), "the experiment's own")
        print(flags.usage("sweep", __doc__, table, {**flags.DEFAULTS, **told, **OWN_DEFAULTS}))
        return 0
    try:
        own, rest = flags.split(OWN, arguments)
        experiment = EXPERIMENTS[own["task"] or OWN_DEFAULTS["task"]]
        settings, options = expand(experiment, own["grid"] or [], rest)
    except flags.Bad as error:
        return command.complain(str(error), 2)
    console = Console(quiet=options.quiet)
    run = Run(SweepSettings("sweep", settings), options.results_dir)

    def work(interruption: Interruption) -> int:
        found = command.carry_out([(experiment, run)], options, console, interruption)[0]
        _report(console, run, found)
        if all(len(row["diverged_seeds"]) == found["seeds"] for row in found["rows"]):
            return command.complain("every seed of every setting diverged; give smaller learning rates", 1)
        return 0

    return command.guarded(work, options)


def expand(
    experiment: Experiment, axes: Sequence[Axis], arguments: Sequence[str]
) -> tuple[tuple[Settings, ...], flags.Options]:
    """The settings of a grid.

    Args:
        experiment: whose flags they are.
        axes: flags and their values.
        arguments: flags of all settings.

    Raises:
        Bad: a combination is no setting, or there are too many.
    """
    names = [name for name, _ in axes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise flags.Bad(f"flag --grid: {min(twice)} is given twice; give all its values at once")
    for name in names:
        if any(argument.split("=")[0] in (f"-{name}", f"--{name}") for argument in arguments):
            raise flags.Bad(f"flag --{name}: --grid gives its values; give one of the two")
    count = 1
    for _, values in axes:
        count *= len(values)
    if count > MOST_SETTINGS:
        raise flags.Bad(f"flag --grid: {count:,} settings are more than {MOST_SETTINGS:,}")
    parsed = [
        flags.parse(experiment, [*arguments, *(f"--{name}={value}" for name, value in zip(names, chosen, strict=True))])
        for chosen in product(*(values for _, values in axes))
    ]
    settings = tuple(each for each, _ in parsed)
    if len(set(settings)) < len(settings):
        raise flags.Bad("flag --grid: two of its settings are the same, written differently")
    return settings, parsed[0][1]


def _report(console: Console, run: Run[SweepSettings], found: dict[str, Any]) -> None:
    """The closing table, and what was written."""
    rows, varied = found["rows"], found["varied"]
    table = Table(title=f"{len(rows):,} settings, {found['seeds']} seeds each", box=box.SIMPLE_HEAD, padding=0)
    for name in (*varied, "learned", "diverged"):
        table.add_column(HEADINGS.get(name, name.replace("_", " ")), justify="right", overflow="fold")
    for name in ("train MSE", "95 % bootstrap"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:MOST_ROWS]:
        values = [f"{value:g}" if isinstance(value := row.get(name, "–"), float) else str(value) for name in varied]
        mse, diverged = row["train_mse"], len(row["diverged_seeds"])
        spread = tables.number(mse["median"]), tables.interval(mse["low"], mse["high"])
        table.add_row(*values, str(row["learned"]), str(diverged), *spread)
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"... and {len(rows) - MOST_ROWS:,} more, in metrics.json", highlight=False)
    trainings = found["networks"] // found["seeds"]
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in found["seconds"].items())
    for line in (
        f"learned: {found['goal']}",
        f"{found['networks']:,} networks: {trainings:,} trainings of {found['seeds']} seeds, read at "
        f"{len(rows):,} settings; compiled once for each of {found['shapes']} shapes",
        f"{stages}; {found['member_steps_per_second']:,} member-steps/s",
        *(f"  {path}" for path in (run.results, run.metrics, *run.figures())),
    ):
        console.print(line, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    command.leave(sweep)
