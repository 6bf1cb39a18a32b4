"""Evaluates trained networks over whole grids of curves.

Takes the population that the flags describe, trains it if it is missing, and measures its answers to every curve of
several grids: curves of the training family with other parameters, other families if the experiment names some, longer
sequences, and other spacings of x. Networks of a task that makes its own sequences are measured at several lengths.
With --curve, the networks answer your own curves instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command, flags, modules, parsers
from lstm_toys.runs.context import described_error
from lstm_toys.studies.generalization import ask as study
from lstm_toys.tasks.curves import check_scaled, limits
from lstm_toys.tasks.parameters import parameters_of
from lstm_toys.tasks.planes import LENGTH, SPACING, Axis

LEAST_TIMESTEPS = 10
"""Fewest time points of a curve that can be measured."""

MOST_POINTS = 100_000
"""Most time points of a sequence in a grid."""

MEANING = {LENGTH: "number of time points per sequence", SPACING: "distance between time points in x"}

FLAGS: flags.FlagTable = {
    "task": (parsers.name(), "experiment whose population is evaluated: {}, or your own module"),
    "curve": (
        parsers.path(),
        "file with one curve per column and one time point per row, evaluated instead of the grids",
    ),
}
"""Flags of this command, in addition to the flags of the experiment that trains the population, and of its axes."""

DEFAULTS = {"task": "sine", "curve": "none"}


def axis(name: str, span: lt.Span, most: int = MOST_POINTS) -> parsers.Parser[Axis]:
    """Parses the values of an axis: ``low:high:count``, or one number."""
    limits = {LENGTH: (LEAST_TIMESTEPS, most), SPACING: (span.length / most, span.length / LEAST_TIMESTEPS)}
    least, greatest = limits.get(name, (-parsers.LARGEST, parsers.LARGEST))

    def convert(text: str) -> Axis:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        values = Axis(name, parsers.decimal(low), parsers.decimal(high), parsers.whole(count))
        sound = least <= values.low <= values.high <= greatest and 1 <= values.count <= most
        if not sound or (values.count == 1) != (values.low == values.high):
            raise ValueError
        return values

    shown = {LENGTH: "100:1000:10", SPACING: f"{span.length / 100:g}:{span.length / 25:g}:4"}.get(name, "0:1:16")
    return parsers.Parser(convert, f"low:high:count, such as {shown}, or one number, from {least:g} to {greatest:,g}")


def planes_of(experiment: lt.Experiment, settings: lt.Settings) -> tuple[list[study.ResolvedPlane], study.Subject]:
    """Returns the planes on which a population is evaluated, and the subject of its report; raises UsageError."""
    assert experiment.trained is not None
    try:
        planes = list(experiment.planes(settings) if experiment.planes else study.default_planes(experiment.trained))
    except Exception as error:  # A user's code may raise anything.
        reason = "its function of settings that returns a list of planes failed"
        raise flags.UsageError(f"experiment {experiment.name}: {reason}: {described_error(error)}") from None
    try:
        about = study.subject(experiment, settings, experiment.trained, planes)
        return study.laid(planes, about, settings), about
    except ValueError as error:
        raise flags.UsageError(f"experiment {experiment.name}: {error}") from None


def axes_of(experiment: lt.Experiment) -> tuple[dict[str, str], flags.FlagTable, dict[str, str]]:
    """Makes flags for the axes and parameters of planes; returns the axis of each flag, the flags, and their defaults.

    If a flag of that name exists, the name of the new one begins with ``axis_``.
    """
    settings, _ = flags.parse(experiment, [])
    table: flags.FlagTable = {}
    if experiment.trained is None:
        points = settings.timesteps
        table[LENGTH] = (axis(LENGTH, experiment.span), "time points of the sequences")
        longer = "up to ten times as long" if isinstance(experiment, modules.Open) else f"{points}:{10 * points}:10"
        return {LENGTH: LENGTH}, table, {LENGTH: longer}
    planes, _ = planes_of(experiment, settings)
    taken = flags.flags_of(experiment).keys() | FLAGS.keys()
    names: dict[str, str] = {}
    defaults = {}
    every = {each.name: each for plane in planes for each in plane.axes}
    for plane in planes:
        declared = {each.name: each for each in parameters_of(plane.family)}
        for name in (*declared, *(name for name in (LENGTH, SPACING) if name in every)):
            flag = f"axis_{name}" if name in taken else name
            if flag not in names:
                names[flag] = name
                text = MEANING.get(name) or f"{declared[name].words} of the curves"
                table[flag] = (axis(name, experiment.span), text)
                values = every.get(name)
                defaults[flag] = f"{values.low:g}:{values.high:g}:{values.count}" if values else "as trained"
    return names, table, defaults


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        experiment = modules.helped(arguments, "task", "EXPERIMENT", lt.Experiment, DEFAULTS["task"])
        _, axes, along = axes_of(experiment)
        table, defaults = modules.table_of(experiment)
        every = {**modules.offered(FLAGS, "task", "EXPERIMENT"), **axes, **table}
        values = {**defaults, **along, **DEFAULTS, "task": experiment.name}
        raise flags.Help(__doc__, every, values)
    own, rest = flags.split(FLAGS, arguments)
    declared = modules.declared(own["task"] or DEFAULTS["task"], "EXPERIMENT", lt.Experiment, "task")
    experiment, rest, notes = modules.completed(declared, rest)
    names, table, defaults = axes_of(experiment)
    typed, rest = flags.split(table, rest)
    settings, options = flags.parse(experiment, rest)
    if settings.timesteps < LEAST_TIMESTEPS:
        raise flags.UsageError(f"flag --timesteps: must be at least {LEAST_TIMESTEPS} to measure answers")
    name = f"generalization_{experiment.name}"
    useless = next((flag for flag in table if typed[flag]), None)
    about = study.Subject(experiment, {}, None, {})
    if own["curve"] is None and experiment.trained is None:
        asked = typed[LENGTH] or axis(LENGTH, experiment.span).parse(defaults[LENGTH])
        lengths = tuple(dict.fromkeys(asked.values.astype(int).tolist()))
        evaluation = study.Evaluation(name, settings, (), lengths=lengths)
    elif own["curve"] is None:
        planes, about = planes_of(experiment, settings)
        along_axes = {names[flag]: each for flag, each in typed.items()}
        evaluation = study.Evaluation(name, settings, _grids(planes, about, settings, along_axes))
    elif useless:
        raise flags.UsageError(f"flag --{useless}: has no effect with --curve, which replaces the grids")
    else:
        try:
            curves = lt.read_curves(own["curve"], *limits(experiment.scaling is not None))
            study.check_spacing(curves, experiment.span, settings.timesteps)
            if experiment.scaling:
                check_scaled(curves.values[..., None], experiment.scaling)
        except ValueError as error:
            raise flags.UsageError(f"flag --curve={own['curve']}: {error}") from None
        evaluation = study.Evaluation(name, settings, (), curves)
    return command.Plan([study.ask(about, evaluation, options.results_dir)], options, notes=notes)


def _grids(
    planes: Sequence[study.ResolvedPlane], about: study.Subject, settings: lt.Settings, given: dict[str, Axis | None]
) -> tuple[study.Grid, ...]:
    """Makes the grids; raises UsageError for sequences shorter than in training, or ranges that are not axes."""
    length, along = given.get(LENGTH), {each.name for plane in planes for each in plane.axes}
    if length and length.low < settings.timesteps:
        raise flags.UsageError(
            f"flag --length: must be at least {settings.timesteps:,}, the number of points of the training curves"
        )
    if idle := [name for name, each in given.items() if each and each.count > 1 and name not in along]:
        raise flags.UsageError(f"flag --{idle[0]}: not an axis of a grid of {about.experiment.name}; give one number")
    return study.grids(planes, about, settings, given)
