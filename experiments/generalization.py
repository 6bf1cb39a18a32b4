"""What trained networks answer over whole grids of curves.

Takes the population that the flags describe, trains it if it is not there, and measures its answers to every curve of
some grids: of other amplitudes, frequencies, phases, offsets, slopes and intercepts, of longer sequences and of another
spacing of x. With --curve, it is asked for its answers to curves of your own instead.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments import amplitude, sine, slope_intercept
from experiments.commands import command, flags
from lstm_toys.populations.interruption import Interrupted, Interruption
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.statistics import tables
from lstm_toys.studies.generalization.settings import LENGTH, SPACING, Axis, Curve, Evaluation, Grid

MOST_POINTS = 100_000
"""Values of an axis, and time points of a curve, that a flag takes."""

LEAST_TIMESTEPS = 10
"""Fewer time points are no curve that could be measured."""

AXES = {
    "amplitude": "0.03:1.92:64",
    "frequency": "1:64:64",
    "phase": "-3.1:3.2:64",
    "offset": "-0.9:2.25:64",
    "slope": "-2:2:81",
    "intercept": "-2:2:81",
    LENGTH: "16 values from the training curves' on, a period of 10 x apart",
    SPACING: "0.005:0.04:8",
}
"""Every axis, and its values unless a flag gives others: the training curves are among them."""

EXAMPLE = {**AXES, LENGTH: "100:1000:10"}

EXPERIMENTS = {each.EXPERIMENT.name: each.EXPERIMENT for each in (sine, amplitude, slope_intercept)}

Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Subject:
    """A population that is evaluated, and on what.

    Attributes:
        experiment: that trains it.
        planes: the family and the axes of each grid.
        trained: the axes of the grid of its training curves.
        middle: of every parameter, its value where it is no axis, or the parameter that it equals there.
    """

    experiment: Experiment
    planes: tuple[tuple[str, str, str], ...]
    trained: tuple[Axis, Axis]
    middle: dict[str, float | str]


SINES = (("sine", "amplitude", "frequency"), ("sine", "amplitude", "phase"), ("sine", "offset", "amplitude"))
FREQUENCY = 10.0
MIDDLE: dict[str, float | str] = {
    "frequency": FREQUENCY,
    "phase": 0.0,
    "offset": "amplitude",
    "slope": 0.3,
    "intercept": 0.3,
}
SUBJECTS = {
    "sine": lambda settings: Subject(
        sine.EXPERIMENT,
        (*SINES, ("line", "slope", "intercept"), ("sine", LENGTH, "amplitude"), ("sine", SPACING, "frequency")),
        (Axis("amplitude", *2 * (settings.train_amplitude,), 1), Axis("frequency", FREQUENCY, FREQUENCY, 1)),
        {"amplitude": settings.train_amplitude, **MIDDLE},
    ),
    "amplitude": lambda _: Subject(
        amplitude.EXPERIMENT,
        (*SINES, ("sine", LENGTH, "amplitude"), ("sine", SPACING, "amplitude")),
        (
            Axis("amplitude", amplitude.TRAINED[0], amplitude.TRAINED[-1], len(amplitude.TRAINED)),
            Axis("frequency", FREQUENCY, FREQUENCY, 1),
        ),
        {"amplitude": 0.25, **MIDDLE},
    ),
    "slope_intercept": lambda _: Subject(
        slope_intercept.EXPERIMENT,
        (("line", "slope", "intercept"), ("line", LENGTH, "slope"), ("line", SPACING, "slope")),
        (Axis("slope", 0.0, 1.0, 16), Axis("intercept", 0.0, 1.0, 16)),
        {"slope": 0.5, "intercept": 0.5},
    ),
}
"""What is evaluated, by the flag --task, as the settings of the training have it."""


def axis(name: str) -> flags.Parser[Axis]:
    """Values of an axis: ``low:high:count``, or one number."""
    least, most = {LENGTH: (LEAST_TIMESTEPS, MOST_POINTS), SPACING: (1 / MOST_POINTS, 0.1)}.get(name, (-1e6, 1e6))

    def convert(text: str) -> Axis:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        found = Axis(name, float(low), float(high), int(count))
        sound = least <= found.low <= found.high <= most and 1 <= found.count <= MOST_POINTS
        if not sound or (found.count == 1) != (found.low == found.high):
            raise ValueError
        return found

    return flags.Parser(convert, f"low:high:count, such as {EXAMPLE[name]}, or one number, from {least:g} to {most:,g}")


def _default(name: str, settings: Settings) -> Axis:
    """The values of an axis that no flag gives."""
    if name == LENGTH:
        # A period of the training sine more each, so that the last points always see the same part of it.
        period = round(2 * math.pi / FREQUENCY * (settings.timesteps - 1))
        return Axis(LENGTH, float(settings.timesteps), float(settings.timesteps + 15 * period), 16)
    return axis(name).convert(AXES[name])


MEANING = {LENGTH: "time points of a longer sequence", SPACING: "x between two time points"}
FLAGS: flags.FlagTable = {
    "task": (flags.choice(*SUBJECTS), "the population that is evaluated"),
    **{name: (axis(name), MEANING.get(name, f"{name} of the curves")) for name in AXES},
    "curve": (flags.path(), "CSV file: answer the curves in its columns, one y a row, instead of grids"),
}
"""The flags of this command beside those of the experiment that trains the population."""

DEFAULTS = {"task": "sine", "curve": "none", **AXES}


def grids(subject: Subject, settings: Settings, given: dict[str, Axis]) -> tuple[Grid, ...]:
    """The grids that a population is evaluated on, that of its training curves first.

    Args:
        subject: the population.
        settings: of its training.
        given: every axis; one of a single value fixes that parameter in the grids where it is no axis, too.

    Raises:
        Bad: a sequence is shorter than the training curves.
    """
    if given[LENGTH].low < settings.timesteps:
        raise flags.Bad(f"flag --length: takes no fewer points than the training curves have, {settings.timesteps:,}")
    fixed: dict[str, float | str] = {name: each.low for name, each in given.items() if each.count == 1}

    def grid(name: str, family: str, axes: tuple[Axis, Axis], values: dict[str, float | str]) -> Grid:
        names = {"line": ("slope", "intercept"), "sine": ("amplitude", "frequency", "phase", "offset")}[family]
        along = {each.name for each in axes}
        return Grid(name, family, axes, tuple((each, values[each]) for each in names if each not in along))

    family = subject.planes[-1][0]
    return (
        grid("training", family, subject.trained, subject.middle),
        *(
            grid(f"{first}_{second}", family, (given[first], given[second]), subject.middle | fixed)
            for family, first, second in subject.planes
        ),
    )


def trained_on(subject: Subject, settings: Settings) -> Ranges:
    """The range of every parameter in the training curves."""
    ranges: Ranges = {each.name: (each.low, each.high) for each in subject.trained}
    if "amplitude" in ranges:
        ranges |= {"phase": (0.0, 0.0), "offset": ranges["amplitude"]}
    spacing = 1 / (settings.timesteps - 1)
    return ranges | {LENGTH: 2 * (float(settings.timesteps),), SPACING: (spacing, spacing)}


def through(subject: Subject, settings: Settings) -> dict[str, float]:
    """Where lines along one axis go through the others."""
    values = {
        name: subject.middle[value] if isinstance(value, str) else value for name, value in subject.middle.items()
    }
    return {**values, LENGTH: settings.timesteps, SPACING: 1 / (settings.timesteps - 1)}  # type: ignore[dict-item]


def read_curves(path: Path) -> tuple[Curve, ...]:
    """The curves in the columns of a CSV file, whose first row may name them.

    Raises:
        Bad: the file cannot be read, or is not such a table.
    """
    given = f"flag --curve={path}"
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise flags.Bad(f"{given}: {getattr(error, 'strerror', None) or 'is no CSV file'}") from None
    names = [f"curve {number}" for number in range(1, len(rows[0]) + 1)] if rows else []
    header = bool(rows) and not any(_is_number(cell) for cell in rows[0])
    if header:
        names = [name.strip() or f"curve {number}" for number, name in enumerate(rows.pop(0), 1)]
    if len(rows) < 2:
        raise flags.Bad(f"{given}: needs at least 2 rows of numbers, the y of successive time points; has {len(rows)}")
    if len(rows) > MOST_POINTS:
        raise flags.Bad(f"{given}: has {len(rows):,} rows; at most {MOST_POINTS:,} are taken")
    if len(set(names)) < len(names):
        raise flags.Bad(f"{given}: two columns have the same name")
    for number, row in enumerate(rows, 1 + header):
        if len(row) != len(names):
            raise flags.Bad(f"{given}: row {number} has {len(row)} columns, and the first has {len(names)}")
        for cell in row:
            if not _is_number(cell):
                raise flags.Bad(f"{given}: row {number} holds {cell.strip()!r}, which is no finite number")
    return tuple(
        Curve(name, tuple(map(float, column))) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    )


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) <= 1e6
    except ValueError:
        return False


def parse(arguments: Sequence[str]) -> tuple[Subject, Evaluation, flags.Options]:
    """Reads a command line.

    Raises:
        Help: the help was asked for.
        Bad: the command line cannot be run.
    """
    own, rest = flags.split(FLAGS, arguments)
    experiment = EXPERIMENTS[own["task"] or DEFAULTS["task"]]
    try:
        settings, options = flags.parse(experiment, rest)
    except flags.Help:
        defaults = {**flags.DEFAULTS, **experiment.defaults, **DEFAULTS}
        raise flags.Help(flags.usage("generalization", __doc__, FLAGS | flags.FLAGS, defaults)) from None
    if settings.timesteps < LEAST_TIMESTEPS:
        raise flags.Bad(f"flag --timesteps: takes at least {LEAST_TIMESTEPS} here, a curve that can be measured")
    subject = SUBJECTS[experiment.name](settings)
    given = {name: own[name] or _default(name, settings) for name in AXES}
    name = f"generalization_{experiment.name}"
    if own["curve"] is None:
        return subject, Evaluation(name, settings, grids(subject, settings, given), ()), options
    if useless := [name for name in AXES if own[name]]:
        raise flags.Bad(f"flag --{useless[0]}: has no effect with --curve, which is answered instead of grids")
    return subject, Evaluation(name, settings, (), read_curves(own["curve"])), options


def run_all(arguments: Sequence[str]) -> int:
    """Evaluates as the arguments say, and returns the exit code."""
    try:
        subject, settings, options = parse(arguments)
    except flags.Help as text:
        print(text)
        return 0
    except flags.Bad as error:
        return command.complain(str(error), 2)
    console = Console(quiet=options.quiet)
    run = Run(settings, options.results_dir)

    def work(interruption: Interruption) -> int:
        trained = carry_out(subject, run, options, console, interruption)
        _report(console, run)
        return command.complain_if_all_diverged([trained])

    return command.guarded(work, options)


def carry_out(
    subject: Subject, run: Run[Evaluation], options: flags.Options, console: Console, interruption: Interruption
) -> dict[str, Any]:
    """Evaluates, reuses or redraws, and publishes if asked to; trains the population if need be.

    Returns:
        The metrics of the population.

    Raises:
        Bad, Busy, Damaged, Failed, Interrupted, OSError: see `command.carry_out`.
    """
    command.check_replot(options, run)
    settings = run.settings.trained
    population = Run(settings, run.results_dir)
    only = replace(options, publish=False, replot=False, restart=False)
    (metrics,) = command.carry_out([(subject.experiment, population)], only, console, interruption)
    fresh = options.restart or not run.finished
    if fresh:
        _evaluate(subject.experiment, population, run, options, console, interruption)
    if fresh or options.replot or not run.drawn:
        from lstm_toys.studies.generalization import execution

        with run.locked():
            execution.draw(run, trained_on(subject, settings), through(subject, settings))
    else:
        console.print("generalization: this run is finished; --restart runs it again", highlight=False)
    if options.publish:
        console.print(f"published in {run.publish()}", highlight=False, soft_wrap=True)
    return metrics


def _evaluate(
    experiment: Experiment,
    population: Run[Settings],
    run: Run[Evaluation],
    options: flags.Options,
    console: Console,
    interruption: Interruption,
) -> None:
    made = run.create()
    from lstm_toys.populations import devices, footprint
    from lstm_toys.populations.progress import EvaluationProgress
    from lstm_toys.studies.generalization import execution

    devices.configure(cache=options.compile_cache)
    try:
        execution.check_size(experiment, run)
    except footprint.TooLarge as error:
        for folder in made:
            folder.rmdir()
        raise flags.Bad(f"generalization, {run.settings.trained.seeds:,} seeds: {error}") from None
    with (
        run.locked(),
        EvaluationProgress(console, execution.answers_of(run.settings)) as progress,
        interruption.patient(),
    ):

        def advanced(count: int) -> None:
            progress(count)
            if interruption():
                raise Interrupted(interruption.number)

        run.reset()
        execution.execute(experiment, population, run, advanced, {})


def _report(console: Console, run: Run[Evaluation]) -> None:
    """The closing table, and what was written."""
    metrics = run.read_metrics()
    kept = metrics["seeds"] - len(metrics["diverged_seeds"])
    table = Table(title=f"{run.settings.trained.experiment}: generalization of {kept} of {metrics['seeds']} networks")
    table.add_column(no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("95 % bootstrap", justify="right", no_wrap=True)
    for name, row in metrics["summary"].items():
        table.add_row(name, tables.number(row["median"]), tables.interval(row["low"], row["high"]))
    console.print(table)
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in metrics["seconds"].items())
    rate = f"{metrics['answers']:,} answers, {metrics['answers_per_second']:,} a second"
    console.print(f"{rate}; {stages}", highlight=False, soft_wrap=True)
    for path in (run.results, run.metrics, *run.figures()):
        console.print(f"  {path}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    command.leave(run_all)
