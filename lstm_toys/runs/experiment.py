"""What an experiment is. Imports nothing heavy, so that a command can check its flags before it loads jax."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jaxtyping as jt

from lstm_toys import arguments, figures, results, tasks
from lstm_toys.runs import manifest
from lstm_toys.runs.identity import Settings
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.planes import Plane, Trained
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.span import Span

OF_RESULTS = {"loss", "rmse", "mse", "input", "target", "answer"}
"""What results have under ``train_NAME`` already."""

TRAINING, HISTORY = "training", "history"
"""What claims have beside the probes: the training curve, and what the records of the training told."""


@dataclass(frozen=True, repr=False)
class Experiment:
    """A question: what networks learn, and what they are shown afterwards.

    Attributes:
        name: of the command and of the run folders.
        doc: what it does, for the help.
        defaults: of its flags.
        goal: when a seed counts as having learned the task.
        task: from the time points ``[T]`` to what the networks are trained on.
        probes: from the time points to what they are shown afterwards.
        draw: from labeled results, and those of its companions, to drawings by file name.
        compare: from labeled results to rows that hold them against published numbers.
        companions: from the settings of a run to those of the runs that its figures need too, by name.
        frames: how many of the recorded steps to keep the answers of, for an animation.
        numbers: what the task leaves open of its training curves, by name, and its value unless a flag gives another:
            ``decay`` is given by ``--train_decay``.
        span: the range of x that the time points cover.
        trained: which curves are trained on, for generalization.
        planes: from the settings of a run to the grids of curves that generalization is evaluated on; if there are
            none, they are chosen by what was trained on.
        model: from the task and the settings of a run to the network, a Flax module; None: the `Stack` that the
            settings describe.
        data: what was read from files, each by a digest of it, and how it is used; written into results.
        scaling: what task and probes have taken off and divided by; results have it undone.
        fixed: settings that no flag gives, since something else says them: of curves from a file, their time points.

    Raises:
        ValueError: its name is none that a folder could have, a training number has none that a flag could have, or
            something else is not what it is to be.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Experiment(
        ...     name="parabola",
        ...     doc="One parabola, to be returned as it is.",
        ...     defaults={"steps": 1000, "learning_rate": 0.1},
        ...     goal=lt.Goal(rmse=0.03),
        ...     task=lambda x: lt.reproduce_curves(lt.show(x[None] ** 2, x, ("y",)), ("y",)),
        ...     probes=lambda x: [lt.probe("line", "line", {"slope": 0.1, "intercept": 0.5}, x)],
        ...     draw=lambda results, companions: {"loss.png": lt.figures.loss(results, "Training on a parabola")},
        ... ).goal.rmse
        0.03
    """

    name: str
    doc: str
    defaults: dict[str, Any]
    goal: Goal
    task: Callable[[jt.Float[jt.Array, " T"]], tasks.supervision.Task]
    probes: Callable[[jt.Float[jt.Array, " T"]], list[tasks.probes.Probe]]
    draw: Callable[[results.arrays.Results, dict[str, results.arrays.Results]], dict[str, figures.Drawing]]
    compare: Callable[[results.arrays.Results], list[dict[str, Any]]] = field(default=lambda _: [])
    companions: Callable[[Settings], dict[str, tuple[Experiment, Settings]]] = field(default=lambda _: {})
    frames: int = 0
    numbers: Mapping[str, float | int] = field(default_factory=dict)
    span: Span = field(default_factory=Span)
    trained: Trained | None = None
    planes: Callable[[Settings], Sequence[Plane]] | None = None
    model: Callable[[tasks.supervision.Task, Settings], Any] | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    scaling: Scaling | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arguments.instance("name", self.name, str, "text")
        for name in ("task", "probes", "draw", "compare", "companions"):
            arguments.function(name, getattr(self, name), "a function")
        for name, function in (("planes", self.planes), ("model", self.model)):
            if function is not None:
                arguments.function(name, function, "a function, or None")
        arguments.whole("frames", self.frames, least=0)
        arguments.instance("span", self.span, Span, "a Span, such as lt.Span(0, 5)")
        arguments.mapping("defaults", self.defaults, "values of flags, by name")
        arguments.mapping("numbers", self.numbers, "training numbers, by name")
        object.__setattr__(self, "numbers", {name: arguments.number(name, each) for name, each in self.numbers.items()})
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            raise ValueError(f"no experiment can be named {self.name!r}: names are letters, digits, and any of _ . -")
        for name in self.numbers:
            if not name.isidentifier() or name in OF_RESULTS:
                raise ValueError(f"experiment {self.name}: {name!r} cannot be the name of a training number")

    def __repr__(self) -> str:
        return arguments.line(self, name=self.name, defaults=self.defaults, numbers=self.numbers)

    @cached_property
    def declared(self) -> str:
        """What tells it apart from others of its name that the same files declare; see `manifest.declared`."""
        return manifest.declared(
            *(self.task, self.probes, self.model, self.goal, self.frames, self.span, self.numbers),
            *(self.data, self.scaling, self.trained),
        )

    def at(self, timesteps: int) -> tuple[jt.Float[jt.Array, " T"], tasks.supervision.Task]:
        """Its time points and its task, which is made once for each number of them."""
        if timesteps not in self._made:
            x = tasks.families.time_points(timesteps, self.span)
            self._made[timesteps] = x, self.task(x)
        return self._made[timesteps]

    @cached_property
    def _made(self) -> dict[int, tuple[jt.Float[jt.Array, " T"], tasks.supervision.Task]]:
        return {}
