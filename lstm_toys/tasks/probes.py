"""Probes, curves on which networks are tested after training, and evaluation sets, which have the correct answers.

Every error is measured on an evaluation set, whether of a training set, a validation set, a probe or a file of curves.

>>> task = lt.predict_next(np.array([[[0.1], [0.4], [0.2], [0.3]]]), ("y",))
>>> probe = lt.Probe("other", np.array([[[1.0], [2.0], [3.0]]]), {})
>>> evaluation_set(task, probe, np.arange(3.0)).truth.ravel().tolist()  # The value after the last one is unknown.
[2.0, 3.0, nan]
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from lstm_toys import arguments
from lstm_toys.statistics.errors import CROSS_ENTROPY
from lstm_toys.tasks.curve_tasks import show
from lstm_toys.tasks.families import Family, Parameters, TimePoints, family_of
from lstm_toys.tasks.parameters import Parameter
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of, lengths_and_weights

SHARED = "shared"
"""The name of the set of all probes with the time points of the training curves."""


@dataclass(frozen=True, eq=False)
class Probe:
    """Curves that are shown to networks after training.

    `lt.probe`, `lt.probe_at` and `Probe.of` make most probes.

    Attributes:
        name: what the curves are called in figures, tables and results; `lt.probed` selects by it. It is without ``/``,
            not ``.`` or ``..``, and an experiment refuses names of other parts of results, such as ``"training"`` or
            ``"learned"``.
        inputs: curves ``[C, T, F]`` with the features that the networks were trained on.
        parameters: for each parameter of the curves, by name, one number per curve ``[C]``, NaN where a curve has none.
            Results have them as coordinates, such as ``parameter_slope``.
        declared: declarations of these parameters, which label axes of figures by symbol and unit; by default none.
        targets: correct answers, ``[C, T, A]`` or ``[C, A]``, NaN where unknown: known features of a point count, and
            unknown ones do not. None: they follow from the task: the inputs if it ``reproduces`` them, the later
            values if networks predict, the parameters of the same names if they answer once, else nothing.
        names: a name for each curve, for figures; by default none.
        x: time points of the answers ``[T]``; None: those of the training curves, or, for another number of time
            points, ones with the same start and spacing.
        lengths: number of points of each curve ``[C]``, followed by padding, which does not count. With one answer per
            curve, networks answer after the last point. None: all T points count.
        weights: how much each answer counts, as in `Examples`; None: all answers with a target count alike.

    Raises:
        ValueError: shapes do not match, or an attribute is invalid.

    Example:
        >>> lt.Probe("zero", np.zeros((1, 20, 1)), {"slope": np.zeros(1)}).inputs.shape
        (1, 20, 1)
    """

    name: str
    inputs: Float[np.ndarray, "C T F"] = field(repr=False)
    parameters: dict[str, Float[np.ndarray, " C"]] = field(repr=False)
    declared: tuple[Parameter, ...] = ()
    targets: Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | None = field(default=None, repr=False)
    names: tuple[str, ...] = ()
    x: Float[np.ndarray, " T"] | None = field(default=None, repr=False)
    lengths: Int[np.ndarray, " C"] | None = field(default=None, repr=False)
    weights: Float[np.ndarray, "C *_"] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        arguments.text("name", self.name)
        arguments.kinds(vars(self), parameters=Mapping)
        arguments.fields(self, arguments.instances, "declared", kind=Parameter, expected="a tuple of lt.Parameter")
        arguments.fields(self, arguments.instances, "names", kind=str, expected="a tuple of names")
        inputs = np.array(arguments.array("inputs", self.inputs, "C T F", empty=True))
        object.__setattr__(self, "inputs", inputs)
        for name, column in self.parameters.items():
            arguments.array(name, column, str(len(inputs)), finite=False, empty=True)
        if self.targets is not None:
            targets = arguments.array("targets", self.targets, f"{len(inputs)} ...", finite=False, empty=True)
            object.__setattr__(self, "targets", np.array(targets))
        if len(self.names) not in (0, len(inputs)):
            raise arguments.refused("names", f"names of all {len(inputs)} curves in inputs", self.names)
        if self.x is not None:
            x = arguments.array("x", self.x, str(inputs.shape[1]), hint=", one number per time point of inputs")
            object.__setattr__(self, "x", np.array(x))
        if self.lengths is not None:
            lengths = arguments.wholes("lengths", self.lengths, least=1, most=inputs.shape[1])
            arguments.expect(len(lengths) == len(inputs), "lengths", "one number per curve", self.lengths)
            object.__setattr__(self, "lengths", np.array(lengths, np.int32))
        if self.weights is not None:
            arguments.expect(self.targets is not None, "weights", "None without targets", self.weights)
            weights = arguments.array("weights", self.weights, f"{len(inputs)} ...", least=0)
            object.__setattr__(self, "weights", np.array(weights, np.float32))

    @classmethod
    def of(cls, name: str, examples: Examples, parameters: Mapping[str, ArrayLike] | None = None) -> "Probe":
        """Makes a probe of examples.

        Answers count as in training: padding does not, and others do by their weights.

        Args:
            name: what the probe is called in figures, tables and results.
            examples: inputs and targets, such as `lt.sequences.flip_flop` draws.
            parameters: by name, one number per sequence ``[C]``, such as the n of a^n b^n; None: there are none.

        Raises:
            ValueError: lengths or weights of the examples are invalid.

        Example:
            >>> import jax
            >>> lt.Probe.of("bits", lt.sequences.parity(jax.random.key(0), length=20, count=5)).targets.shape
            (5, 20, 1)
        """
        arguments.kinds(locals(), examples=Examples, parameters=Mapping | None)
        inputs, targets = np.asarray(examples.inputs), np.asarray(examples.targets, np.float32)
        shape, sequence = (*inputs.shape[:2], targets.shape[-1]), targets.ndim == 3
        lengths, weights = lengths_and_weights(examples.lengths, examples.weights, *shape, sequence=sequence)
        columns = {parameter: np.asarray(values, float) for parameter, values in (parameters or {}).items()}
        ends, counts = (None if values is None else np.asarray(values) for values in (lengths, weights))
        return cls(name, inputs, columns, targets=targets, lengths=ends, weights=counts)

    def points(self, x: Float[np.ndarray, " _"]) -> Float[np.ndarray, " T"]:
        """The time points of the answers; ``x`` are those of the training curves, evenly spaced."""
        count = self.inputs.shape[1]
        if self.x is not None or count == len(x):
            return x if self.x is None else self.x
        return np.asarray(x[0] + np.arange(count) * (x[1] - x[0]), x.dtype)


def probe(
    name: str, family: Family | str, parameters: Parameters, x: TimePoints, features: tuple[str, ...] = ("y",)
) -> Probe:
    """Makes a probe of curves of a family.

    Args:
        name: what the probe is called in figures, tables and results.
        family: a `Family`, or the name of one in `lt.FAMILIES`: ``"line"``, ``"hill"`` or ``"sine"``.
        parameters: for each parameter of the family, by name, one array ``[C]``, or one number for all curves.
        x: time points ``[T]``; those of training, or others.
        features: features of the inputs, as in training: ``("y",)``, or ``("x", "y")``.

    Raises:
        ValueError: the family has other parameters, or an argument is invalid.

    Example:
        >>> lt.probe("lines", "line", {"slope": np.array([0.1, 0.2]), "intercept": 0.5}, lt.time_points(9)).inputs.shape
        (2, 9, 1)
    """
    chosen = family_of(family)
    inputs = show(chosen.curves(x, parameters), x, features)
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, float)) for value in parameters.values()))
    named = dict(zip(parameters, columns, strict=True))
    return Probe(name, np.asarray(inputs), named, chosen.parameters, x=np.asarray(x))


def probe_at(
    name: str, task: Task, length: int, numbers: Mapping[str, float | int] | None = None, seed: int = 0
) -> Probe:
    """Makes a probe from examples of a task with another number of time points.

    Args:
        name: what the probe is called in figures, tables and results.
        task: a task with an ``at_length``; see `Task`.
        length: number of time points, T, such as ten times as many as in training, to see how long networks remember.
        numbers: values of the task's training numbers, by name; None: it has none.
        seed: seed of the random key, so that another one draws other examples of the same length.

    Raises:
        ValueError: the task has no ``at_length``, or other training numbers.

    Example:
        >>> def at_length(key, numbers, length):
        ...     return lt.sequences.flip_flop(key, length, count=4, bits=1)
        >>> task = lt.Task(lambda key, n: at_length(key, n, 40), ("y",), ("y",), sequence=True, at_length=at_length)
        >>> lt.probe_at("ten times", task, 400).inputs.shape
        (4, 400, 1)
    """
    arguments.kinds(locals(), task=Task)
    length, seed = arguments.whole("length", length, least=1), arguments.whole("seed", seed, least=0, most=2**32 - 1)
    values = {number: jnp.float32(value) for number, value in arguments.by_name("numbers", numbers).items()}
    arguments.expect(values.keys() == {*task.numbers}, "numbers", f"those of the task, {task.numbers}", numbers)
    return Probe.of(name, task.longer(jax.random.fold_in(jax.random.key(seed), length), values, length))


def by_points(probes: Sequence[Probe], x: TimePoints | Float[np.ndarray, " T"]) -> dict[str, list[Probe]]:
    """Groups probes: `SHARED` has those with the time points ``x`` of the training; others are sets of one, by name."""
    main = np.asarray(x)
    sets: dict[str, list[Probe]] = {SHARED: []}
    for probe in probes:
        shared = np.array_equal(probe.points(main), main)
        sets.setdefault(SHARED if shared else probe.name, []).append(probe)
    return sets


def curves_of(task: Task, sets: Mapping[str, Sequence[Probe]], points: int) -> dict[str, Float[np.ndarray, "C T F"]]:
    """The curves of each set of probes; without probes, `SHARED` is empty with this number of time points."""
    empty = np.empty((0, points, len(task.input_features)), np.float32)
    return {
        name: np.concatenate([*([empty] if name == SHARED else []), *(probe.inputs for probe in probes)])
        for name, probes in sets.items()
    }


def by_probe(
    probes: Sequence[Probe], answers: Mapping[str, Float[np.ndarray, "S _ ..."]]
) -> dict[str, Float[np.ndarray, "S _ ..."]]:
    """Splits answers to sets of probes, see `by_points`, into the answers to each probe, by its name."""
    split, start = {}, 0
    for probe in probes:
        if probe.name in answers:
            split[probe.name] = answers[probe.name]
        else:
            end = start + len(probe.inputs)
            split[probe.name], start = answers[SHARED][:, start:end], end
    return split


def lengths_of(task: Task, sets: Mapping[str, Sequence[Probe]]) -> dict[str, Int[np.ndarray, " C"]]:
    """The lengths of the curves of each set of probes that has any; only networks that answer once need them."""
    if task.sequence:
        return {}
    return {
        name: np.concatenate(
            [np.full(len(p.inputs), p.inputs.shape[1]) if p.lengths is None else p.lengths for p in probes]
        )
        for name, probes in sets.items()
        if any(p.lengths is not None for p in probes)
    }


def check_probes(task: Task, probes: Sequence[Probe]) -> None:
    """Raises ValueError if networks trained on a task cannot be shown these probes."""
    for probe in probes:
        shape, count, words = np.shape(probe.inputs), len(probe.inputs), f"probe {probe.name!r}"
        if shape[2:] != (len(task.input_features),) or not count:
            expected = f"(curves, points, {len(task.input_features)})"
            raise ValueError(f"{words} has inputs of shape {shape}, but the training curves need {expected}")
        if not re.fullmatch(r"(?!\.{1,2}$)[^\s/]+( +[^\s/]+)*", probe.name):
            raise ValueError(
                f"{words}: the name of a probe names a node of results, and must not contain /, be a dot, or be empty"
            )
        values = 1 if task.loss == CROSS_ENTROPY else len(task.output_features)
        answers = (count, shape[1], values) if task.sequence else (count, values)
        if probe.targets is not None and np.shape(probe.targets) != answers:
            raise ValueError(f"{words} has targets of shape {np.shape(probe.targets)}, not {answers}")
        if probe.weights is not None:
            lengths_and_weights(None, probe.weights, count, shape[1], values, sequence=task.sequence)
        if not task.sequence and probe.targets is None and task.loss == CROSS_ENTROPY:
            raise ValueError(f"{words} has no targets; give it one class per curve")
        unknown = [name for name in task.output_features if name not in probe.parameters]
        if not task.sequence and probe.targets is None and unknown:
            raise ValueError(f"{words} has neither targets nor the answered parameter {unknown[0]}")


Truth = (
    Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | Float[np.ndarray, "C T"] | Float[np.ndarray, " C"] | None
)


class EvaluationSet(NamedTuple):
    """Curves to evaluate networks on.

    Attributes:
        inputs: curves ``[C, T, F]``.
        truth: the correct answers, ``[C, T, A]``, or ``[C, A]`` once per curve; classes are ``[C, T]`` or ``[C]``. NaN
            where an answer does not count. None: all correct answers are unknown.
        counts: the weight of each answer, in the shape of ``truth``: 0 beyond the end of a sequence and where the
            correct answer is unknown.
        x: time points of the answers ``[T]``.
        lengths: number of points of each curve ``[C]``; None: all T points.
        labels: parameters of the curves by name, one number per curve ``[C]``.
        names: a name for each curve; empty if there are none.
    """

    inputs: Float[np.ndarray, "C T F"]
    truth: Truth
    counts: Truth
    x: Float[np.ndarray, " T"]
    lengths: Int[np.ndarray, " C"] | None = None
    labels: Mapping[str, Float[np.ndarray, " C"]] = {}
    names: tuple[str, ...] = ()


def evaluation_set(task: Task, curves: Examples | Probe, x: Float[np.ndarray, " _"]) -> EvaluationSet:
    """Makes the evaluation set of examples, or of a probe; ``x`` are the time points of the training."""
    inputs, lengths = np.asarray(curves.inputs), None if curves.lengths is None else np.asarray(curves.lengths)
    metadata: dict[str, Any] = {"x": x, "lengths": lengths}
    if isinstance(curves, Probe):
        metadata |= {"x": curves.points(x), "labels": curves.parameters, "names": curves.names}
    targets = _default_targets(task, curves) if curves.targets is None else np.asarray(curves.targets)
    if targets is None:
        return EvaluationSet(inputs, None, None, **metadata)
    examples: Any = inputs, targets, lengths, None if curves.weights is None else np.asarray(curves.weights)
    counts = np.asarray(Examples(*examples).counts, np.float32)
    truth = np.where(counts > 0, targets, np.nan)
    if task.loss == CROSS_ENTROPY:
        truth, counts = truth[..., 0], counts[..., 0]
    return EvaluationSet(inputs, truth, counts, **metadata)


def _default_targets(task: Task, probe: Probe) -> Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | None:
    """The correct answers to a probe without targets, which follow from the task; None if they are unknown."""
    inputs, names = probe.inputs, task.output_features
    if accuracies_of(task.loss) is not None:
        return None
    if not task.sequence:
        columns = [np.broadcast_to(probe.parameters.get(name, np.nan), len(inputs)) for name in names]
        return np.stack(columns, axis=-1) if {*names} & {*probe.parameters} else None
    if task.ahead and task.input_features == names:
        later = np.full_like(inputs, np.nan)
        later[:, : -task.ahead] = inputs[:, task.ahead :]
        if probe.lengths is not None:  # What follows the end is padding.
            ends = (probe.lengths - task.ahead)[:, None, None]
            later[np.broadcast_to(np.arange(inputs.shape[1])[None, :, None] >= ends, later.shape)] = np.nan
        return later
    return inputs if task.reproduces else None
