"""Plans the commands that ask a study of one experiment's networks: generalization, sweep, dynamics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import lstm_toys as lt
from lstm_toys.cli import command, flags, modules, parsers
from lstm_toys.runs.context import Options, described_error
from lstm_toys.runs.identity import SWEPT
from lstm_toys.studies.dynamics import ask as dynamic
from lstm_toys.studies.generalization import ask as study
from lstm_toys.studies.sweep import ask as sweeps
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.tasks.planes import LENGTH, SPACING, Axis

LEAST_TIMESTEPS = 2
MOST_POINTS = 100_000
MOST_SETTINGS = 10_000
MOST_INPUTS, MOST_STARTS = 1_000, 1_000
"""Bounds of the time points of a sequence, the settings of a sweep, and the inputs and initial states of dynamics."""

Values = dict[str, Any]
"""Values of flags, None for a missing one."""

MEANING = {LENGTH: "number of time points per sequence", SPACING: "distance between time points in x"}


def values_of(name: str, takes: str, least: float | int, greatest: float | int, most: int) -> parsers.Parser[Axis]:
    """Parses at most ``most`` values of an axis: ``low:high:count``, or one number."""

    @parsers.taking(f"low:high:count, such as {takes}")
    def values(text: str) -> Axis:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        values = Axis(name, parsers.decimal(low), parsers.decimal(high), parsers.whole(count))
        inside = least <= values.low <= values.high <= greatest and values.count <= most
        if not inside or (values.count == 1) != (values.low == values.high):
            raise ValueError
        return values

    return values


def axis(name: str, span: lt.Span) -> parsers.Parser[Axis]:
    """Parses the values of an axis of a grid."""
    bounds = {
        LENGTH: (LEAST_TIMESTEPS, MOST_POINTS),
        SPACING: (span.length / MOST_POINTS, span.length / LEAST_TIMESTEPS),
    }
    least, greatest = bounds.get(name, (-parsers.LARGEST, parsers.LARGEST))
    shown = {LENGTH: "100:1000:10", SPACING: f"{span.length / 100:g}:{span.length / 25:g}:4"}.get(name, "0:1:16")
    takes = f"{shown}, or one number, from {least:g} to {greatest:,g}"
    return values_of(name, takes, least, greatest, MOST_POINTS)


@parsers.taking(
    f"'flag=value value ...', each value once; the flag is one of {', '.join(SWEPT)} or {NUMBER}NAME", many=True
)
def setting(text: str) -> tuple[str, list[str]]:
    """Parses the name of a flag and its values, such as ``learning_rate=0.1 1``."""
    name, _, written = text.partition("=")
    name, values = name.strip(), written.split()
    known = name in SWEPT or name.startswith(NUMBER)
    if not known or not values or len(set(values)) < len(values):
        raise ValueError
    return name, values


INPUTS = values_of("input", f"-1:2:41, or one number; at most {MOST_INPUTS:,}", *(-math.inf, math.inf, MOST_INPUTS))


@parsers.taking("NAME=number,number,...: a number for each input feature", many=True)
def period(text: str) -> dynamic.Period:
    """Parses the name of a period and its constant input, such as ``delay=0,0,1``."""
    name, _, values = text.partition("=")
    if not name.strip():
        raise ValueError
    return dynamic.Period(name.strip(), tuple(map(parsers.number.parse, values.split(","))))


GENERALIZATION: flags.FlagTable = {
    "task": (parsers.name, "experiment whose population is evaluated: {}, or your own module"),
    "limit": (parsers.positive, "error below which a curve of a grid counts as answered"),
}
SWEEP: flags.FlagTable = {
    "task": (parsers.name, "experiment whose networks are trained: {}, or your own module"),
    "grid": (setting, "values of another flag, such as 'learning_rate=0.1 1'; repeat --grid for each flag that varies"),
    "keep_networks": (
        None,
        "keep the trained networks for lt.load also if they take 100 MB or more; below, they are kept",
    ),
}
DYNAMICS: flags.FlagTable = {
    "task": (parsers.name, "experiment whose networks are analyzed: {}, or your own module"),
    "inputs": (INPUTS, f"constant inputs; by default {dynamic.INPUTS}, over the range of curves and a quarter beyond"),
    "hold": (
        period,
        "name and constant input of a period, such as 'delay=0,0,1', under which to find slow points; repeat --hold "
        "for each period; by default, for networks with several inputs, all inputs are 0",
    ),
    "starts": (
        parsers.integer(2, MOST_STARTS),
        "number of initial states per network; half of them are states that the network visits. Slow "
        "points are sought from eight times as many visited states",
    ),
    "weight_scale": (parsers.positive, "factor of all parameters, to analyze untrained networks with other weights"),
}
"""Flags of each command, in addition to the flags of the experiment that trains the population."""

TASK = "sine"


def opened(
    arguments: Sequence[str],
    text: str,
    table: flags.FlagTable,
    defaults: Mapping[str, str],
    axes: Callable[[lt.Experiment], tuple[flags.FlagTable, Mapping[str, str]]] = lambda _: ({}, {}),
) -> tuple[lt.Experiment, Values, list[str], list[str]]:
    """Returns the experiment that a command line names, the command's own flags, the other arguments, and notes.

    Raises `flags.Help`, with this ``text``, if help is requested; ``axes`` makes further flags for it.
    """

    def named(task: str | None) -> lt.Experiment:
        return modules.declared(task or TASK, "EXPERIMENT", lt.Experiment, "task")

    if flags.asks_help(arguments):
        try:
            experiment = named(flags.split({"task": (parsers.name, "")}, arguments)[0]["task"])
        except flags.UsageError:
            experiment = named(TASK)
        more, along = axes(experiment)
        every, usual = modules.table_of(experiment)
        every = {**modules.offered(table, "task", "EXPERIMENT"), **more, **every}
        raise flags.Help(text, every, {**usual, **along, **defaults, "task": experiment.name})
    own, rest = flags.split(table, arguments)
    experiment, rest, notes = modules.completed(named(own["task"]), rest)
    return experiment, own, rest, notes


GENERALIZATION_HELP = """
Evaluates trained networks over whole grids of curves.

Takes the population that the flags describe, trains it if it is missing, and measures its answers to every curve of
several grids: curves of the training family with other parameters, other families if the experiment names some, longer
sequences, and other spacings of x. Networks of a task that makes its own sequences are measured at several lengths.
"""


def generalization(arguments: Sequence[str]) -> command.Plan:
    """Plans the evaluation of a population."""
    usual = {"limit": "that of the experiment's goal"}
    experiment, own, rest, notes = opened(
        arguments, GENERALIZATION_HELP, GENERALIZATION, usual, lambda each: axes_of(each)[1:]
    )
    names, table, defaults = axes_of(experiment)
    typed, rest = flags.split(table, rest)
    settings, options = flags.parse(experiment, rest)
    given = {names[flag]: each for flag, each in typed.items()}
    name, about = f"generalization_{experiment.name}", study.Subject(experiment, {}, {})
    if experiment.trained is None:
        if own["limit"] is not None:
            raise flags.UsageError(f"flag --limit: for grids of curves; {experiment.name} is measured at lengths")
        values = given[LENGTH] or axis(LENGTH, experiment.span).parse(defaults[LENGTH])
        lengths = tuple(dict.fromkeys(values.values.astype(int).tolist()))
        evaluation = study.Evaluation(name, settings, lengths=lengths)
    else:
        about, grids = grids_of(experiment, settings, given)
        length, along = given.get(LENGTH), {each.name for grid in grids for each in grid.axes}
        if length and length.low < settings.timesteps:
            least = f"{settings.timesteps:,}, the number of points of the training curves"
            raise flags.UsageError(f"flag --length: must be at least {least}")
        if idle := [each for each, values in given.items() if values and values.count > 1 and each not in along]:
            raise flags.UsageError(f"flag --{idle[0]}: not an axis of a grid of {experiment.name}; give one number")
        limit = experiment.goal.limit if experiment.goal and own["limit"] is None else own["limit"]
        if limit is None:
            raise flags.UsageError(f"flag --limit: needed, since {experiment.name} declares no goal")
        evaluation = study.Evaluation(name, settings, grids, limit=limit)
    return command.Plan([study.ask(about, evaluation, options.results_dir)], options, notes=notes)


def grids_of(
    experiment: lt.Experiment, settings: lt.Settings, given: Mapping[str, Axis | None]
) -> tuple[study.Subject, tuple[study.Grid, ...]]:
    """Makes the grids on which a population is evaluated, see `study.grids`; raises UsageError."""
    try:
        return study.grids(experiment, settings, given)
    except Exception as error:  # A user's code may raise anything.
        raise flags.UsageError(
            f"experiment {experiment.name}: its planes cannot be made: {described_error(error)}"
        ) from None


def axes_of(experiment: lt.Experiment) -> tuple[dict[str, str], flags.FlagTable, dict[str, str]]:
    """Makes flags for the axes and parameters of grids; returns the axis of each flag, the flags, and their defaults.

    If a flag of that name exists, the name of the new one begins with ``axis_``.
    """
    settings, _ = flags.parse(experiment, [])
    table: flags.FlagTable = {}
    if experiment.trained is None:
        points = settings.timesteps
        table[LENGTH] = (axis(LENGTH, experiment.span), "time points of the sequences")
        longer = "up to ten times as long" if isinstance(experiment, modules.Open) else f"{points}:{10 * points}:10"
        return {LENGTH: LENGTH}, table, {LENGTH: longer}
    about, (_, *grids) = grids_of(experiment, settings, {})
    taken = flags.flags_of(experiment).keys() | GENERALIZATION.keys()
    names: dict[str, str] = {}
    defaults = {}
    every = {each.name: each for grid in grids for each in grid.axes}
    for grid in grids:
        for name in (*(each.name for each in grid.axes), *dict(grid.parameters)):
            flag = f"axis_{name}" if name in taken else name
            if flag not in names:
                names[flag] = name
                text = MEANING.get(name) or f"{about.parameter(grid.family, name).words} of the curves"
                table[flag] = (axis(name, experiment.span), text)
                values = every.get(name)
                defaults[flag] = f"{values.low:g}:{values.high:g}:{values.count}" if values else "as trained"
    return names, table, defaults


SWEEP_HELP = """
Trains populations over a grid of settings: which hyperparameters learn a task, and how do the networks generalize?

Trains one experiment's networks under each combination of the values in the --grid flags. Settings that differ only in
learning rate, momentum, decay, noise, numbers of the training curves (--train_NAME) or steps share one compiled
program; each combination of optimizer, hidden, readout, cell, gates and timesteps needs a separate one. For several
numbers of steps, networks are trained once and evaluated after each of them.
"""


def sweep(arguments: Sequence[str]) -> command.Plan:
    """Plans the trainings of a sweep."""
    experiment, own, rest, notes = opened(arguments, SWEEP_HELP, SWEEP, {"grid": "a single setting"})
    settings, options = expand(experiment, own["grid"] or [], rest)
    asked = sweeps.ask(
        experiment, sweeps.SweepSettings("sweep", settings, bool(own["keep_networks"])), options.results_dir
    )
    return command.Plan([asked], options, notes=notes)


def expand(
    experiment: lt.Experiment, axes: Sequence[tuple[str, list[str]]], arguments: Sequence[str]
) -> tuple[tuple[lt.Settings, ...], Options]:
    """Returns the settings of a grid, and the options. Raises UsageError if one is invalid, or there are too many."""
    names = [name for name, _ in axes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise flags.UsageError(f"flag --grid: {min(twice)} is given twice; give all its values in one --grid")
    for name in names:
        if any(argument.split("=")[0] in (f"-{name}", f"--{name}") for argument in arguments):
            raise flags.UsageError(f"flag --{name}: also given by --grid; give one of the two")
    if (count := math.prod(len(values) for _, values in axes)) > MOST_SETTINGS:
        raise flags.UsageError(f"flag --grid: {count:,} settings; at most {MOST_SETTINGS:,} are allowed")
    keeping = replace(experiment, defaults={**experiment.defaults, "keep_steps": "none"})

    def parsed(chosen: Sequence[str]) -> tuple[lt.Settings, Options]:
        added = [f"--{name}={value}" for name, value in zip(names, chosen, strict=True)]
        return flags.parse(keeping, [*arguments, *added])

    first, options = parsed([values[0] for _, values in axes])
    if first.keep_steps:
        raise flags.UsageError(
            "flag --keep_steps: a sweep keeps networks after the steps of --grid 'steps=...'; use that instead"
        )
    settings = tuple(parsed(chosen)[0] for chosen in product(*(values for _, values in axes)))
    if len(set(settings)) < len(settings):
        raise flags.UsageError("flag --grid: two settings have the same values, written differently")
    return settings, options


DYNAMICS_HELP = """
Analyzes why trained networks answer as they do: fixed points, slow points, resonance, and models built from them.

Trains the population that the flags describe, if it is missing, and analyzes every network: where it settles under
constant inputs, how it answers small sines, how fast it forgets, and how much of its answers is explained by its
behavior at rest and near rest. With --keep_steps, also computes the leading mode after earlier training steps.

With --hold, and for networks with several inputs, finds instead the fixed points and the slow points of every network
under the constant inputs of named periods, such as a delay.
"""


def dynamics(arguments: Sequence[str]) -> command.Plan:
    """Plans the analysis of a population's dynamics."""
    usual = {"inputs": "around the curves", "hold": "none", "starts": "32", "weight_scale": "1"}
    experiment, own, rest, notes = opened(arguments, DYNAMICS_HELP, DYNAMICS, usual)
    trained, options = flags.parse(experiment, rest)
    held = tuple(own["hold"] or ())
    if held and own["inputs"]:
        raise flags.UsageError("flag --inputs: has no effect with --hold, which sets the constant inputs")
    names = [each.name for each in held]
    if twice := {name for name in names if names.count(name) > 1}:
        raise flags.UsageError(f"flag --hold: the period {min(twice)} is given twice")
    starts = int(usual["starts"]) if own["starts"] is None else own["starts"]
    scale = 1.0 if own["weight_scale"] is None else float(own["weight_scale"])
    settings = dynamic.DynamicsSettings(f"dynamics_{experiment.name}", trained, held or own["inputs"], starts, scale)
    return command.Plan([dynamic.ask(experiment, settings, options.results_dir)], options, notes=notes)
