"""Tasks about curves: to reproduce them, to predict their next values, and to read parameters off them.

>>> x = lt.time_points(20)
>>> curves = lt.show(x[None] ** 2, x, ("y",))
>>> lt.reproduce(curves).sequence, lt.predict_next(curves, ("y",)).ahead
(True, 1)
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lstm_toys import arguments
from lstm_toys.tasks.families import Family, TimePoints, family_of
from lstm_toys.tasks.parameters import ParameterValue, Trained
from lstm_toys.tasks.supervision import Examples, Names, Numbers, Task

ParameterValues = Mapping[str, ParameterValue | Float[Array, "*C"]]
"""Parameters of training curves, each a number, one number per curve, or the name of a training number; or a range to
draw it from, whose ends may be such names."""

CurveArray = Float[Array, "C T F"] | Float[np.ndarray, "C T F"]


def show(curves: Float[Array, "C T"], x: TimePoints, features: Sequence[str]) -> Float[Array, "C T F"]:
    """Makes network inputs from curves.

    Args:
        curves: the y of each curve at each time point ``[C, T]``.
        x: time points ``[T]``, such as `lt.time_points` returns.
        features: what networks are shown: ``("y",)``, or ``("x", "y")`` if they also get the time points.

    Returns:
        Inputs ``[C, T, F]``, with the features in the given order.

    Raises:
        ValueError: shapes do not match, values are not finite, or a feature is unknown.

    Example:
        >>> x = lt.time_points(20)
        >>> lines = lt.FAMILIES["line"].curves(x, {"slope": np.array([0.1, 0.2]), "intercept": 0.5})
        >>> lt.show(lines, x, ("x", "y")).shape
        (2, 20, 2)
    """
    x = jnp.asarray(arguments.array("x", x, "T"))
    curves = jnp.asarray(arguments.array("curves", curves, f"C {len(x)}", hint=", one y for each x", empty=True))
    columns = {"x": jnp.broadcast_to(x[None, :], curves.shape), "y": curves}
    return jnp.stack([columns[name] for name in _chosen("features", features, "x", "y")], axis=-1)


def reproduce(
    curves: Family | str | CurveArray,
    parameters: ParameterValues | None = None,
    x: TimePoints | None = None,
    features: Names = ("y",),
    batch: int | None = None,
) -> Task:
    """Makes a task in which every seed learns to reproduce curves, value by value as they arrive.

    Args:
        curves: a `Family`, or the name of one in `lt.FAMILIES`: ``"line"``, ``"hill"`` or ``"sine"``; or curves
            ``[C, T, F]`` themselves, as `lt.show` makes them, which are copied.
        parameters: for each parameter of the family, one array ``[C]``, one number for all curves, or the name of a
            training number, whose value `lt.train` takes in ``numbers``. None for given curves.
        x: time points ``[T]``, such as `lt.time_points` returns. None for given curves.
        features: names of the F features of inputs and answers. Of a family ``("y",)``, or ``("x", "y")`` if networks
            also get and answer x; of given curves any different names.
        batch: number of curves per step, a divisor of their number; None: all curves at every step.

    Raises:
        ValueError: the family has other parameters, given curves are not finite numbers of this shape, or an argument
            is invalid.

    Example:
        >>> task = lt.reproduce("line", {"slope": "steepness", "intercept": 0.1}, lt.time_points(20), ("x", "y"))
        >>> task.output_features, task.numbers
        (('x', 'y'), ('steepness',))
        >>> x = lt.time_points(20)
        >>> lt.reproduce(lt.show(x[None] ** 2, x, ("y",))).sequence
        True
    """
    if not isinstance(curves, Family | str):
        for name, value in {"parameters": parameters, "x": x}.items():
            arguments.expect(value is None, name, "None, since the curves are given", value)
        sequences = _single_precision(curves, features)
        examples = partial(_constant, Examples(sequences, sequences))
        return Task(examples, features, features, sequence=True, batch=batch, reproduces=True)
    trained, points = _with_values(curves, parameters), _copied(x)
    features = _chosen("features", features, "x", "y")
    examples = partial(_of_family, trained, None, points, features, ())
    options: Any = {"batch": batch, "numbers": _numbers(trained.parameters), "trained": trained}
    return Task(examples, features, features, sequence=True, reproduces=True, **options)


def _constant(examples: Examples, *_: object) -> Examples:
    """Examples that do not depend on the key and the numbers."""
    return examples


def _single_precision(curves: CurveArray, features: Names) -> Float[Array, "C T F"]:
    """A copy of given curves; raises ValueError if they do not have these features."""
    array = arguments.array("curves", curves, "C T F", hint=", such as lt.show returns")
    if array.shape[2] != len(arguments.names("features", features)):
        raise arguments.refused("features", f"the names of the {array.shape[2]} features of the curves", features)
    return jnp.array(array, jnp.float32)


def predict_next(curves: CurveArray, features: Names, batch: int | None = None) -> Task:
    """Makes a task in which every seed learns to predict the next value of the same given curves at each time point.

    Networks see the first T - 1 time points, and their answers belong to the last T - 1.

    Args:
        curves: curves ``[C, T, F]`` of at least 2 time points, as `lt.show` makes them; they are copied.
        features: names of the F features, all different, such as ``("y",)``.
        batch: number of curves per step, a divisor of C; None: all curves at every step.

    Raises:
        ValueError: the curves are not finite numbers of this shape, or the features are not F different names.

    Example:
        >>> x = lt.time_points(20)
        >>> lt.predict_next(lt.show(x[None] ** 2, x, ("y",)), ("y",)).ahead
        1
    """
    sequences = _single_precision(curves, features)
    arguments.expect(sequences.shape[1] > 1, "curves", "curves of at least 2 time points", sequences)
    examples = Examples(sequences[:, :-1], sequences[:, 1:])
    return Task(partial(_constant, examples), features, features, sequence=True, batch=batch, ahead=1)


def read_off(
    family: Family | str,
    parameters: ParameterValues,
    output_features: Names,
    x: TimePoints,
    batch: int | None = None,
    *,
    draw: int | None = None,
) -> Task:
    """Makes a task in which every seed learns to read parameters off curves of a family, once per curve.

    Args:
        family: a `Family`, or the name of one in `lt.FAMILIES`: ``"line"``, ``"hill"`` or ``"sine"``.
        parameters: for each parameter of the family, one array ``[C]``, one number for all curves, or the name of a
            training number, whose value `lt.train` takes in ``numbers``. With ``draw`` instead a range: the lower end,
            which can be drawn, and the upper end, which cannot; an end may be the name of a training number, and
            parameters that are left out are drawn from their own ranges, see `Parameter`.
        output_features: names of the A parameters that networks answer, in this order.
        x: time points ``[T]``, such as `lt.time_points` returns. Networks are shown y alone.
        batch: number of curves per step, a divisor of their number; None: all curves at every step.
        draw: number of curves, C, that each seed draws for itself, once; None: all seeds learn the same curves.

    Raises:
        ValueError: the family has other parameters, or an argument is invalid.

    Example:
        >>> task = lt.read_off("line", {"slope": 0.2, "intercept": 0.5}, ("slope",), lt.time_points(20))
        >>> task.output_features, task.sequence
        (('slope',), False)
        >>> lt.read_off("line", {"slope": (-1.0, 1.0)}, ("slope",), lt.time_points(20), batch=10, draw=50).batch
        10
    """
    trained = _with_values(family, parameters) if draw is None else _with_ranges(family, parameters)
    x, numbers = _copied(x), _numbers(trained.parameters)
    output_features = _chosen("output_features", output_features, *family_of(family).names)
    count = None if draw is None else arguments.whole("draw", draw, least=1)
    examples = partial(_of_family, trained, count, x, ("y",), output_features)
    if draw is None and not numbers:
        examples = partial(_constant, examples(None, {}))  # Computed once, not by every network.
    return Task(examples, ("y",), output_features, sequence=False, batch=batch, numbers=numbers, trained=trained)


def _of_family(
    trained: Trained, count: int | None, x: TimePoints, features: Names, answered: Names, key: Any, numbers: Numbers
) -> Examples:
    """Curves of a family, and as targets their parameters ``answered``; without any, the curves themselves.

    With a ``count``, that many curves are drawn from the ranges of their parameters.
    """
    family = family_of(cast(Family | str, trained.family))
    parameters = {name: _with_numbers(value, numbers) for name, value in trained.parameters.items()}
    if count is not None:
        parameters = family.draw(key, count, parameters)
    inputs = show(family.curves(x, parameters), x, features)
    if not answered:
        return Examples(inputs, inputs)
    columns = [jnp.broadcast_to(jnp.asarray(parameters[name], inputs.dtype), len(inputs)) for name in answered]
    return Examples(inputs, jnp.stack(columns, axis=-1))


def _with_numbers(value: Any, numbers: Numbers) -> Any:
    """The value of a parameter, or the ends of its range, with training numbers in place of their names."""
    if isinstance(value, tuple):
        return tuple(_with_numbers(end, numbers) for end in value)
    return numbers[value] if isinstance(value, str) else value


def _numbers(parameters: ParameterValues) -> Names:
    """The names of training numbers among parameters and the ends of their ranges, each once."""
    names = dict[str, None]()
    for value in parameters.values():
        ends = value if isinstance(value, tuple) else (value,)
        names |= {end: None for end in ends if isinstance(end, str)}
    return (*names,)


def _with_values(family: Family | str, parameters: Any) -> Trained:
    """Describes curves whose parameters have values; raises ValueError if one has a range."""
    arguments.kinds(locals(), parameters=Mapping)
    for name, value in parameters.items():
        if isinstance(value, tuple):
            raise arguments.refused(name, "a number, an array, or a name; lt.read_off takes ranges with draw", value)
    return Trained(family, parameters)


def _with_ranges(family: Family | str, parameters: Any) -> Trained:
    """Describes curves whose parameters are drawn from ranges, by default their own; raises ValueError for another."""
    arguments.kinds(locals(), parameters=Mapping)
    for name, ends in parameters.items():
        arguments.expect(arguments.several(ends) and len(ends) == 2, name, "a range (low, high) with draw", ends)
    declared = {parameter.name: (parameter.low, parameter.high) for parameter in family_of(family).parameters}
    given = {name: (low, high) for name, (low, high) in parameters.items()}
    return Trained(family, declared | given)


def _copied(x: TimePoints | None) -> TimePoints:
    """A copy of time points that the caller cannot change afterwards."""
    return jnp.array(arguments.array("x", x, "T"))


def _chosen(name: str, value: Sequence[str], *options: str) -> Names:
    """Validates names that have to be among the options."""
    return tuple(arguments.choice(name, feature, *options) for feature in arguments.names(name, value, 1))
