"""Tasks: how curves are shown to a network and what it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from lstm_toys import arguments, forks
from lstm_toys.tasks.families import Ends, Family, Parameters, family_of
from lstm_toys.tasks.planes import Told, Trained

Numbers = Mapping[str, Float[Array, ""]]
"""The training numbers of a network, by name: traced, so that other ones need no compilation."""

Stated = Mapping[str, Told | Float[Array, "*C"]]
"""Parameters of training curves: for each a number, one number a curve, or the name of the training number that it is;
and, where they are drawn, the range."""


class Examples(NamedTuple):
    """What one network is trained on.

    Attributes:
        inputs: ``[C, T, F]``.
        targets: ``[C, T, A]``, or ``[C, A]`` where a whole curve has one answer.

    Example:
        >>> import lstm_toys as lt
        >>> curves = lt.show(lt.time_points(20)[None], lt.time_points(20), ("y",))
        >>> lt.Examples(inputs=curves, targets=1 - curves).targets.shape
        (1, 20, 1)
    """

    inputs: Float[Array, "C T F"]
    targets: Float[Array, "C T A"] | Float[Array, "C A"]

    def __repr__(self) -> str:
        return arguments.line(self, **self._asdict())


@dataclass(frozen=True, repr=False)
class Task:
    """A training set for every seed.

    Attributes:
        examples: pure function from a seed's own key and the training numbers by name to the seed's training set; it is
            traced into the program that initializes a network. A population can be pickled if it can.
        input_features: names of the features of an input.
        output_features: names of the features of an answer.
        sequence: whether there is an answer at every time point, or one for the whole curve.
        batch: curves in a step, a divisor of their number; None: all.
        numbers: names of the training numbers that the examples use.
        trained: which curves of a family are trained on, if that can be said.
        ahead: by how many time points answers are ahead of what is shown: 1, where each is to be the next value. Time
            points are then those that answers are about.

    Raises:
        ValueError: something is not what it is to be.

    Example:
        Asks for the curve upside down:

        >>> import lstm_toys as lt
        >>> curves = lt.show(lt.time_points(20)[None], lt.time_points(20), ("y",))
        >>> lt.Task(lambda key, numbers: lt.Examples(curves, 1 - curves), ("y",), ("y",), sequence=True).output_features
        ('y',)
    """

    examples: Callable[[Key[Array, ""], Numbers], Examples]
    input_features: tuple[str, ...]
    output_features: tuple[str, ...]
    sequence: bool
    batch: int | None = None
    numbers: tuple[str, ...] = ()
    trained: Trained | None = None
    ahead: int = 0

    def __post_init__(self) -> None:
        arguments.function("examples", self.examples, "a function of a key and training numbers")
        for name, least in (("input_features", 1), ("output_features", 1), ("numbers", 0)):
            object.__setattr__(self, name, arguments.names(name, getattr(self, name), least))
        object.__setattr__(self, "sequence", arguments.switch("sequence", self.sequence))
        if self.batch is not None:
            object.__setattr__(self, "batch", arguments.whole("batch", self.batch, least=1))
        object.__setattr__(self, "ahead", arguments.whole("ahead", self.ahead, least=0))

    def __repr__(self) -> str:
        told = {name: getattr(self, name) for name in ("input_features", "output_features", "sequence", "batch")}
        return arguments.line(self, **told, numbers=self.numbers, trained=self.trained)

    def made(self, key: Key[Array, ""], numbers: Numbers) -> Examples:
        """The training set of a seed, in floats.

        Raises:
            ValueError: it is not of the features that the task names, or of no shape of `Examples`.
        """
        examples = self.examples(key, numbers)
        try:
            inputs, targets = examples
        except (TypeError, ValueError):
            raise arguments.refused("what examples returns", "Examples of inputs and targets", examples) from None
        inputs = arguments.array("inputs of examples", inputs, f"C T {len(self.input_features)}")
        axes = f"{len(inputs)} {inputs.shape[1] if self.sequence else ''} {len(self.output_features)}"
        return Examples(jnp.asarray(inputs), jnp.asarray(arguments.array("targets of examples", targets, axes)))

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes of one answer in labeled arrays."""
        return ("time", "feature") if self.sequence else ("output_feature",)


def show(curves: Float[Array, "C T"], x: Float[Array, " T"], features: Sequence[str]) -> Float[Array, "C T F"]:
    """Curves as a network sees them.

    Args:
        curves: their y.
        x: time points.
        features: ``("y",)``, or ``("x", "y")``.

    Raises:
        ValueError: curves and time points are not such numbers, or there is another feature.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.show(x[None] ** 2, x, ("x", "y")).shape
        (1, 20, 2)
    """
    forks.check()
    x = jnp.asarray(arguments.array("x", x, "T"))
    curves = jnp.asarray(arguments.array("curves", curves, f"C {len(x)}", hint=", a y for each x", empty=True))
    columns = {"x": jnp.broadcast_to(x[None, :], curves.shape), "y": curves}
    return jnp.stack([columns[name] for name in _features(features)], axis=-1)


def reproduce(
    family: Family | str,
    parameters: Stated,
    x: Float[Array, " T"],
    features: tuple[str, ...] = ("y",),
    batch: int | None = None,
) -> Task:
    """Sequence to sequence: every seed is shown curves of a family and asked to return them.

    Args:
        family: which, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        parameters: of the curves, for each one array ``[C]``, one number for all curves, or the name of a training
            number.
        x: time points.
        features: what is shown and asked of a curve.
        batch: curves in a step.

    Raises:
        ValueError: the family has other parameters, or an argument is not what it is to be.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": "steepness", "intercept": 0.1}, lt.time_points(20), ("x", "y"))
        >>> task.input_features, task.output_features, task.numbers
        (('x', 'y'), ('x', 'y'), ('steepness',))
    """
    trained, x, features = _trained(family, _stated(parameters)), _points(x), _features(features)
    examples = partial(_reproduced, trained, x, features)
    return Task(examples, features, features, sequence=True, batch=batch, numbers=_named(parameters), trained=trained)


def _reproduced(
    trained: Trained,
    x: Float[Array, " T"],
    features: tuple[str, ...],
    key: Key[Array, ""],  # noqa: ARG001
    numbers: Numbers,
) -> Examples:
    shown = show(_curves(trained, x, _values(trained, numbers)), x, features)
    return Examples(shown, shown)


Given = Float[Array, "C T F"] | Float[np.ndarray, "C T F"]


def reproduce_curves(curves: Given, features: tuple[str, ...], batch: int | None = None) -> Task:
    """Sequence to sequence: every seed is shown these curves and asked to return them.

    Args:
        curves: ``[C, T, F]``, as `show` makes them.
        features: names of the F features.
        batch: curves in a step.

    Raises:
        ValueError: the curves are not finite numbers of this shape, or the features not F different names.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.reproduce_curves(lt.show(x[None] ** 2, x, ("y",)), ("y",)).sequence
        True
    """
    features = arguments.names("features", features, 1)
    same = _single(curves, features)
    return Task(partial(_same, Examples(same, same)), features, features, sequence=True, batch=batch)


def _same(examples: Examples, *_: object) -> Examples:
    """A training set that every seed has."""
    return examples


def _single(curves: Given, features: tuple[str, ...]) -> Float[Array, "C T F"]:
    """Curves of these features, in single precision."""
    forks.check()
    held = arguments.array("curves", curves, "C T F", hint=", as lt.show makes them")
    if held.shape[2] != len(features):
        raise arguments.refused("features", f"the names of the {held.shape[2]} features of the curves", features)
    return jnp.array(held, jnp.float32)


def predict_next(curves: Given, features: tuple[str, ...], batch: int | None = None) -> Task:
    """Sequence to sequence: every seed is shown these curves and asked at each time point for the value after it.

    Args:
        curves: ``[C, T, F]``, of which T - 1 time points are shown.
        features: names of the F features.
        batch: curves in a step.

    Raises:
        ValueError: see `reproduce_curves`; or the curves have one time point.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.predict_next(lt.show(x[None] ** 2, x, ("y",)), ("y",)).ahead
        1
    """
    features = arguments.names("features", features, 1)
    every = _single(curves, features)
    if every.shape[1] < 2:
        raise arguments.refused("curves", "of 2 time points at least", every)
    same = Examples(every[:, :-1], every[:, 1:])
    return Task(partial(_same, same), features, features, sequence=True, batch=batch, ahead=1)


def answer_curves(
    curves: Given,
    targets: Float[Array, "C A"] | Float[np.ndarray, "C A"],
    features: tuple[str, ...],
    output_features: tuple[str, ...],
    batch: int | None = None,
) -> Task:
    """Sequence to vector: every seed is shown these curves and asked for numbers of each as a whole.

    Args:
        curves: ``[C, T, F]``.
        targets: ``[C, A]``.
        features: names of the F features.
        output_features: names of the A numbers.
        batch: curves in a step.

    Raises:
        ValueError: see `reproduce_curves`; or the targets are not A finite numbers of each curve.
    """
    features = arguments.names("features", features, 1)
    output_features = arguments.names("output_features", output_features, 1)
    inputs = _single(curves, features)
    held = arguments.array("targets", targets, f"{len(inputs)} {len(output_features)}", hint=", numbers of each curve")
    same = Examples(inputs, jnp.array(held, jnp.float32))
    return Task(partial(_same, same), features, output_features, sequence=False, batch=batch)


def read_off(
    family: Family | str,
    parameters: Stated,
    output_features: tuple[str, ...],
    x: Float[Array, " T"],
    batch: int | None = None,
) -> Task:
    """Sequence to vector: every seed is shown the same curves and asked for their parameters.

    Args:
        family: which, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        parameters: of the curves, for each one array ``[C]``, one number for all curves, or the name of a training
            number.
        output_features: which parameters.
        x: time points.
        batch: curves in a step.

    Raises:
        ValueError: the family has other parameters, or an argument is not what it is to be.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> lines = {"slope": np.array([0.1, 0.2]), "intercept": 0.5}
        >>> task = lt.read_off("line", lines, ("slope",), lt.time_points(20))
        >>> task.output_features, task.sequence
        (('slope',), False)
    """
    trained, x, numbers = _trained(family, _stated(parameters)), _points(x), _named(parameters)
    output_features = _checked_features(output_features, family)
    each = partial(_read_off, trained, output_features, x)
    examples = each if numbers else partial(_same, each(None, {}))  # Computed once, not by every network.
    return Task(examples, ("y",), output_features, sequence=False, batch=batch, numbers=numbers, trained=trained)


def _read_off(
    trained: Trained,
    output_features: tuple[str, ...],
    x: Float[Array, " T"],
    key: Key[Array, ""] | None,  # noqa: ARG001
    numbers: Numbers,
) -> Examples:
    found = _values(trained, numbers)
    curves = show(_curves(trained, x, found), x, ("y",))
    columns = [jnp.broadcast_to(jnp.asarray(found[name], curves.dtype), len(curves)) for name in output_features]
    return Examples(curves, jnp.stack(columns, axis=-1))


def read_off_drawn(
    family: Family | str,
    count: int,
    ranges: Mapping[str, tuple[float | int | str, float | int | str]],
    output_features: tuple[str, ...],
    x: Float[Array, " T"],
    batch: int | None = None,
) -> Task:
    """Sequence to vector: every seed draws curves of its own and is asked for their parameters.

    Args:
        family: which, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        count: curves that a seed draws.
        ranges: the half-open interval of each parameter that is not to be drawn from the family's own; an end may be
            the name of a training number.
        output_features: which parameters.
        x: time points.
        batch: curves in a step.

    Raises:
        ValueError: the family has no such parameter, or an argument is not what it is to be.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.read_off_drawn("line", 50, {"slope": (-1.0, 1.0)}, ("slope",), lt.time_points(20), batch=10)
        >>> task.batch
        10
    """
    arguments.mapping("ranges", ranges, "ranges (low, high) by parameter")
    for name, ends in ranges.items():
        if not isinstance(ends, tuple | list) or len(ends) != 2:
            raise arguments.refused(name, "a range (low, high)", ends)
    pairs: dict[str, tuple[float | int | str, float | int | str]] = {
        name: (low, high) for name, (low, high) in ranges.items()
    }
    own: dict[str, Told] = {each.name: (each.low, each.high) for each in family_of(family).parameters}
    trained, x = _trained(family, {**own, **pairs}), _points(x)
    output_features = _checked_features(output_features, family)
    examples = partial(_drawn, family, arguments.whole("count", count, least=1), pairs, output_features, x)
    return Task(examples, ("y",), output_features, sequence=False, batch=batch, numbers=_named(pairs), trained=trained)


def _drawn(
    family: Family | str,
    count: int,
    ranges: Mapping[str, tuple[float | int | str, float | int | str]],
    output_features: tuple[str, ...],
    x: Float[Array, " T"],
    key: Key[Array, ""],
    numbers: Numbers,
) -> Examples:
    intervals: dict[str, Ends] = {
        name: (_end(low, numbers), _end(high, numbers)) for name, (low, high) in ranges.items()
    }
    parameters = family_of(family).draw(key, count, intervals)
    curves = family_of(family).curves(x, parameters)
    return Examples(show(curves, x, ("y",)), jnp.stack([parameters[name] for name in output_features], axis=-1))


def _trained(family: Family | str, parameters: Stated) -> Trained:
    """Which curves are trained on; raises ValueError if family or parameters are not what they are to be."""
    family_of(family)
    return Trained(family, parameters)


def _points(x: Float[Array, " T"]) -> Float[Array, " T"]:
    """A copy of time points, which a caller cannot change afterwards."""
    forks.check()
    return jnp.array(arguments.array("x", x, "T"))


def _curves(trained: Trained, x: Float[Array, " T"], parameters: Parameters) -> Float[Array, "C T"]:
    return family_of(cast(Family | str, trained.family)).curves(x, parameters)


def _stated(parameters: Stated) -> Stated:
    """Parameters of curves that are not drawn."""
    arguments.mapping("parameters", parameters, "numbers, arrays or names of training numbers, by parameter")
    for name, told in parameters.items():
        if isinstance(told, tuple):
            raise arguments.refused(name, "a number, an array, or a name; a range is for lt.read_off_drawn", told)
    return parameters


def _features(features: Sequence[str]) -> tuple[str, ...]:
    """Features that a curve of a family has."""
    found = arguments.names("features", features, 1)
    if unknown := [name for name in found if name not in ("x", "y")]:
        raise arguments.refused("features", "among x and y", unknown[0])
    return found


def _checked_features(output_features: tuple[str, ...], family: Family | str) -> tuple[str, ...]:
    """Parameters of a family that are asked for."""
    found, known = arguments.names("output_features", output_features, 1), family_of(family).names
    if unknown := [name for name in found if name not in known]:
        raise arguments.refused("output_features", f"among the parameters {', '.join(known)}", unknown[0])
    return found


def _named(parameters: Stated) -> tuple[str, ...]:
    """The training numbers that parameters name, each once."""
    ends = [end for told in parameters.values() for end in (told if isinstance(told, tuple) else (told,))]
    return tuple(dict.fromkeys(end for end in ends if isinstance(end, str)))


def _values(trained: Trained, numbers: Numbers) -> Parameters:
    """The parameters of training curves that are not drawn."""
    return {name: numbers[told] if isinstance(told, str) else told for name, told in trained.parameters.items()}  # type: ignore[misc]


def _end(end: float | int | str, numbers: Numbers) -> Float[Array, ""] | float:
    """An end of a range that is drawn from."""
    return numbers[end] if isinstance(end, str) else end
