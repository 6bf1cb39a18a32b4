"""Trains populations over a grid of settings: which hyperparameters learn a task, and how do the networks generalize?

Trains one experiment's networks under each combination of the values in the --grid flags. Settings that differ only in
learning rate, momentum, decay, noise, numbers of the training curves (--train_NAME) or steps share one compiled
program; each combination of optimizer, hidden, readout, cell, gates and timesteps needs a separate one. For several
numbers of steps, networks are trained once and evaluated after each of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from lstm_toys.cli import command, flags, modules, parsers
from lstm_toys.runs.context import Options
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import NUMBER, SWEPT, Settings
from lstm_toys.studies.sweep.ask import SweepSettings, ask

MOST_SETTINGS = 10_000

Axis = tuple[str, list[str]]


def axis() -> parsers.Parser[Axis]:
    """Parses the name of a flag and its values, such as ``learning_rate=0.1 1``."""

    def convert(text: str) -> Axis:
        name, _, values = text.partition("=")
        known = name.strip() in SWEPT or name.strip().startswith(NUMBER)
        if not known or not values.split() or len(set(values.split())) < len(values.split()):
            raise ValueError
        return name.strip(), values.split()

    names = f"one of {', '.join(SWEPT)} or {NUMBER}NAME"
    return parsers.Parser(convert, f"'flag=value value ...', each value once; the flag is {names}", many=True)


OWN: flags.FlagTable = {
    "task": (parsers.name(), "experiment whose networks are trained: {}, or your own module"),
    "grid": (axis(), "values of another flag, such as 'learning_rate=0.1 1'; repeat --grid for each flag that varies"),
}
OWN_DEFAULTS = {"task": "sine", "grid": "a single setting"}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        experiment = modules.helped(arguments, "task", "EXPERIMENT", Experiment, OWN_DEFAULTS["task"])
        table, defaults = modules.table_of(experiment)
        every = {**modules.offered(OWN, "task", "EXPERIMENT"), **table}
        raise flags.Help(__doc__, every, {**defaults, **OWN_DEFAULTS, "task": experiment.name})
    own, rest = flags.split(OWN, arguments)
    declared = modules.declared(own["task"] or OWN_DEFAULTS["task"], "EXPERIMENT", Experiment, "task")
    experiment, rest, notes = modules.completed(declared, rest)
    settings, options = expand(experiment, own["grid"] or [], rest)
    asked = ask(experiment, SweepSettings("sweep", settings), options.results_dir)
    return command.Plan([asked], options, notes=notes)


def expand(
    experiment: Experiment, axes: Sequence[Axis], arguments: Sequence[str]
) -> tuple[tuple[Settings, ...], Options]:
    """Returns the settings of a grid, and the options. Raises UsageError if one is invalid, or there are too many."""
    names = [name for name, _ in axes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise flags.UsageError(f"flag --grid: {min(twice)} is given twice; give all its values in one --grid")
    for name in names:
        if any(argument.split("=")[0] in (f"-{name}", f"--{name}") for argument in arguments):
            raise flags.UsageError(f"flag --{name}: also given by --grid; give one of the two")
    count = 1
    for _, values in axes:
        count *= len(values)
    if count > MOST_SETTINGS:
        raise flags.UsageError(f"flag --grid: {count:,} settings; at most {MOST_SETTINGS:,} are allowed")
    keeping = replace(experiment, defaults={**experiment.defaults, "keep_steps": "none"})

    def parsed(chosen: Sequence[str]) -> tuple[Settings, Options]:
        added = [f"--{name}={value}" for name, value in zip(names, chosen, strict=True)]
        return flags.parse(keeping, [*arguments, *added])

    first, options = parsed([values[0] for _, values in axes])
    if first.keep_steps:
        raise flags.UsageError(
            "flag --keep_steps: a sweep saves no parameters; use --grid 'steps=...' for results after other steps"
        )
    # All settings of a large grid take long to parse, so that every value comes up once before.
    for place in range(max((len(values) for _, values in axes), default=0)):
        parsed([values[min(place, len(values) - 1)] for _, values in axes])
    settings = tuple(parsed(chosen)[0] for chosen in product(*(values for _, values in axes)))
    if len(set(settings)) < len(settings):
        raise flags.UsageError("flag --grid: two settings have the same values, written differently")
    return settings, options
