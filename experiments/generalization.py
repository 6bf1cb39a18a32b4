"""What trained networks answer over whole grids of curves.

Takes the population that the flags describe, trains it if it is not there, and measures its answers to every curve of
some grids: of other amplitudes, frequencies, phases, offsets, slopes and intercepts, of longer sequences and of another
spacing of x. With --curve, it is asked for its answers to curves of your own instead.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments import amplitude, sine, slope_intercept
from experiments.commands import command, flags
from lstm_toys import studies
from lstm_toys.runs import life
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.studies.generalization.settings import LENGTH, SPACING, Axis, Curve, Evaluation, Grid, Subject
from lstm_toys.tasks.curves import MOST_POINTS, read_curves

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
class Planes:
    """What a population is evaluated on.

    Attributes:
        planes: the family and the axes of each grid.
        trained: the axes of the grid of its training curves.
        middle: of every parameter, its value where it is no axis, or the parameter that it equals there.
    """

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
PLANES = {
    "sine": lambda settings: Planes(
        (*SINES, ("line", "slope", "intercept"), ("sine", LENGTH, "amplitude"), ("sine", SPACING, "frequency")),
        (Axis("amplitude", *2 * (settings.train_amplitude,), 1), Axis("frequency", FREQUENCY, FREQUENCY, 1)),
        {"amplitude": settings.train_amplitude, **MIDDLE},
    ),
    "amplitude": lambda _: Planes(
        (*SINES, ("sine", LENGTH, "amplitude"), ("sine", SPACING, "amplitude")),
        (
            Axis("amplitude", amplitude.TRAINED[0], amplitude.TRAINED[-1], len(amplitude.TRAINED)),
            Axis("frequency", FREQUENCY, FREQUENCY, 1),
        ),
        {"amplitude": 0.25, **MIDDLE},
    ),
    "slope_intercept": lambda _: Planes(
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
    "task": (flags.choice(*PLANES), "the population that is evaluated"),
    **{name: (axis(name), MEANING.get(name, f"{name} of the curves")) for name in AXES},
    "curve": (flags.path(), "CSV file: answer the curves in its columns, one y a row, instead of grids"),
}
"""The flags of this command beside those of the experiment that trains the population."""

DEFAULTS = {"task": "sine", "curve": "none", **AXES}


def grids(planes: Planes, settings: Settings, given: dict[str, Axis]) -> tuple[Grid, ...]:
    """The grids that a population is evaluated on, that of its training curves first.

    Args:
        planes: what it is evaluated on.
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

    family = planes.planes[-1][0]
    return (
        grid("training", family, planes.trained, planes.middle),
        *(
            grid(f"{first}_{second}", family, (given[first], given[second]), planes.middle | fixed)
            for family, first, second in planes.planes
        ),
    )


def trained_on(planes: Planes, settings: Settings) -> Ranges:
    """The range of every parameter in the training curves."""
    ranges: Ranges = {each.name: (each.low, each.high) for each in planes.trained}
    if "amplitude" in ranges:
        ranges |= {"phase": (0.0, 0.0), "offset": ranges["amplitude"]}
    spacing = 1 / (settings.timesteps - 1)
    return ranges | {LENGTH: 2 * (float(settings.timesteps),), SPACING: (spacing, spacing)}


def through(planes: Planes, settings: Settings) -> dict[str, float]:
    """Where lines along one axis go through the others."""
    values = {name: planes.middle[value] if isinstance(value, str) else value for name, value in planes.middle.items()}
    return {**values, LENGTH: settings.timesteps, SPACING: 1 / (settings.timesteps - 1)}  # type: ignore[dict-item]


def plan(arguments: Sequence[str]) -> command.Plan:
    """What the command line asks for."""
    own, rest = flags.split(FLAGS, arguments)
    experiment = EXPERIMENTS[own["task"] or DEFAULTS["task"]]
    if flags.asks_help(arguments):
        defaults = {**flags.DEFAULTS, **experiment.defaults, **DEFAULTS}
        raise flags.Help(flags.usage("generalization", __doc__, FLAGS | flags.FLAGS, defaults))
    settings, options = flags.parse(experiment, rest)
    if settings.timesteps < LEAST_TIMESTEPS:
        raise flags.Bad(f"flag --timesteps: takes at least {LEAST_TIMESTEPS} here, a curve that can be measured")
    planes = PLANES[experiment.name](settings)
    name = f"generalization_{experiment.name}"
    if own["curve"] is None:
        given = {each: own[each] or _default(each, settings) for each in AXES}
        evaluation = Evaluation(name, settings, grids(planes, settings, given), ())
    elif useless := [each for each in AXES if own[each]]:
        raise flags.Bad(f"flag --{useless[0]}: has no effect with --curve, which is answered instead of grids")
    else:
        try:
            curves = read_curves(own["curve"])
        except ValueError as error:
            raise flags.Bad(f"flag --curve={own['curve']}: {error}") from None
        evaluation = Evaluation(name, settings, (), tuple(Curve(*each) for each in curves.items()))
    population = life.training(experiment, settings, options.results_dir)
    told = Subject(experiment, trained_on(planes, settings), through(planes, settings))
    work = life.Work(
        Run(evaluation, options.results_dir), studies.generalization, told, needs={"population": population}
    )
    return command.Plan([work], options)


if __name__ == "__main__":
    command.leave(plan)
