"""The flags of all experiments, parsed and checked without importing jax."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from absl import flags

from lstm_toys.cli import conflicts, parsers
from lstm_toys.cli.script import OF_FOLDER, SCRIPT, short_name
from lstm_toys.cli.suggestions import meant
from lstm_toys.networks import cells, optimizers
from lstm_toys.runs.context import Options
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import FORMATS
from lstm_toys.runs.identity import Settings
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.text import message

FlagTable = dict[str, tuple[flags.ArgumentParser[Any] | None, str]]
"""Flags by name: the parser, None for a switch, and the help text."""


class Help(Exception):
    """A request for help; its text is the help of the running command."""

    def __init__(self, doc: str, table: FlagTable, defaults: dict[str, Any]) -> None:
        lines = [doc.strip(), "", f"usage: {called()} [flags]", ""]
        for flag, (parser, text) in table.items():
            default = defaults.get(flag, "set by the experiment")
            if parser is None:
                shown = flag if flag.startswith("no_") else f"[no]{flag}"
                lines += [f"  --{shown}", f"      {text} (default: {'yes' if defaults.get(flag) else 'no'})"]
            else:
                lines += [f"  --{flag}", f"      {text}", f"      takes {parser.syntactic_help} (default: {default})"]
        super().__init__("\n".join(lines))


def called() -> str:
    """How the running command is called: by the console script if it is one of the experiments', from any folder."""
    spec = sys.modules["__main__"].__spec__
    if spec is None:
        return f"python {sys.argv[0]}"
    if spec.name == OF_FOLDER:
        return sys.argv[0]
    name = spec.name.removesuffix(".__main__")
    return f"{SCRIPT} {short}" if (short := short_name(name)) != name else f"python -m {name}"


class UsageError(Exception):
    """An invalid command line; the argument explains in one line what is wrong."""


@contextmanager
def blaming(flag: str, value: Any) -> Iterator[None]:
    """Turns a ValueError into a UsageError that names a flag and its value."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"flag --{flag}={value}: {error}") from None


OWN = "the optimizer's default"

_TABLE: dict[str, tuple[flags.ArgumentParser[Any] | None, Any, str]] = {
    "seeds": (
        parsers.integer(1, 10**7),
        16,
        "number of networks; seed i gives the same network, however many there are",
    ),
    "base_seed": (parsers.integer(0, 2**32 - 1), 0, "other values give other networks with the same seed numbers"),
    "steps": (parsers.integer(0), None, "training steps of each network; 0 leaves the networks untrained"),
    "learning_rate": (parsers.positive, None, "step size of the optimizer"),
    "optimizer": (
        parsers.choice(*optimizers.TAKES),
        "sgd",
        "optimizer; momentum: SGD with momentum; rmsprop_keras: adds epsilon outside the root, as Keras did in 2018",
    ),
    "momentum": (parsers.share(OWN), "auto", "fraction of earlier gradients that momentum and adam keep at each step"),
    "decay": (parsers.share(OWN), "auto", "share of mean squared gradients that rmsprop, rmsprop_keras and adam keep"),
    "hidden": (parsers.widths, "32", "units of each recurrent layer below the readout; none: only the readout"),
    "readout": (parsers.choice("cell", "dense"), "cell", "last layer; cell: a recurrent one; dense: an affine one"),
    "cell": (parsers.cell, "lstm", "cell of every layer; lstm_toys/networks/cells.py says what a custom one provides"),
    "gates": (parsers.choice(*cells.GATES), "sigmoid", "gate function of lstm and gru; hard: clip(0.2 a + 0.5, 0, 1)"),
    "timesteps": (parsers.integer(2, 10**6), 100, "number of points of each curve, evenly spaced over the range of x"),
    "keep_steps": (parsers.numbers_of_steps, "none", "earlier steps whose parameters are also saved; 0: untrained"),
    "early_stopping": (
        parsers.early_stopping,
        "none",
        "a network takes no more steps once it meets the goal at so many records in a row, of about 200; best: the "
        "parameters with the smallest recorded loss are kept, instead of the last ones",
    ),
    "noise": (parsers.not_negative, 0.0, "standard deviation of noise on the training inputs, drawn once per seed"),
    "block": (
        parsers.unless("auto", parsers.integer(1)),
        "auto",
        "networks per program; changes the last bits of results",
    ),
    "results_dir": (parsers.folder, "results", "folder for runs and published files"),
    "publish": (None, False, "copy the figures and metrics of the finished run to <results_dir>/<experiment>"),
    "restart": (None, False, "start from the beginning, even if the run is finished or could be continued"),
    "no_training": (None, False, "if networks would have to be trained, name them and exit with code 2"),
    "quiet": (None, False, "print only errors and the folder of the results"),
    "checkpoint_every": (parsers.positive, 30.0, "seconds between checkpoints; an interrupted run continues from one"),
    "on_divergence": (parsers.choice("exclude", "stop"), "exclude", "leave diverged seeds out of statistics, or stop"),
    "figure_format": (parsers.choice(*FORMATS), "png", "format of figures, also of a finished run; animations are GIF"),
    "cluster": (
        parsers.cluster,
        "none",
        "Dask cluster whose workers train and evaluate (needs the extra 'cluster'): local:4 starts four workers on "
        "this machine; otherwise the address of a scheduler, or its scheduler file",
    ),
    "compile_cache": (None, True, "keep compiled programs in the user's cache folder for later commands"),
}
"""Each flag of an experiment: its parser, its default, and the help text. An experiment sets the missing defaults."""

FLAGS: FlagTable = {name: (parser, text) for name, (parser, _, text) in _TABLE.items()}
DEFAULTS = {name: default for name, (_, default, _) in _TABLE.items() if default is not None}

ANALYSIS: FlagTable = {
    name: FLAGS[name]
    for name in ("results_dir", "publish", "restart", "no_training", "quiet", "figure_format", "cluster")
}
"""The flags of an analysis, which also say how the runs that it needs are made."""


def parse(experiment: Experiment, arguments: Sequence[str]) -> tuple[Settings, Options]:
    """Parses the command line of an experiment, without the program's name; raises Help or UsageError."""
    parsed = _read(experiment.name, experiment.doc, flags_of(experiment), defaults_of(experiment), arguments)
    values = {**parsed.flag_values_dict(), **experiment.fixed}
    usual = parsed_defaults()
    typed = [flag for flag in parsed if parsed[flag].present]
    try:
        values = conflicts.settled(values, typed, experiment.fixed, usual, experiment.name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    settings = {name: value for name, value in values.items() if name in Settings.__dataclass_fields__}
    if settings["early_stopping"].records and experiment.goal is None:
        told = f"flag --early_stopping={settings['early_stopping']}"
        raise UsageError(f"{told}: the experiment {experiment.name} declares no goal")
    own = optimizers.TAKES.get(settings["optimizer"], {})  # Of an optimizer of the user's, none.
    settings |= {name: default for name, default in own.items() if settings[name] is None}
    settings["numbers"] = tuple((name, values[f"{NUMBER}{name}"]) for name in experiment.numbers)
    return Settings(experiment=experiment.name, **settings), options(values)


def parsed_defaults() -> dict[str, Any]:
    """The values of `DEFAULTS`."""
    return {flag: parser.parse(DEFAULTS[flag]) if (parser := FLAGS[flag][0]) else DEFAULTS[flag] for flag in DEFAULTS}


def flags_of(experiment: Experiment) -> FlagTable:
    """Returns the flags of an experiment: those that it does not fix, and one for each of its training numbers."""
    numbers: FlagTable = {
        f"{NUMBER}{name}": (parsers.number, f"{name.replace('_', ' ')} of the training curves")
        for name in experiment.numbers
    }
    return {name: each for name, each in (FLAGS | numbers).items() if name not in experiment.fixed}


def defaults_of(experiment: Experiment) -> dict[str, Any]:
    """Returns the defaults of an experiment's flags. Raises UsageError if one is missing, or belongs to no flag."""
    if missing := {"steps", "learning_rate"} - experiment.defaults.keys():
        raise UsageError(f"experiment {experiment.name}: no default for {min(missing)}")
    if unknown := sorted({*experiment.defaults, *experiment.fixed} - FLAGS.keys()):
        known = meant(unknown[0], FLAGS) or f"available: {', '.join(FLAGS)}"
        raise UsageError(
            f"experiment {experiment.name}: default or fixed value of the unknown flag {unknown[0]}; {known}"
        )
    numbers = {f"{NUMBER}{name}": value for name, value in experiment.numbers.items()}
    own = {
        name: value if isinstance(value, bool) else parsers.stated(value) for name, value in experiment.defaults.items()
    }
    absent = {name: DEFAULTS[name] for name, value in parsed_defaults().items() if value is None}  # Such as "auto".
    own |= {name: text for name, text in absent.items() if own.get(name) == "None"}
    return {**DEFAULTS, **own, **numbers}


def read(name: str, doc: str, table: FlagTable, defaults: dict[str, Any], arguments: Sequence[str]) -> dict[str, Any]:
    """Parses the command line of a command, without the program's name, and returns the value of each flag.

    ``defaults`` are text or values, by flag; a switch without one is off. Raises Help or UsageError.
    """
    values: dict[str, Any] = _read(name, doc, table, defaults, arguments).flag_values_dict()
    return values


def _read(
    name: str, doc: str, table: FlagTable, defaults: dict[str, Any], arguments: Sequence[str]
) -> flags.FlagValues:
    try:
        values = _defined(table, {**dict.fromkeys(table, False), **defaults})
    except flags.IllegalFlagValueError as error:
        raise UsageError(f"{name}: invalid default: {message(error)}") from None
    if asks_help(arguments):
        raise Help(doc, table, defaults)
    if stray := _given(values, [name, *arguments]):
        raise UsageError(f"unexpected argument {stray[0]!r}: not a flag; values with spaces need quotes; see --help")
    return values


def _defined(table: FlagTable, defaults: dict[str, Any]) -> flags.FlagValues:
    values = flags.FlagValues()
    for name, (parser, text) in table.items():
        if parser is None:
            flags.DEFINE_bool(name, defaults[name], text, flag_values=values)
            values[name].parser = parsers.Switch()
        elif getattr(parser, "many", False):
            flags.DEFINE_multi(parser, flags.ArgumentSerializer(), name, defaults[name], text, flag_values=values)
        else:
            flags.DEFINE(parser, name, defaults[name], text, flag_values=values)
    return values


def asks_help(arguments: Sequence[str]) -> bool:
    """Whether a command line requests help, regardless of its other arguments."""
    return any(argument.partition("=")[0] in ("--help", "-help", "-h", "--helpfull") for argument in arguments)


def split(own: FlagTable, arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Separates a command's own flags, None if missing, from the other arguments; raises UsageError."""
    values = _defined(own, dict.fromkeys(own))
    values.set_gnu_getopt(True)
    rest = _given(values, ["", *arguments], known_only=True)
    return {name: getattr(values, name) for name in own}, rest


def _given(values: flags.FlagValues, arguments: Sequence[str], *, known_only: bool = False) -> list[str]:
    """Sets flags, and returns the other arguments; raises UsageError for an invalid flag."""
    try:
        rest: list[str] = values(arguments, known_only=known_only)[1:]
    except flags.UnrecognizedFlagError as error:
        raise UsageError(f"{message(error)} (--help lists the flags)") from None
    except (flags.Error, ValueError) as error:
        raise UsageError(message(error)) from None
    return rest


def options(values: dict[str, Any]) -> Options:
    """Makes options; flags that a command lacks keep their `DEFAULTS`."""
    every = {**parsed_defaults(), **values}
    return Options(**{name: every[name] for name in Options.__dataclass_fields__})
