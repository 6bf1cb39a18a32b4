"""Curves that are shown to networks after training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from lstm_toys import arguments
from lstm_toys.tasks.families import Family, Parameters, family_of
from lstm_toys.tasks.parameters import Parameter
from lstm_toys.tasks.supervision import CROSS_ENTROPY, Task, show


@dataclass(frozen=True, repr=False, eq=False)
class Probe:
    """Curves of one family that are shown to networks after training.

    Attributes:
        name: name of the family in figures and tables.
        inputs: curves ``[C, T, F]``.
        parameters: parameters of the curves, one array ``[C]`` each.
        declared: declarations of the family's parameters.
        targets: correct answers, ``[C, T, A]`` or ``[C, A]``, NaN where unknown; None: the inputs for sequences, the
            parameters for vectors.
        names: names of the curves, or empty.

    Raises:
        ValueError: an attribute is invalid, or the numbers of curves differ.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> lt.Probe("zero", np.zeros((1, 20, 1)), {"slope": np.zeros(1)}).inputs.shape
        (1, 20, 1)
    """

    name: str
    inputs: Float[np.ndarray, "C T F"]
    parameters: dict[str, Float[np.ndarray, " C"]]
    declared: tuple[Parameter, ...] = ()
    targets: Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        arguments.text("name", self.name)
        inputs = np.array(arguments.array("inputs", self.inputs, "C T F", empty=True))
        object.__setattr__(self, "inputs", inputs)
        arguments.mapping("parameters", self.parameters, "arrays of one number for each curve, by parameter")
        for name, column in self.parameters.items():
            arguments.array(name, column, str(len(inputs)), finite=False, empty=True)
        if self.targets is not None:
            axes = f"{len(inputs)} {inputs.shape[1] if np.ndim(self.targets) > 2 else ''} A"
            targets = arguments.array("targets", self.targets, axes, finite=False, empty=True)
            object.__setattr__(self, "targets", np.array(targets))
        if len(self.names) not in (0, len(inputs)):
            raise arguments.refused("names", f"of {len(inputs)} curves, as inputs is", self.names)

    def __repr__(self) -> str:
        return arguments.line(self, name=self.name, inputs=self.inputs, **self.parameters)


def probe(
    name: str, family: Family | str, parameters: Parameters, x: Float[Array, " T"], features: tuple[str, ...] = ("y",)
) -> Probe:
    """Makes a probe of curves of a family.

    Args:
        name: name of the probe.
        family: a Family, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        parameters: one array ``[C]``, or one number for all curves, for each parameter of the family.
        x: time points ``[T]``.
        features: input features of a curve, ``("y",)`` or ``("x", "y")``.

    Raises:
        ValueError: the family has other parameters, or an argument is invalid.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> lines = lt.probe("lines", "line", {"slope": np.array([0.1, 0.2]), "intercept": 0.5}, lt.time_points(20))
        >>> lines.inputs.shape, lines.parameters["intercept"].tolist()
        ((2, 20, 1), [0.5, 0.5])
    """
    chosen = family_of(family)
    inputs = show(chosen.curves(x, parameters), x, features)
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, float)) for value in parameters.values()))
    return Probe(name, np.asarray(inputs), dict(zip(parameters, columns, strict=True)), chosen.parameters)


def check_probes(task: Task, probes: Sequence[Probe], points: int) -> None:
    """Raises ValueError if networks trained on a task with so many time points cannot be shown these probes.

    Curves must have the length and features of the training curves, and targets must have the shape of the answers.
    """
    for each in probes:
        curves, count = np.shape(each.inputs), len(each.inputs)
        if len(curves) != 3 or curves[1:] != (points, len(task.input_features)) or not count:
            expected = f"(curves, {points}, {len(task.input_features)})"
            raise ValueError(
                f"probe {each.name!r} has inputs of shape {curves}; the training curves make it {expected}"
            )
        values = 1 if task.loss == CROSS_ENTROPY else len(task.output_features)
        answers = (count, points, values) if task.sequence else (count, values)
        if each.targets is not None and np.shape(each.targets) != answers:
            raise ValueError(f"probe {each.name!r} has targets of shape {np.shape(each.targets)}, not {answers}")
        unknown = [name for name in task.output_features if name not in each.parameters]
        if not task.sequence and each.targets is None and unknown:
            raise ValueError(f"probe {each.name!r} has neither targets nor the parameter {unknown[0]}, which is asked")
