"""Supervised tasks: the inputs of networks and their targets, and which loss compares them.

>>> x = lt.time_points(20)
>>> curves = lt.show(x[None] ** 2, x, ("y",))
>>> lt.Examples(inputs=curves, targets=1 - curves).targets.shape
(1, 20, 1)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_toys import arguments
from lstm_toys.statistics.errors import BINARY, CROSS_ENTROPY
from lstm_toys.tasks.families import Scalar
from lstm_toys.tasks.goal import ACCURACIES
from lstm_toys.tasks.parameters import Trained

Numbers = Mapping[str, Scalar]
"""The training numbers of a network by name: traced, so that they can change without recompiling."""

Names = tuple[str, ...]

UNTRACEABLE = "JAX traces this function; use jax.numpy instead of NumPy, float and if"

MSE = "mse"
LOSSES = (MSE, CROSS_ENTROPY, BINARY)
"""Names of losses: mean squared error; cross-entropy of classes (softmax); of independent bits (sigmoid)."""

Loss = str | Callable[..., Float[Array, "C *T"]]
"""One of `LOSSES`, or a function from outputs and targets to one value per point."""


def accuracies_of(loss: Loss, *, sequence: bool = True) -> Names | None:
    """Returns the names of the accuracies recorded with a loss; None: the RMSE of each output feature is recorded.

    These are the accuracy over points and that over whole sequences; with one answer per sequence, which ``sequence``
    excludes, both would be the same, and the first one is left out.
    """
    if loss not in (CROSS_ENTROPY, BINARY):
        return None
    return ACCURACIES if sequence else ACCURACIES[1:]


def loss_text(loss: Loss) -> str:
    """The name of a loss in results: its own, or that of its function."""
    return loss if isinstance(loss, str) else str(getattr(loss, "__name__", "loss"))


Weights = (
    Float[Array | np.ndarray, "C T"]
    | Float[Array | np.ndarray, " C"]
    | Float[Array | np.ndarray, "C T A"]
    | Float[Array | np.ndarray, "C A"]
)


class Examples(NamedTuple):
    """The training set of one network.

    Attributes:
        inputs: curves ``[C, T, F]`` that a network is shown.
        targets: the correct answers: ``[C, T, A]`` at every time point, or ``[C, A]`` once per curve. For the loss
            ``"cross_entropy"``, one integer class per answer, ``[C, T, 1]`` or ``[C, 1]``.
        lengths: number of points of each curve ``[C]``. The points after them are padding, which no loss counts. With
            one answer per curve, the answer is given after the last point. None: all T points count.
        weights: weight of each answer in the loss, ``[C, T]`` or ``[C]``, or, for the losses ``"mse"`` and
            ``"binary_cross_entropy"``, of each of its features, ``[C, T, A]`` or ``[C, A]``. Errors, and the accuracy
            over points, or of one answer per curve, are weighted likewise, also of a probe that `Probe.of` makes. None:
            equal weights.

    Example:
        >>> zeros = np.zeros((8, 20, 1))
        >>> lt.Examples(zeros, zeros, lengths=np.full(8, 15)).within.sum(axis=1).tolist()
        [15, 15, 15, 15, 15, 15, 15, 15]
    """

    inputs: Float[Array, "C T F"]
    targets: Float[Array, "C T A"] | Float[Array, "C A"]
    lengths: Int[Array, " C"] | None = None
    weights: Weights | None = None

    @property
    def within(self) -> Bool[Array | np.ndarray, "C T"]:
        """Whether each point is before the end of its sequence."""
        library: Any = self.inputs.__array_namespace__()
        points = library.arange(self.inputs.shape[1])[None, :]
        ends = self.inputs.shape[1] if self.lengths is None else library.asarray(self.lengths)[:, None]
        return library.broadcast_to(points < ends, self.inputs.shape[:2])

    @property
    def loss_weights(self) -> Weights | None:
        """The weight of each answer in the loss: 0 beyond the end of a sequence; None if all answers weigh the same."""
        lengths, weights = self.lengths, self.weights
        if self.targets.ndim == 2:  # One answer per curve, at its end.
            return weights
        if lengths is None and weights is None:
            return None
        library: Any = self.inputs.__array_namespace__()
        full = library.ones(self.targets.shape[:2], self.inputs.dtype)
        if weights is not None and weights.ndim == 3:
            full = weights
        elif weights is not None:
            full = full * (weights if weights.ndim == 2 else weights[:, None])
        within = self.within if full.ndim == 2 else self.within[..., None]
        return full if lengths is None else library.where(within, full, 0)

    @property
    def counts(self) -> Float[Array | np.ndarray, "C T A"] | Float[Array | np.ndarray, "C A"]:
        """The weight of each answer where errors are measured: as in the loss, and 0 where no target is known."""
        library: Any = self.inputs.__array_namespace__()
        known = ~library.isnan(self.targets)
        if (weights := self.loss_weights) is None:
            return known.astype(self.inputs.dtype)
        return library.where(known, weights.reshape(weights.shape + (1,) * (known.ndim - weights.ndim)), 0)


@dataclass(frozen=True, eq=False)
class Task:
    """A supervised task: what networks are shown, what they have to answer, and how errors are measured.

    Attributes:
        examples: pure function of a seed's random key and of the training numbers, by name, that returns the seed's
            `Examples`. It is traced into the program that initializes a network. A population can be pickled only if
            this function can.
        input_features: names of the F features of inputs, such as ``("y",)``; they label results.
        output_features: names of the A features of answers. If they equal the input features, results have one axis for
            both.
        sequence: True: there is an answer at every time point; False: one per curve.
        batch: curves per step, a divisor of their number, in an order that each seed shuffles in every epoch; None: all
            curves at every step.
        numbers: names of the training numbers that the examples use. `lt.train` takes their values, which can differ
            between members without compiling anew.
        trained: a description of the training curves, for evaluations of generalization; `Experiment.trained` must
            describe the same curves. None: there is none.
        ahead: number of time points by which answers are ahead of the inputs: 1 to predict the next value. The time
            points of results are then those of the answers. Of curves without targets, such as those of a `Probe`, the
            later values are right.
        reproduces: whether the inputs themselves are right, also of curves without targets. False: nothing is right
            about such curves, unless networks predict, or answer once per curve with parameters of it.
        loss: a name in `LOSSES`, or a function of outputs ``[C, T, A]`` and targets that returns one value per point
            ``[C, T]`` (without T for one answer per curve). For ``"cross_entropy"`` the output features are the
            classes. With either cross-entropy, networks output logits, for `jax.nn.softmax` or `jax.nn.sigmoid`.
        fresh: whether new examples are drawn at every step, from the seed's key and the number of the step. Losses are
            then recorded on ``validation``.
        validation: with ``fresh``, the examples on which losses are recorded, or a function like ``examples``; None:
            one draw of ``examples`` for each seed, from a separate key. A set larger than that of a step is recorded at
            fewer steps.
        at_length: function like ``examples``, with the number of time points as a third argument, for probes and
            evaluations of different lengths; None: not supported.
        stepped: with ``fresh``, whether the examples depend on the number of the step, the integer
            ``numbers["step"]``, such as for a curriculum; ``validation`` then has to be given.

    Raises:
        ValueError: an attribute is invalid, or two contradict each other.

    Example:
        >>> ones = np.ones((1, 20, 1))
        >>> lt.Task(lambda key, numbers: lt.Examples(ones, ones), ("y",), ("y",), sequence=True).output_features
        ('y',)
    """

    examples: Callable[[Key[Array, ""], Numbers], Examples] = field(repr=False)
    input_features: Names
    output_features: Names
    sequence: bool
    batch: int | None = None
    numbers: Names = ()
    trained: Trained | None = field(default=None, repr=False)
    ahead: int = 0
    reproduces: bool = False
    loss: Loss = MSE
    fresh: bool = False
    validation: Examples | Callable[[Key[Array, ""], Numbers], Examples] | None = field(default=None, repr=False)
    at_length: Callable[[Key[Array, ""], Numbers, int], Examples] | None = None
    stepped: bool = False

    def __post_init__(self) -> None:
        arguments.kinds(vars(self), trained=Trained | None)
        arguments.function("examples", self.examples, "a function of a key and training numbers", 2)
        if self.at_length is not None:
            arguments.function("at_length", self.at_length, "a function of a key, training numbers and a length", 3)
        if self.validation is not None and not isinstance(self.validation, Examples):
            arguments.function("validation", self.validation, "Examples, or a function like examples", 2)
        arguments.fields(self, arguments.names, "input_features", "output_features", least=1)
        arguments.fields(self, arguments.names, "numbers")
        arguments.fields(self, arguments.switch, "sequence", "reproduces", "fresh", "stepped")
        arguments.fields(self, arguments.whole, "ahead", least=0)
        if self.batch is not None:
            arguments.fields(self, arguments.whole, "batch", least=1)
        if self.fresh and self.batch is not None:
            raise arguments.refused("batch", "None with fresh examples, since each step uses all of them", self.batch)
        if self.validation is not None and not self.fresh:
            raise arguments.refused("validation", "None without fresh examples", self.validation)
        if self.stepped and (not self.fresh or self.validation is None or "step" in self.numbers):
            expected = "False without fresh examples and a validation set, or with a training number step"
            raise arguments.refused("stepped", expected, self.stepped)
        alike = self.sequence and not self.ahead and self.input_features == self.output_features
        if self.reproduces and not (alike and accuracies_of(self.loss) is None):
            words = "False unless networks answer with the input features at every time point, and none ahead of them"
            raise arguments.refused("reproduces", words, self.reproduces)
        if not callable(self.loss):
            arguments.choice("loss", self.loss, *LOSSES)
        if self.loss == CROSS_ENTROPY and len(self.output_features) < 2:
            raise arguments.refused("output_features", "the names of at least two classes", self.output_features)

    def training_set(self, key: Key[Array, ""], numbers: Numbers, step: Int[Array, ""] | None = None) -> Examples:
        """The training set of a seed, or the examples of a step, in floats; raises ValueError for wrong shapes."""
        steps = {"step": jnp.int32(0 if step is None else step)} if self.stepped else {}
        return self._called(self.examples, key, {**numbers, **steps})

    def validated(self, key: Key[Array, ""], numbers: Numbers) -> Examples:
        """The validation set of a seed, for fresh examples; it is drawn by the key if it is not given."""
        source = self.examples if self.validation is None else self.validation
        return self._checked(source) if isinstance(source, Examples) else self._called(source, key, numbers)

    @property
    def recorded(self) -> Callable[[Key[Array, ""], Numbers], Examples]:
        """Makes the set that losses are recorded on: the training set or, with fresh examples, the validation set."""
        return self.validated if self.fresh else self.training_set

    @property
    def recorded_on(self) -> str:
        """The name of the set that losses are recorded on."""
        return "validation" if self.fresh else "train"

    def longer(self, key: Key[Array, ""], numbers: Numbers, length: int) -> Examples:
        """Examples with another number of time points; raises ValueError if the task does not make any."""
        if self.at_length is None:
            raise ValueError(
                f"this task cannot make examples of {length:,} time points; give lt.Task an at_length, a function of a "
                "key, training numbers and a number of time points"
            )
        examples = self._called(self.at_length, key, numbers, length)
        if (points := examples.inputs.shape[1]) != length:
            raise ValueError(f"at_length must return {length:,} time points, not {points:,}")
        return examples

    def _called(self, source: Callable[..., Any], *arguments: Any) -> Examples:
        """The examples that a function makes; raises TypeError if it cannot be traced, ValueError for wrong shapes."""
        try:
            examples = source(*arguments)
        except jax.errors.JAXTypeError as error:  # Its own message has many lines.
            raise TypeError(UNTRACEABLE).with_traceback(error.__traceback__) from None
        return self._checked(examples)

    def _checked(self, examples: Any) -> Examples:
        """Converts examples to floats; raises ValueError for wrong shapes or numbers."""
        arguments.instance("examples", examples, tuple | list, "lt.Examples")
        inputs, targets, lengths, weights = Examples(*examples)
        inputs = arguments.array("inputs of examples", inputs, f"C T {len(self.input_features)}")
        curves, points = inputs.shape[:2]
        targets = self._checked_targets(targets, curves, points)
        by_feature = len(self.output_features) if self.loss in (MSE, BINARY) else None
        lengths, weights = lengths_and_weights(lengths, weights, curves, points, by_feature, sequence=self.sequence)
        return Examples(jnp.asarray(inputs), jnp.asarray(targets), lengths, weights)

    def _checked_targets(self, targets: Any, curves: int, points: int) -> Any:
        """Validates targets of this many curves and points; raises ValueError."""
        values, bounds = len(self.output_features), dict[str, Any]()
        if self.loss == CROSS_ENTROPY:  # An answer is the number of one class.
            _whole("targets of examples", targets)
            bounds = {"least": 0, "most": values - 1}
            values = 1
        elif self.loss == BINARY:
            bounds = {"least": 0, "most": 1}
        return arguments.array(
            "targets of examples", targets, f"{curves} {points if self.sequence else ''} {values}", **bounds
        )

    @property
    def axes(self) -> Names:
        """The names of the axes of one answer in labeled arrays."""
        features = "feature" if self.sequence and self.input_features == self.output_features else "output_feature"
        return ("time", features) if self.sequence else (features,)

    @property
    def measured(self) -> Names:
        """The names of measures recorded with the loss: accuracies, or the features that have an RMSE."""
        return accuracies_of(self.loss, sequence=self.sequence) or self.output_features

    @property
    def described_loss(self) -> dict[str, str]:
        """The attributes of losses in labeled arrays: the loss, and the set that it is recorded on, unless usual."""
        named = {} if self.loss == MSE else {"loss": loss_text(self.loss)}
        return {**named, **({"recorded_on": self.recorded_on} if self.fresh else {})}

    def with_axes(self, targets: np.ndarray) -> tuple[Names, np.ndarray]:
        """The names of the axes of targets in labeled arrays, and their values; a class is one number per point."""
        return (self.axes[:-1], targets[..., 0]) if self.loss == CROSS_ENTROPY else (self.axes, targets)


def lengths_and_weights(
    lengths: Any, weights: Any, curves: int, points: int, features: int | None = None, *, sequence: bool
) -> tuple[Int[Array, " C"] | None, Float[Array, "C *_"] | None]:
    """Converts lengths and weights of examples; raises ValueError if they do not match the curves.

    ``features`` is the number of output features if each may have its weights.
    """
    if lengths is not None:
        _whole("lengths of examples", lengths)
        lengths = arguments.array("lengths of examples", lengths, str(curves), least=1, most=points)
        lengths = jnp.asarray(lengths).astype(jnp.int32)
    if weights is not None:
        by_point = sequence and np.ndim(weights) > 1
        by_feature = features is not None and np.ndim(weights) == (3 if sequence else 2)
        empty = not arguments.traced(weights) and not np.any(np.asarray(weights))
        axes = f"{curves} {points if by_point else ''} {features if by_feature else ''}"
        hint = "" if by_feature else ", for all features alike"
        weights = arguments.array("weights of examples", weights, axes, hint=hint, least=0)
        arguments.expect(not empty, "weights of examples", "above 0 somewhere", weights)
        weights = jnp.asarray(weights)
    return lengths, weights


def _whole(name: str, values: Any) -> None:
    """Raises ValueError if some values are not whole numbers; traced ones are not known."""
    if not arguments.traced(values) and np.asarray(values).dtype.kind == "f" and np.any(np.asarray(values) % 1):
        raise arguments.refused(name, "whole numbers", values)
