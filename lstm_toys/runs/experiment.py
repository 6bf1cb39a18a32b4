"""The declaration of an experiment, its flags, and the settings that they make.

Imports nothing heavy, so that a command can check flags before it loads jax.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jaxtyping as jt

from lstm_toys import arguments, figures, results, tasks
from lstm_toys.networks import cells, optimizers
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.flags import Flag, FlagTable, UsageError
from lstm_toys.runs.identity import Options, Settings
from lstm_toys.runs.parsers import stated
from lstm_toys.tasks.goal import AFTER, Goal
from lstm_toys.tasks.parameters import NUMBER, Plane, Span, Trained
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.text import did_you_mean

OF_RESULTS = {"loss", "rmse", "mse", "accuracy", "input", "target", "answer", "length"}
"""Names that results already use after ``train_``."""

INSIDE = "inside 5–95 %: share of the published points between the 5th and 95th percentile of these networks"
"""What a report says about ``inside_share``."""

TAKES = (
    ("task", "time points"),
    ("probes", "time points"),
    ("draw", "results", "companions"),
    ("compare", "results"),
    ("companions", "settings"),
    ("planes", "settings"),
    ("model", "a task", "settings"),
    ("optimizer", "settings"),
    ("penalty", "parameters", "states", "training numbers"),
    ("initial", "settings"),
    ("monitor", "what was recorded"),
)

OWN_OPTIMIZER = {"optimizer": "own", "momentum": None, "decay": None}
"""Settings of an experiment that declares its optimizer."""


@dataclass(frozen=True, repr=False)
class Experiment:
    """An experiment: what networks are trained on, and which curves they are shown afterwards.

    Attributes:
        name: name of the command and of the run folders.
        doc: description that ``--help`` prints above the flags.
        defaults: default values of flags by name, as Python values or as typed: ``(8, 8)`` or ``"8,8"``. ``steps``
            and ``learning_rate`` need one; other flags have the defaults of `Settings`.
        task: function from time points ``[T]`` to the `Task` that networks learn.
        goal: when a seed counts as having learned the task; None: reports do not say which seeds did.
        probes: function from time points ``[T]`` to the curves that networks answer after training, by default none.
        draw: function from labeled results, and the results of companions by name, to drawings by file name; None:
            those of `lt.figures.usual`, the answers and the loss. The first other than ``loss.png`` is the main one.
        compare: function from labeled results to rows that compare them with published answers: ``curve``, its name;
            ``points``, their number; ``inside_share``, the share of them between the 5th and 95th percentile of
            networks; ``rmse_of_median`` of networks; and optionally a ``note`` to print below the table.
        companions: function from the settings of a run to other runs that its figures need, by name.
        frames: number of recorded steps whose answers to the training curve are kept, for an animation; by default 0.
        numbers: free training numbers of the task, with their defaults; ``--train_decay`` sets ``decay``.
        span: range of x that the time points cover; by default from 0 to 1.
        trained: a description of the training curves, to which evaluations of generalization refer; None: there are no
            grids of curves.
        planes: function from the settings of a run to a list of `Plane`, the grids of curves of evaluations; None:
            planes of the parameters in ``trained``.
        model: function from the task and the settings of a run to a Flax module; None: the `Stack` of the settings.
        optimizer: function from the settings of a run to an Optax transformation; None: the flags choose the optimizer.
            ``numbers`` that it injects have flags, too; see `lt.train`.
        penalty: function of parameters, states and training numbers that is added to the loss; see `lt.train`. Of
            ``numbers``, it may take others than the task, which have flags, too.
        initial: function from the settings of a run to the run whose networks it trains on, seed by seed, such as
            ``lambda settings: lt.ask(OTHER, f"--seeds={settings.seeds}")``, which is trained first if it is missing;
            None: networks begin untrained.
        monitor: function of an `lt.Recorded`, called at recorded steps with all networks of a setting, and again when
            the run is finished, with its summary and figures. It changes no result, and neither ends a training by what
            it returns nor by an exception, after which it is not called again. None: nothing is called.
        data: digests of data read from files, and how they are used, by name; written into results.
        scaling: the `Scaling` that ``task`` and ``probes`` apply; results undo it. None: curves are not scaled.
        fixed: settings that have no flag because something else determines them, by name, such as the number of time
            points of a file.
        complete: function of flags of its own, such as files to read, which are its parameters as of the functions that
            `lt.main` takes; it returns the experiment that they make, and notes to print. None: this one is complete.
        curves: the curves that were made, by number of time points and training numbers.

    Raises:
        ValueError: an argument is invalid, such as a name that cannot be the name of a folder or a flag.

    Example:
        >>> lt.Experiment(
        ...     name="parabola",
        ...     doc="One parabola, to be reproduced.",
        ...     defaults={"steps": 1000, "learning_rate": 0.1, "hidden": (16,)},
        ...     task=lambda x: lt.reproduce(lt.show(x[None] ** 2, x, ("y",))),
        ...     goal=lt.Goal(rmse=0.03),
        ...     probes=lambda x: [lt.probe("line", "line", {"slope": 0.1, "intercept": 0.5}, x)],
        ... ).goal.rmse
        0.03
    """

    name: str
    doc: str
    defaults: dict[str, Any]
    task: Callable[[jt.Float[jt.Array, " T"]], tasks.supervision.Task]
    goal: Goal | None = None
    probes: Callable[[jt.Float[jt.Array, " T"]], list[tasks.probes.Probe]] = field(default=lambda _: [])
    draw: Callable[[results.arrays.Results, dict[str, results.arrays.Results]], dict[str, figures.Drawing]] | None = (
        None
    )
    compare: Callable[[results.arrays.Results], list[dict[str, Any]]] = field(default=lambda _: [])
    companions: Callable[[Settings], dict[str, tuple[Experiment, Settings]]] = field(default=lambda _: {})
    frames: int = 0
    numbers: Mapping[str, float | int] = field(default_factory=dict)
    span: Span = field(default_factory=Span)
    trained: Trained | None = None
    planes: Callable[[Settings], Sequence[Plane]] | None = None
    model: Callable[[tasks.supervision.Task, Settings], Any] | None = None
    optimizer: Callable[[Settings], Any] | None = None
    penalty: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], Any] | None = None
    initial: Callable[[Settings], Any] | None = None
    monitor: Callable[[Any], Any] | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    scaling: Scaling | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    complete: Callable[..., tuple[Experiment, Sequence[str]]] | None = None
    curves: dict[Any, Any] = field(default_factory=dict, init=False, compare=False)
    _tasks: dict[int, tuple[Any, tasks.supervision.Task]] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        arguments.instance("goal", self.goal, Goal | None, "a Goal, such as lt.Goal(rmse=0.03), or None")
        arguments.kinds(vars(self), name=str, doc=str, span=Span, data=Mapping)
        arguments.kinds(vars(self), trained=Trained | None, scaling=Scaling | None)
        for name, *takes in TAKES:
            function = getattr(self, name)
            if function is not None or name in ("task", "probes", "compare", "companions"):
                arguments.function(name, function, f"a function of {' and '.join(takes)}", len(takes))
        arguments.whole("frames", self.frames, least=0)
        arguments.fields(self, arguments.mapping, "defaults", "fixed", expected="values of flags, by name")
        arguments.fields(self, arguments.by_name, "numbers")
        if self.optimizer is not None:
            others = {*self.defaults, *(name for name, value in self.fixed.items() if value != OWN_OPTIMIZER.get(name))}
            if unused := sorted(others & {*OWN_OPTIMIZER}):
                reason = f"its optimizer takes the place of {unused[0]}; leave that out, of defaults or fixed"
                raise ValueError(f"experiment {self.name}: {reason}")
            object.__setattr__(self, "fixed", {**self.fixed, **OWN_OPTIMIZER})
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            raise ValueError(f"invalid name of an experiment {self.name!r}: use letters, digits, _, . and -")
        for name in self.numbers:
            if not name.isidentifier() or name in OF_RESULTS:
                raise ValueError(f"experiment {self.name}: {name!r} cannot be the name of a training number")

    def __repr__(self) -> str:
        return f"Experiment(name={self.name!r}, defaults={self.defaults}, numbers={self.numbers})"

    def at(self, timesteps: int) -> tuple[jt.Float[jt.Array, " T"], tasks.supervision.Task]:
        """Returns time points and task; both are made once for each number of time points."""
        timesteps = arguments.whole("timesteps", timesteps, least=2)
        if timesteps not in self._tasks:
            x = tasks.families.time_points(timesteps, self.span)
            self._tasks[timesteps] = x, self.task(x)
        return self._tasks[timesteps]

    @property
    def timesteps(self) -> int:
        """The number of time points without a flag."""
        return parsers.whole({"timesteps": Settings.timesteps, **self.defaults, **self.fixed}["timesteps"])

    @property
    def after(self) -> float | int:
        """The share of a sequence at its beginning that recorded errors leave out."""
        return AFTER if self.goal is None else self.goal.after


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
