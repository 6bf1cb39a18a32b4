"""The flags of all experiments, parsed and checked without importing jax."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from absl import flags

from lstm_toys.cli import conflicts, parsers
from lstm_toys.networks import cells, hyper
from lstm_toys.runs.context import Options
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import FORMATS
from lstm_toys.runs.identity import NUMBER, Settings
from lstm_toys.suggestions import meant
from lstm_toys.tasks import textfile

FlagTable = dict[str, tuple[parsers.Parser[Any] | None, str]]
"""Flags by name: the parser, None for a switch, and the help text."""


class Help(Exception):
    """A request for help; its text is the help of the running command.

    Attributes:
        known: the names of the flags.
    """

    def __init__(self, doc: str, table: FlagTable, defaults: dict[str, Any]) -> None:
        spec = sys.modules["__main__"].__spec__
        name = spec.name.removesuffix(".__main__") if spec else ""
        called = f"python -m {name}" if spec else f"python {sys.argv[0]}"
        if name.startswith(INSTALLED):
            called = f"lstm-toys {name.removeprefix(INSTALLED)}"
        lines = [doc.strip(), "", f"usage: {called} [flags]", ""]
        for flag, (parser, text) in table.items():
            default = defaults.get(flag, "set by the experiment")
            if parser is None:
                lines += [f"  --[no]{flag}", f"      {text} (default: {'yes' if defaults.get(flag) else 'no'})"]
            else:
                lines += [f"  --{flag}", f"      {text}", f"      takes {parser.takes} (default: {default})"]
        super().__init__("\n".join(lines))
        self.known = [*table]


class UsageError(Exception):
    """An invalid command line; the argument explains in one line what is wrong."""


class Unknown(UsageError):
    """An unknown flag."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        question = meant(name, [*known, "help", "version", FLAGFILE], "--")
        super().__init__(f"Unknown command line flag {name!r}; {question}{' ' * bool(question)}--help lists the flags")
        self.name = name


INSTALLED = "lstm_toys.experiments."
"""Prefix of the modules of commands where the library is installed."""

FLAGFILE = "flagfile"
"""The flag that names a file of flags, which stand in its place."""

FLAGFILES = (f"-{FLAGFILE}", f"--{FLAGFILE}")

MOST_BYTES = 1_000_000
"""Maximum size of all files of flags together."""

OWN = "the optimizer's default"

FLAGS: FlagTable = {
    "seeds": (
        parsers.integer(1, 2**31 - 1),
        "number of independently initialized networks; seed i gives the same network regardless of the number",
    ),
    "base_seed": (parsers.integer(0, 2**32 - 1), "another value gives different networks with the same seed numbers"),
    "steps": (parsers.integer(0, 2**31 - 1), "training steps of each network; 0 leaves the networks untrained"),
    "learning_rate": (parsers.positive(), "step size of the optimizer"),
    "optimizer": (
        parsers.choice(*hyper.TAKES),
        "optimizer; momentum: SGD with momentum; rmsprop_keras: adds epsilon outside the root, as Keras did in 2018",
    ),
    "momentum": (parsers.share(OWN), "fraction of earlier gradients that momentum and adam keep at each step"),
    "decay": (
        parsers.share(OWN),
        "fraction of the mean squared gradient that rmsprop, rmsprop_keras and adam keep at each step",
    ),
    "hidden": (parsers.widths(), "units of each recurrent layer below the readout; none: only the readout"),
    "readout": (
        parsers.choice("cell", "dense"),
        "last layer; cell: one more recurrent layer, whose units are the answer; dense: an affine layer",
    ),
    "cell": (
        parsers.cell(),
        "cell of every layer; lstm_toys/networks/cells.py describes what a custom cell must provide",
    ),
    "gates": (parsers.choice(*cells.GATES), "gate function of lstm and gru; hard: clip(0.2 a + 0.5, 0, 1)"),
    "timesteps": (parsers.integer(2, 2**31 - 1), "number of points of each curve, evenly spaced over the range of x"),
    "keep_steps": (
        parsers.numbers_of_steps(),
        "earlier steps after which the parameters are also saved; 0 saves the untrained network",
    ),
    "noise": (
        parsers.not_negative(),
        "standard deviation of Gaussian noise on the training inputs, drawn once for each seed",
    ),
    "block": (
        parsers.integer_or_auto(1, 2**31 - 1),
        "number of networks that one compiled program computes; changing it changes the last bits of all results",
    ),
    "results_dir": (parsers.folder(), "folder for runs and published files"),
    "publish": (None, "copy the figures and metrics of the finished run to <results_dir>/<experiment>"),
    "replot": (None, "redraw the figures of the finished run without training"),
    "restart": (None, "start from the beginning, even if the run is finished or could be continued"),
    "quiet": (None, "print only errors and the folder of the results"),
    "checkpoint_every": (
        parsers.positive(),
        "seconds between checkpoints, from which an interrupted run continues",
    ),
    "on_divergence": (
        parsers.choice("exclude", "stop"),
        "what to do about seeds that diverge; exclude: leave them out of the statistics; stop: end the run",
    ),
    "figure_format": (
        parsers.choice(*FORMATS),
        "file format of figures, including those of a finished run; animations are always GIF",
    ),
    "cluster": (
        parsers.cluster(),
        "Dask cluster whose workers train and evaluate (needs the extra 'cluster'): local:4 starts four workers on "
        "this machine; otherwise the address of a scheduler, or its scheduler file",
    ),
    "mixed": (
        None,
        "accept workers with other library versions or processors, and record them; last bits of results may differ",
    ),
    "compile_cache": (None, "keep compiled programs in the user's cache folder for later commands"),
}
"""The flags of an experiment."""

ANALYSIS: FlagTable = {
    name: FLAGS[name]
    for name in ("results_dir", "publish", "replot", "restart", "quiet", "figure_format", "cluster", "mixed")
}
"""The flags of an analysis, which also say how the runs that it needs are made."""

DEFAULTS: dict[str, Any] = {
    "seeds": 16,
    "base_seed": 0,
    "optimizer": "sgd",
    "momentum": "auto",
    "decay": "auto",
    "hidden": "32",
    "readout": "cell",
    "cell": "lstm",
    "gates": "sigmoid",
    "timesteps": 100,
    "noise": 0.0,
    "keep_steps": "none",
    "block": "auto",
    "results_dir": "results",
    "compile_cache": True,
    "checkpoint_every": 30.0,
    "on_divergence": "exclude",
    "figure_format": "png",
    "cluster": "none",
}
"""Defaults of flags. An experiment must set the number of steps and the learning rate itself."""


def parse(experiment: Experiment, arguments: Sequence[str]) -> tuple[Settings, Options]:
    """Parses the command line of an experiment.

    Args:
        arguments: the command line without the program's name.

    Raises:
        Help: the command line requests help.
        UsageError: the command line is invalid.
    """
    parsed = _read(experiment.name, experiment.doc, flags_of(experiment), defaults_of(experiment), arguments)
    values = {**parsed.flag_values_dict(), **experiment.fixed}
    usual = parsed_defaults()
    typed = [flag for flag in parsed if parsed[flag].present]
    try:
        values = conflicts.settled(values, typed, experiment.fixed, usual, experiment.name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    settings = {name: value for name, value in values.items() if name in Settings.__dataclass_fields__}
    own = hyper.TAKES[settings["optimizer"]]
    settings |= {name: default for name, default in own.items() if settings[name] is None}
    settings["numbers"] = tuple((name, values[f"{NUMBER}{name}"]) for name in experiment.numbers)
    return Settings(experiment=experiment.name, **settings), options(values)


def parsed_defaults() -> dict[str, Any]:
    """The values of `DEFAULTS`."""
    return {
        flag: parser.parse(DEFAULTS[flag]) if parser else DEFAULTS[flag]
        for flag, (parser, _) in FLAGS.items()
        if flag in DEFAULTS
    }


def flags_of(experiment: Experiment) -> FlagTable:
    """Returns the flags of an experiment: those that it does not fix, and one for each of its training numbers."""
    numbers: FlagTable = {
        f"{NUMBER}{name}": (parsers.number(), f"{name.replace('_', ' ')} of the training curves")
        for name in experiment.numbers
    }
    before = [*FLAGS].index("keep_steps")
    every = [*FLAGS.items()]
    table = dict([*every[:before], *numbers.items(), *every[before:]])
    return {name: each for name, each in table.items() if name not in experiment.fixed}


def defaults_of(experiment: Experiment) -> dict[str, Any]:
    """Returns the defaults of an experiment's flags. Raises UsageError if one is missing, or belongs to no flag."""
    for name in ("steps", "learning_rate"):
        if name not in experiment.defaults:
            raise UsageError(f"experiment {experiment.name}: no default for {name}; add defaults={{{name!r}: ...}}")
    if unknown := experiment.defaults.keys() - FLAGS.keys():
        raise UsageError(
            f"experiment {experiment.name}: default for the unknown flag {min(unknown)}; --help lists the flags"
        )
    numbers = {f"{NUMBER}{name}": value for name, value in experiment.numbers.items()}
    return {**DEFAULTS, **experiment.defaults, **numbers}


def read(name: str, doc: str, table: FlagTable, defaults: dict[str, Any], arguments: Sequence[str]) -> dict[str, Any]:
    """Parses the command line of a command, and returns the value of each flag.

    Args:
        defaults: defaults by flag, as text or values; a switch without one is off.
        arguments: the command line without the program's name.

    Raises:
        Help: the command line requests help.
        UsageError: the command line is invalid.
    """
    values: dict[str, Any] = _read(name, doc, table, defaults, arguments).flag_values_dict()
    return values


def _read(
    name: str, doc: str, table: FlagTable, defaults: dict[str, Any], arguments: Sequence[str]
) -> flags.FlagValues:
    """Parses a command line; the result also records which flags were typed."""
    values = _Values()
    for flag, (parser, text) in table.items():
        if parser is None:
            flags.DEFINE_bool(flag, defaults.get(flag, False), text, flag_values=values)
            values[flag].parser = parsers.Switch()
        else:
            try:
                flags.DEFINE(parser, flag, defaults[flag], text, flag_values=values)
            except flags.IllegalFlagValueError as error:
                raise UsageError(f"{name}: invalid default: {' '.join(str(error).split())}") from None
    if asks_help(arguments):
        raise Help(doc, table, defaults)
    if stray := _given(values, [name, *arguments]):
        raise UsageError(
            f"unexpected argument {stray[0]!r}: settings are given as flags, and values with spaces need quotes; "
            "--help lists the flags"
        )
    return values


class _Values(flags.FlagValues):
    """Flags, whose files are limited in size."""

    def read_flags_from_files(self, argv: Sequence[str], force_gnu: bool = True) -> list[str]:  # noqa: ARG002
        """Replaces every file of flags by its flags; absl would read it whole, and wait for a FIFO."""
        return _with_files(argv)


def _with_files(arguments: Sequence[str]) -> list[str]:
    """Replaces every file of flags by its lines, except comments; raises UsageError for an invalid file."""
    found, size = list[str](), 0
    rest: list[tuple[str, tuple[str, ...]]] = [(each, ()) for each in reversed(arguments)]  # And the files around it.
    while rest:
        argument, around = rest.pop()
        name, equals, value = argument.partition("=")
        if name not in FLAGFILES:
            found.append(argument)
            continue
        file = (value if equals or not rest else rest.pop()[0]).strip()
        prefix = f"flag --{FLAGFILE}={file}:"
        if not file:
            raise UsageError(f"{prefix} takes a file with one flag per line")
        try:
            path = os.path.realpath(os.path.expanduser(file))
            raw = textfile.content(path, MOST_BYTES)
            lines = [line.strip() for line in re.split("[\r\n]", raw.decode("utf-8-sig"))]
        except UnicodeDecodeError:
            raise UsageError(f"{prefix} is not UTF-8 text") from None
        except ValueError as error:
            raise UsageError(f"{prefix} {error}") from None
        size += len(raw)
        if path in around:
            raise UsageError(f"{prefix} is read within itself")
        if size > MOST_BYTES:
            raise UsageError(f"{prefix} with it, all files of flags have more than {MOST_BYTES:,} bytes")
        rest += [(line, (*around, path)) for line in reversed(lines) if line and not line.startswith(("#", "//"))]
    return found


def asks_version(arguments: Sequence[str]) -> bool:
    """Whether a command line requests the version, regardless of its other arguments."""
    return any(argument.partition("=")[0] == "--version" for argument in arguments)


def asks_help(arguments: Sequence[str]) -> bool:
    """Whether a command line requests help, regardless of its other arguments."""
    return any(argument.partition("=")[0] in ("--help", "-help", "-h", "--helpfull") for argument in arguments)


def split(own: FlagTable, arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Separates a command's own flags from the other arguments; the value of a missing flag is None.

    Raises:
        UsageError: a flag has an invalid value.
    """
    values = _Values()
    values.set_gnu_getopt(True)
    for name, (parser, text) in own.items():
        if parser is None:
            flags.DEFINE_bool(name, None, text, flag_values=values)
        elif parser.many:
            flags.DEFINE_multi(parser, flags.ArgumentSerializer(), name, None, text, flag_values=values)
        else:
            flags.DEFINE(parser, name, None, text, flag_values=values)
    rest = _given(values, ["", *arguments], known_only=True)
    return {name: getattr(values, name) for name in own}, rest


def _given(values: flags.FlagValues, arguments: Sequence[str], *, known_only: bool = False) -> list[str]:
    """Sets flags, and returns the other arguments; raises UsageError for an invalid flag or file of flags."""
    try:
        rest: list[str] = values(arguments, known_only=known_only)[1:]
    except flags.UnrecognizedFlagError as error:
        raise Unknown(error.flagname, values) from None
    except (flags.Error, ValueError) as error:
        raise UsageError(" ".join(str(error).split())) from None
    return rest


def options(values: dict[str, Any]) -> Options:
    """Makes options; flags that a command lacks keep their `DEFAULTS`. Raises UsageError for conflicting flags."""
    off = {name: False for name, (parser, _) in FLAGS.items() if parser is None}
    every = {**off, **parsed_defaults(), **values}
    if every["replot"] and every["restart"]:
        raise UsageError("flag --replot: redraws a finished run, but --restart runs it again; give one of the two")
    return Options(**{name: every[name] for name in Options.__dataclass_fields__})
