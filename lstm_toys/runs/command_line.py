"""Command lines of trainings: the flags of an experiment, and the settings that they make. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from lstm_toys.networks import cells, optimizers
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.context import Options
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.flags import Flag, FlagTable, UsageError
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.parsers import stated
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.text import did_you_mean

Values = Mapping[str, Any]

FLAGS = flags.of(Settings, Options)


def completed_experiment(subject: Any, arguments: Sequence[str]) -> tuple[Any, list[str], Sequence[str]]:
    """Completes an experiment that has to be; returns it, the other arguments, and notes. Raises UsageError."""
    complete = getattr(subject, "complete", None)
    if complete is None:
        return subject, list(arguments), []
    typed, rest = flags.split(flags.of_function(complete), arguments)
    experiment, notes = complete(**typed)
    return experiment, rest, notes


def parse(experiment: Experiment, arguments: Sequence[str]) -> tuple[Settings, Options]:
    """Parses the command line of an experiment, without the program's name; raises UsageError."""
    return configure(experiment, flags.read(flags_of(experiment), arguments))


def configure(experiment: Experiment, typed: Values) -> tuple[Settings, Options]:
    """Makes the settings and options of a training from the values of flags that are typed; raises UsageError."""
    defaults = {name: flag.default for name, flag in flags_of(experiment).items()}
    values = without_conflicts({**defaults, **typed, **experiment.fixed}, typed, experiment)
    if values["early_stopping"].records and experiment.goal is None:
        prefix = f"flag --early_stopping={values['early_stopping']}"
        raise UsageError(f"{prefix}: the experiment {experiment.name} declares no goal")
    if values["optimizer"] in optimizers.OPTIMIZERS:  # Otherwise it is the user's.
        usual = optimizers.OPTIMIZERS[values["optimizer"]].defaults
        values |= {name: default for name, default in usual.items() if values[name] is None}
    numbers = tuple((name, values[f"{NUMBER}{name}"]) for name in experiment.numbers)
    settings = Settings(experiment.name, **flags.select(Settings, values), numbers=numbers)
    return settings, Options(**flags.select(Options, values))


def flags_of(experiment: Experiment) -> FlagTable:
    """Returns the flags of an experiment: those that it does not fix, and one for each of its training numbers.

    Those that complete it come first.

    Raises UsageError if a default is missing, invalid, or belongs to no flag.
    """
    if missing := {"steps", "learning_rate"} - experiment.defaults.keys():
        raise UsageError(f"experiment {experiment.name}: no default for {min(missing)}")
    if unknown := sorted({*experiment.defaults, *experiment.fixed} - FLAGS.keys()):
        known = did_you_mean(unknown[0], FLAGS) or f"available: {', '.join(FLAGS)}"
        raise UsageError(
            f"experiment {experiment.name}: default or fixed value of the unknown flag {unknown[0]}; {known}"
        )
    table = dict(FLAGS)
    for name, value in experiment.defaults.items():
        flag = FLAGS[name]
        try:
            default = value if value is flag.default else flag.parser.parse(value)
        except ValueError as error:
            text = value if value is None else stated(value)
            raise UsageError(f"{experiment.name}: invalid default: flag --{name}={text}: {error}") from None
        if default != flag.default:
            table[name] = flag._replace(default=default, words="")
    table |= {
        f"{NUMBER}{name}": Flag(parsers.number, f"{name.replace('_', ' ')} of the training curves", value)
        for name, value in experiment.numbers.items()
    }
    first = flags.of_function(experiment.complete) if experiment.complete else {}
    return first | {name: flag for name, flag in table.items() if name not in experiment.fixed}


class Conflict(NamedTuple):
    """A flag, another one that may make it ineffective, whether it does, and a phrase that the other one completes."""

    flag: str
    other: str
    holds: Callable[[Values], bool]
    phrase: str = "has no effect with"


def _gates(values: Values) -> bool:
    cell = cells.CELLS.get(values["cell"])  # None: a custom one.
    return values["gates"] != cells.GATES[0] and cell is not None and not cell.gated


def _not_taken(name: str) -> Callable[[Values], bool]:
    return lambda values: values[name] is not None and name not in optimizers.OPTIMIZERS[values["optimizer"]].defaults


def _bare(values: Values) -> bool:
    return values["readout"] == "dense" and not values["hidden"]


CONFLICTS = (
    Conflict("gates", "cell", _gates),
    Conflict("momentum", "optimizer", _not_taken("momentum")),
    Conflict("decay", "optimizer", _not_taken("decay")),
    Conflict("readout", "hidden", _bare, "needs a layer below it, but there is none with"),
    Conflict("hidden", "readout", _bare, "leaves no layer below"),
    Conflict(
        "keep_steps",
        "steps",
        lambda values: any(step >= values["steps"] for step in values["keep_steps"]),
        "must be before the last step,",
    ),
)


def without_conflicts(values: Values, typed: Collection[str], experiment: Experiment) -> dict[str, Any]:
    """Resolves conflicts between typed and default values of an experiment's flags, so that each flag has an effect.

    A default that a typed flag makes ineffective is replaced by the usual one. Raises UsageError if a typed flag has no
    effect, the defaults contradict each other, or it is unknown whether a default applies.
    """
    resolved, name, fixed = dict(values), experiment.name, experiment.fixed
    if "keep_steps" not in typed and "steps" in typed:
        resolved["keep_steps"] = tuple(step for step in resolved["keep_steps"] if step < resolved["steps"])
    # Whether a custom cell has gates is unknown until it is imported, and a default must not change in silence.
    unknown = "gates" not in (*typed, *fixed) and "cell" in typed and resolved["cell"] not in cells.CELLS
    if unknown and resolved["gates"] != FLAGS["gates"].default:
        raise UsageError(
            f"flag --cell={resolved['cell']}: add --gates={resolved['gates']}, the default of {name}, "
            f"if this cell takes gates, or else --gates={FLAGS['gates'].default}"
        )

    def described(flag: str) -> str:
        source = "" if flag in typed else f" (fixed by {name})" if flag in fixed else f" (the default of {name})"
        return f"--{flag}={stated(resolved[flag])}{source}"

    for flag, other, holds, _ in CONFLICTS:
        if flag not in (*typed, *fixed) and other in typed and holds(resolved):
            resolved[flag] = FLAGS[flag].default
    for flag, other, holds, phrase in CONFLICTS:
        if holds(resolved):
            where = "flag " if {flag, other} & {*typed} else f"experiment {name}: its defaults contradict each other: "
            raise UsageError(f"{where}{described(flag)}: {phrase} {described(other)}")
    return resolved
