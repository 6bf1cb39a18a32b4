"""The flags that every experiment takes, checked without importing jax."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from absl import flags

from lstm_toys.networks import cells, hyper
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import FORMATS
from lstm_toys.runs.identity import NUMBER, Settings
from lstm_toys.runs.life import Options

T = TypeVar("T")

MOST_UNITS = 1_000_000
"""Units of a layer that a flag takes; what a machine can hold is far less, and is checked when that is known."""


LARGEST = 1e6
"""What the numbers of curves are at most; answers of networks are far less."""

MOST_LAYERS = 100
"""Layers that a flag takes."""


class Help(Exception):
    """Help was asked for; the argument is its text."""


class Bad(Exception):
    """A command line that cannot be run; the argument says in one line what is wrong."""


class Parser(flags.ArgumentParser[T], Generic[T]):
    """Parses a flag's text with a function, and says what the flag takes where that fails.

    Attributes:
        convert: from text to a value; raises ValueError.
        takes: what it takes, in words.
        many: whether the flag may be given several times.
    """

    def __init__(self, convert: Callable[[str], T], takes: str, *, many: bool = False) -> None:
        self.convert, self.takes, self.many = convert, takes, many

    def parse(self, argument: Any) -> T:
        """Raises ValueError with what the flag takes."""
        try:
            return self.convert(str(argument))
        except ValueError:
            raise ValueError(f"takes {self.takes}") from None


class Switch(flags.BooleanParser):
    """Parses ``--flag=true`` and the like."""

    def parse(self, argument: Any) -> bool:
        """Raises ValueError with what the flag takes."""
        try:
            return bool(super().parse(argument))
        except ValueError:
            raise ValueError("takes true or false, or nothing") from None


def integer(low: int, high: int) -> Parser[int]:
    """A whole number from ``low`` to ``high``."""

    def convert(text: str) -> int:
        if not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Parser(convert, f"a whole number from {low:,} to {high:,}")


def integer_or_auto(low: int, high: int) -> Parser[int | None]:
    """A whole number from ``low`` to ``high``, or None for the word ``auto``."""
    whole = integer(low, high)
    return Parser(lambda text: None if text == "auto" else whole.convert(text), f"{whole.takes}, or auto")


def positive() -> Parser[float]:
    """A number above 0 that single precision can hold."""

    def convert(text: str) -> float:
        if not 1e-37 <= float(text) <= 1e38:
            raise ValueError
        return float(text)

    return Parser(convert, "a finite number above 0, from 1e-37 to 1e38")


def share(auto: str) -> Parser[float | None]:
    """A number from 0 up to but not 1, or None for the word ``auto``, which means something."""

    def convert(text: str) -> float | None:
        if text == "auto":
            return None
        if not 0 <= float(text) < 1:
            raise ValueError
        return float(text)

    return Parser(convert, f"a number from 0 up to but not 1, or auto: {auto}")


def number() -> Parser[float]:
    """A number of either sign."""

    def convert(text: str) -> float:
        if not abs(float(text)) <= LARGEST:
            raise ValueError
        return float(text)

    return Parser(convert, f"a number from -{LARGEST:,.0f} to {LARGEST:,.0f}")


def not_negative() -> Parser[float]:
    """Zero, or a number as `positive` takes it."""
    above = positive()
    return Parser(lambda text: above.convert(text) if float(text) else 0.0, f"0, or {above.takes}")


def widths() -> Parser[tuple[int, ...]]:
    """Widths of layers."""

    def convert(text: str) -> tuple[int, ...]:
        if text == "none":
            return ()
        numbers = tuple(int(part) for part in text.split(","))
        if len(numbers) > MOST_LAYERS or not 1 <= min(numbers) <= max(numbers) <= MOST_UNITS:
            raise ValueError
        return numbers

    return Parser(
        convert,
        f"whole numbers from 1 to {MOST_UNITS:,}, joined by commas, at most {MOST_LAYERS}, such as 32,32, or none",
    )


def numbers_of_steps() -> Parser[tuple[int, ...]]:
    """Numbers of steps, each once, in order."""

    def convert(text: str) -> tuple[int, ...]:
        numbers = () if text == "none" else tuple(int(part) for part in text.split(","))
        if any(number < 0 for number in numbers) or list(numbers) != sorted(set(numbers)):
            raise ValueError
        return numbers

    return Parser(convert, "whole numbers from 0 on, ascending and joined by commas, such as 0,100,1000, or none")


def choice(*names: str) -> Parser[str]:
    """One of a few names."""

    def convert(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return Parser(convert, "one of " + ", ".join(names))


def name() -> Parser[str]:
    """The name of a declaration; what it stands for is looked up by `experiments.commands.modules`."""
    return Parser(str, "the name of a module")


def cell() -> Parser[str]:
    """A cell of the library, or the place of one's own."""

    def convert(text: str) -> str:
        if text not in cells.CELLS and not cells.PLACE.fullmatch(text):
            raise ValueError
        return text

    return Parser(convert, f"one of {', '.join(cells.CELLS)}, or package.module:Class of your own")


def folder() -> Parser[Path]:
    """A folder that exists or can be made."""

    def convert(text: str) -> Path:
        if not text or "\0" in text:
            raise ValueError
        text.encode()  # A name that is no text could not be told.
        return Path(text)

    return Parser(convert, "a folder whose name is text")


def path() -> Parser[Path | None]:
    """A file, or None for the word ``none``."""
    return Parser(lambda text: None if text == "none" else folder().convert(text), "a file whose name is text, or none")


FlagTable = dict[str, tuple[Parser[Any] | None, str]]
"""Flags: the parser of each, None for a switch, and its help."""

OWN = "the optimizer's own"

FLAGS: FlagTable = {
    "seeds": (integer(1, 2**31 - 1), "independently initialized networks; seed i is the same whatever their number"),
    "base_seed": (integer(0, 2**32 - 1), "another number gives other networks under the same seed numbers"),
    "steps": (integer(0, 2**31 - 1), "updates of each network; 0 leaves them untrained"),
    "learning_rate": (positive(), "step size of the optimizer"),
    "optimizer": (
        choice(*hyper.TAKES),
        "momentum is sgd with momentum; rmsprop_keras has its epsilon outside the root, as the Keras of 2018",
    ),
    "momentum": (share(OWN), "share of earlier gradients that momentum and adam keep from step to step"),
    "decay": (share(OWN), "share of the earlier mean of squared gradients that rmsprop, rmsprop_keras and adam keep"),
    "hidden": (widths(), "units of the layers below the readout: 32, or 32,32, or none"),
    "readout": (choice("cell", "dense"), "cell: one more layer, whose units are the answer; dense: an affine map"),
    "cell": (cell(), "what every layer is; lstm_toys/networks/cells.py says what one of your own has to be"),
    "gates": (choice(*cells.GATES), "how lstm and gru squash their gates; hard: clip(0.2 a + 0.5, 0, 1)"),
    "timesteps": (integer(2, 2**31 - 1), "points of a curve, evenly spaced over the range of x"),
    "keep_steps": (
        numbers_of_steps(),
        "steps before the last after which the parameters are kept, too: 0,100,1000; 0 is the untrained network",
    ),
    "noise": (
        not_negative(),
        "standard deviation of normal noise on what networks are shown in training, drawn once for each seed",
    ),
    "block": (
        integer_or_auto(1, 2**31 - 1),
        "networks that one compiled program works on; fixes the last bits of all results",
    ),
    "results_dir": (folder(), "folder of runs and published sets"),
    "publish": (None, "copy figures and metrics of the finished run to <results_dir>/<experiment>"),
    "replot": (None, "redraw the figures of the finished run without training"),
    "restart": (None, "run from the beginning although the run is finished, or could be continued"),
    "quiet": (None, "print nothing but errors"),
    "checkpoint_every": (positive(), "seconds between two checkpoints, from which a run that was killed continues"),
    "on_divergence": (
        choice("exclude", "stop"),
        "what to do with a seed that diverges: exclude it from the statistics, or stop",
    ),
    "figure_format": (
        choice(*FORMATS),
        "what figures are written as, those of a finished run too; animations are GIF",
    ),
    "compile_cache": (None, "keep compiled programs in the user's cache folder for the next command"),
}
"""The flags of an experiment."""

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
}
"""What an experiment need not say; it must say the number of steps and the learning rate."""


def parse(experiment: Experiment, arguments: Sequence[str]) -> tuple[Settings, Options]:
    """Reads the command line of an experiment.

    Args:
        experiment: whose command it is.
        arguments: without the program's name.

    Raises:
        Help: the help was asked for.
        Bad: the command line cannot be run.
    """
    values = read(experiment.name, experiment.doc, flags_of(experiment), defaults_of(experiment), arguments)
    values |= experiment.fixed
    settings = {name: value for name, value in values.items() if name in Settings.__dataclass_fields__}
    settings |= _own(settings)
    settings["numbers"] = tuple((name, values[f"{NUMBER}{name}"]) for name in experiment.numbers)
    if late := [step for step in settings["keep_steps"] if step >= settings["steps"]]:
        raise Bad(f"flag --keep_steps: {late[0]:,} is no step before the last of --steps={settings['steps']:,}")
    if values["readout"] == "dense" and not values["hidden"]:
        raise Bad("flag --readout=dense: needs a layer below it; --hidden=none leaves none")
    if values["gates"] != cells.GATES[0] and values["cell"] in cells.CELLS and not cells.CELLS[values["cell"]].gated:
        gated = " and ".join(name for name, each in cells.CELLS.items() if each.gated)
        raise Bad(f"flag --gates={values['gates']}: --cell={values['cell']} has none; {gated} do")
    return Settings(experiment=experiment.name, **settings), options(values)


def flags_of(experiment: Experiment) -> FlagTable:
    """The flags of an experiment: those of all that it does not fix, and one for each of its training numbers."""
    numbers: FlagTable = {
        f"{NUMBER}{name}": (number(), f"{name.replace('_', ' ')} of the training curves") for name in experiment.numbers
    }
    before = [*FLAGS].index("keep_steps")
    every = [*FLAGS.items()]
    found = dict([*every[:before], *numbers.items(), *every[before:]])
    return {name: each for name, each in found.items() if name not in experiment.fixed}


def defaults_of(experiment: Experiment) -> dict[str, Any]:
    """The defaults of the flags of an experiment.

    Raises:
        Bad: it says nothing of the steps or the learning rate, or has a default for what is no flag.
    """
    for name in ("steps", "learning_rate"):
        if name not in experiment.defaults:
            raise Bad(f"experiment {experiment.name}: its defaults say no {name}; add defaults={{{name!r}: ...}}")
    if unknown := experiment.defaults.keys() - FLAGS.keys():
        raise Bad(
            f"experiment {experiment.name}: its defaults have {min(unknown)}, which is no flag; --help lists them"
        )
    numbers = {f"{NUMBER}{name}": value for name, value in experiment.numbers.items()}
    return {**DEFAULTS, **experiment.defaults, **numbers}


def read(name: str, doc: str, table: FlagTable, defaults: dict[str, Any], arguments: Sequence[str]) -> dict[str, Any]:
    """Reads a command line.

    Args:
        name: of the command.
        doc: what it does, for the help.
        table: the flags that it takes.
        defaults: of its flags, as text or values; a switch that has none is off.
        arguments: without the program's name.

    Returns:
        The value of each flag.

    Raises:
        Help: the help was asked for.
        Bad: the command line cannot be read.
    """
    values = flags.FlagValues()
    for flag, (parser, text) in table.items():
        if parser is None:
            flags.DEFINE_bool(flag, defaults.get(flag, False), text, flag_values=values)
            values[flag].parser = Switch()
        else:
            try:
                flags.DEFINE(parser, flag, defaults[flag], text, flag_values=values)
            except flags.IllegalFlagValueError as error:
                raise Bad(f"{name}: its default is none: {' '.join(str(error).split())}") from None
    if asks_help(arguments):
        raise Help(usage(doc, table, defaults))
    try:
        stray = values([name, *arguments])[1:]
    except flags.Error as error:
        told = " ".join(str(error).split())
        raise Bad(
            f"{told}; --help lists the flags" if isinstance(error, flags.UnrecognizedFlagError) else told
        ) from None
    if stray:
        raise Bad(
            f"stray argument {stray[0]!r}: settings are given as flags, in quotes where a value has spaces; "
            "--help lists them"
        )
    return {flag: getattr(values, flag) for flag in table}


def asks_help(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for the help, whatever else it says."""
    return any(argument in ("--help", "-help", "-h", "--helpfull") for argument in arguments)


def split(own: FlagTable, arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Reads the flags that are a command's own off a command line.

    Returns:
        Their values, None of one that is not given, and the other arguments.

    Raises:
        Bad: a flag has a value that it does not take.
    """
    values = flags.FlagValues()
    values.set_gnu_getopt(True)
    for name, (parser, text) in own.items():
        if parser is None:
            flags.DEFINE_bool(name, None, text, flag_values=values)
        elif parser.many:
            flags.DEFINE_multi(parser, flags.ArgumentSerializer(), name, None, text, flag_values=values)
        else:
            flags.DEFINE(parser, name, None, text, flag_values=values)
    try:
        rest = values(["", *arguments], known_only=True)[1:]
    except flags.Error as error:
        raise Bad(" ".join(str(error).split())) from None
    return {name: getattr(values, name) for name in own}, rest


def options(values: dict[str, Any]) -> Options:
    """What a command does beyond its run; flags that it does not take are as `DEFAULTS` has them.

    Raises:
        Bad: two of them exclude each other.
    """
    if values["replot"] and values["restart"]:
        raise Bad("flag --replot: redraws a finished run, and --restart runs it again; give one of the two")
    every = {**DEFAULTS, **values}
    return Options(**{name: every[name] for name in Options.__dataclass_fields__})


def _own(settings: dict[str, Any]) -> dict[str, Any]:
    """The hyper-parameters that only some optimizers have.

    Raises:
        Bad: one is given that has no effect.
    """
    takes = hyper.TAKES[settings["optimizer"]]
    for name in ("momentum", "decay"):
        if settings[name] is not None and name not in takes:
            *most, last = (other for other, taken in hyper.TAKES.items() if name in taken)
            taking = f"{', '.join(most)} and {last}"
            raise Bad(f"flag --{name}={settings[name]:g}: --optimizer={settings['optimizer']} has none; {taking} do")
    return {name: default if settings[name] is None else settings[name] for name, default in takes.items()}


def usage(doc: str, table: FlagTable, defaults: dict[str, Any]) -> str:
    """The help of the command that is running."""
    spec = sys.modules["__main__"].__spec__
    called = f"python -m {spec.name}" if spec else f"python {sys.argv[0]}"
    lines = [doc.strip(), "", f"usage: {called} [flags]", ""]
    for flag, (parser, text) in table.items():
        default = defaults.get(flag, "each experiment's own")
        if parser is None:
            lines += [f"  --[no]{flag}", f"      {text} (default: {'yes' if defaults.get(flag) else 'no'})"]
        else:
            lines += [f"  --{flag}", f"      {text}", f"      takes {parser.takes} (default: {default})"]
    return "\n".join(lines)
