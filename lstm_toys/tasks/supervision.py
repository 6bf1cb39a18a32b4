"""Tasks: how curves are shown to a network and what it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from lstm_toys.tasks.families import Ends, Family, family_of
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


@dataclass(frozen=True)
class Task:
    """A training set for every seed.

    Attributes:
        examples: pure function from a seed's own key and the training numbers by name to the seed's training set; it is
            traced into the program that initializes a network.
        shown: names of the features of an input.
        asked: names of the features of an answer.
        sequence: whether there is an answer at every time point, or one for the whole curve.
        batch: curves in a step, a divisor of their number; None: all.
        numbers: names of the training numbers that the examples use.
        trained: which curves of a family are trained on, if that can be said.
        ahead: by how many time points answers are ahead of what is shown: 1, where each is to be the next value. Time
            points are then those that answers are about.

    Example:
        Asks for the curve upside down:

        >>> import lstm_toys as lt
        >>> curves = lt.show(lt.time_points(20)[None], lt.time_points(20), ("y",))
        >>> lt.Task(lambda key, numbers: lt.Examples(curves, 1 - curves), ("y",), ("y",), sequence=True).asked
        ('y',)
    """

    examples: Callable[[Key[Array, ""], Numbers], Examples]
    shown: tuple[str, ...]
    asked: tuple[str, ...]
    sequence: bool
    batch: int | None = None
    numbers: tuple[str, ...] = ()
    trained: Trained | None = None
    ahead: int = 0

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes of one answer in labeled arrays."""
        return ("time", "feature") if self.sequence else ("asked",)


def show(curves: Float[Array, "C T"], x: Float[Array, " T"], features: Sequence[str]) -> Float[Array, "C T F"]:
    """Curves as a network sees them.

    Args:
        curves: their y.
        x: time points.
        features: ``("y",)``, or ``("x", "y")``.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.show(x[None] ** 2, x, ("x", "y")).shape
        (1, 20, 2)
    """
    columns = {"x": jnp.broadcast_to(x[None, :], curves.shape), "y": curves}
    return jnp.stack([columns[name] for name in features], axis=-1)


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
        ValueError: the family has other parameters.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": "steepness", "intercept": 0.1}, lt.time_points(20), ("x", "y"))
        >>> task.shown, task.asked, task.numbers
        (('x', 'y'), ('x', 'y'), ('steepness',))
    """
    trained = Trained(family, parameters)

    def examples(_: Key[Array, ""], numbers: Numbers) -> Examples:
        curves = family_of(family).curves(x, {name: _value(told, numbers) for name, told in parameters.items()})
        shown = show(curves, x, features)
        return Examples(shown, shown)

    return Task(examples, features, features, sequence=True, batch=batch, numbers=_named(parameters), trained=trained)


Given = Float[Array, "C T F"] | Float[np.ndarray, "C T F"]


def reproduce_curves(curves: Given, features: tuple[str, ...], batch: int | None = None) -> Task:
    """Sequence to sequence: every seed is shown these curves and asked to return them.

    Args:
        curves: ``[C, T, F]``, as `show` makes them.
        features: names of the F features.
        batch: curves in a step.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.reproduce_curves(lt.show(x[None] ** 2, x, ("y",)), ("y",)).sequence
        True
    """
    same = jnp.asarray(curves, jnp.float32)
    return Task(lambda *_: Examples(same, same), features, features, sequence=True, batch=batch)


def predict_next(curves: Given, features: tuple[str, ...], batch: int | None = None) -> Task:
    """Sequence to sequence: every seed is shown these curves and asked at each time point for the value after it.

    Args:
        curves: ``[C, T, F]``, of which T - 1 time points are shown.
        features: names of the F features.
        batch: curves in a step.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.predict_next(lt.show(x[None] ** 2, x, ("y",)), ("y",)).ahead
        1
    """
    every = jnp.asarray(curves, jnp.float32)
    shown, after = every[:, :-1], every[:, 1:]
    return Task(lambda *_: Examples(shown, after), features, features, sequence=True, batch=batch, ahead=1)


def answer_curves(
    curves: Given,
    targets: Float[Array, "C A"] | Float[np.ndarray, "C A"],
    features: tuple[str, ...],
    asked: tuple[str, ...],
    batch: int | None = None,
) -> Task:
    """Sequence to vector: every seed is shown these curves and asked for numbers of each as a whole.

    Args:
        curves: ``[C, T, F]``.
        targets: ``[C, A]``.
        features: names of the F features.
        asked: names of the A numbers.
        batch: curves in a step.
    """
    same = Examples(jnp.asarray(curves, jnp.float32), jnp.asarray(targets, jnp.float32))
    return Task(lambda *_: same, features, asked, sequence=False, batch=batch)


def read_off(
    family: Family | str, parameters: Stated, asked: tuple[str, ...], x: Float[Array, " T"], batch: int | None = None
) -> Task:
    """Sequence to vector: every seed is shown the same curves and asked for their parameters.

    Args:
        family: which, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        parameters: of the curves, for each one array ``[C]``, one number for all curves, or the name of a training
            number.
        asked: which parameters.
        x: time points.
        batch: curves in a step.

    Raises:
        ValueError: the family has other parameters.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> lines = {"slope": np.array([0.1, 0.2]), "intercept": 0.5}
        >>> task = lt.read_off("line", lines, ("slope",), lt.time_points(20))
        >>> task.asked, task.sequence
        (('slope',), False)
    """
    trained, numbers = Trained(family, parameters), _named(parameters)

    def examples(numbers: Numbers) -> Examples:
        values = {name: _value(told, numbers) for name, told in parameters.items()}
        curves = show(family_of(family).curves(x, values), x, ("y",))
        columns = [jnp.broadcast_to(jnp.asarray(values[name], x.dtype), len(curves)) for name in asked]
        return Examples(curves, jnp.stack(columns, axis=-1))

    same = None if numbers else examples({})  # Computed once, not by every network.
    return Task(
        lambda _, numbers: same or examples(numbers),
        ("y",),
        asked,
        sequence=False,
        batch=batch,
        numbers=numbers,
        trained=trained,
    )


def read_off_drawn(
    family: Family | str,
    count: int,
    ranges: Mapping[str, tuple[float | int | str, float | int | str]],
    asked: tuple[str, ...],
    x: Float[Array, " T"],
    batch: int | None = None,
) -> Task:
    """Sequence to vector: every seed draws curves of its own and is asked for their parameters.

    Args:
        family: which, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        count: curves that a seed draws.
        ranges: the half-open interval of each parameter that is not to be drawn from the family's own; an end may be
            the name of a training number.
        asked: which parameters.
        x: time points.
        batch: curves in a step.

    Raises:
        ValueError: the family has no such parameter.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.read_off_drawn("line", 50, {"slope": (-1.0, 1.0)}, ("slope",), lt.time_points(20), batch=10)
        >>> task.batch
        10
    """
    own: dict[str, Told] = {each.name: (each.low, each.high) for each in family_of(family).parameters}
    trained = Trained(family, {**own, **ranges})

    def examples(key: Key[Array, ""], numbers: Numbers) -> Examples:
        intervals: dict[str, Ends] = {
            name: (_end(low, numbers), _end(high, numbers)) for name, (low, high) in ranges.items()
        }
        parameters = family_of(family).draw(key, count, intervals)
        curves = family_of(family).curves(x, parameters)
        return Examples(show(curves, x, ("y",)), jnp.stack([parameters[name] for name in asked], axis=-1))

    return Task(examples, ("y",), asked, sequence=False, batch=batch, numbers=_named(ranges), trained=trained)


def _named(parameters: Stated) -> tuple[str, ...]:
    """The training numbers that parameters name, each once."""
    ends = [end for told in parameters.values() for end in (told if isinstance(told, tuple) else (told,))]
    return tuple(dict.fromkeys(end for end in ends if isinstance(end, str)))


def _value(
    told: Told | Float[Array, "*C"], numbers: Numbers
) -> Float[Array, "*C"] | Float[np.ndarray, "*C"] | float | int:
    """A parameter of training curves."""
    if isinstance(told, tuple):
        raise ValueError("a range is for curves that are drawn: lt.read_off_drawn")
    return numbers[told] if isinstance(told, str) else told


def _end(end: float | int | str, numbers: Numbers) -> Float[Array, ""] | float:
    """An end of a range that is drawn from."""
    return numbers[end] if isinstance(end, str) else end
