"""Tasks: how curves are shown to a network and what it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from lstm_toys.tasks.families import FAMILIES, Parameters, Ranges


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
        examples: pure function from a seed's own key and an amplitude of training curves, which a task may ignore, to
            the seed's training set; it is traced into the program that initializes a network.
        shown: names of the features of an input.
        asked: names of the features of an answer.
        sequence: whether there is an answer at every time point, or one for the whole curve.
        batch: curves in a step, a divisor of their number; None: all.

    Example:
        Asks for the curve upside down:

        >>> import lstm_toys as lt
        >>> curves = lt.show(lt.time_points(20)[None], lt.time_points(20), ("y",))
        >>> lt.Task(lambda key, amplitude: lt.Examples(curves, 1 - curves), ("y",), ("y",), sequence=True).asked
        ('y',)
    """

    examples: Callable[[Key[Array, ""], Float[Array, ""]], Examples]
    shown: tuple[str, ...]
    asked: tuple[str, ...]
    sequence: bool
    batch: int | None = None

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
    family: str,
    parameters: Parameters,
    x: Float[Array, " T"],
    features: tuple[str, ...] = ("y",),
    amplitudes: tuple[str, ...] = (),
) -> Task:
    """Sequence to sequence: every seed is shown curves of a family and asked to return them.

    Args:
        family: a name in `lstm_toys.tasks.families.FAMILIES`.
        parameters: of the curves, one array ``[C]`` or one number for all curves each.
        x: time points.
        features: what is shown and asked of a curve.
        amplitudes: further parameters, all of which are the amplitude of the training curves.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, lt.time_points(20), ("x", "y"))
        >>> task.shown, task.asked
        (('x', 'y'), ('x', 'y'))
    """

    def examples(_: Key[Array, ""], amplitude: Float[Array, ""]) -> Examples:
        curves = FAMILIES[family].curves(x, {**parameters, **dict.fromkeys(amplitudes, amplitude)})
        shown = show(curves, x, features)
        return Examples(shown, shown)

    return Task(examples, features, features, sequence=True)


def reproduce_curves(curves: Float[Array, "C T F"], features: tuple[str, ...]) -> Task:
    """Sequence to sequence: every seed is shown these curves and asked to return them.

    Args:
        curves: ``[C, T, F]``, as `show` makes them.
        features: names of the F features.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> lt.reproduce_curves(lt.show(x[None] ** 2, x, ("y",)), ("y",)).sequence
        True
    """
    return Task(lambda *_: Examples(curves, curves), features, features, sequence=True)


def read_off(
    family: str, parameters: Parameters, asked: tuple[str, ...], x: Float[Array, " T"], batch: int | None = None
) -> Task:
    """Sequence to vector: every seed is shown the same curves and asked for their parameters.

    Args:
        family: a name in `lstm_toys.tasks.families.FAMILIES`.
        parameters: of the curves, one array ``[C]`` or one number for all curves each.
        asked: which parameters.
        x: time points.
        batch: curves in a step.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> lines = {"slope": np.array([0.1, 0.2]), "intercept": 0.5}
        >>> task = lt.read_off("line", lines, ("slope",), lt.time_points(20))
        >>> task.asked, task.sequence
        (('slope',), False)
    """
    curves = show(FAMILIES[family].curves(x, parameters), x, ("y",))
    targets = jnp.stack([jnp.broadcast_to(jnp.asarray(parameters[name]), len(curves)) for name in asked], axis=-1)
    return Task(lambda *_: Examples(curves, targets.astype(x.dtype)), ("y",), asked, sequence=False, batch=batch)


def read_off_drawn(
    family: str, count: int, ranges: Ranges, asked: tuple[str, ...], x: Float[Array, " T"], batch: int | None = None
) -> Task:
    """Sequence to vector: every seed draws curves of its own and is asked for their parameters.

    Args:
        family: a name in `lstm_toys.tasks.families.FAMILIES`.
        count: curves that a seed draws.
        ranges: the half-open interval of each parameter that is not to be drawn from the family's own.
        asked: which parameters.
        x: time points.
        batch: curves in a step.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.read_off_drawn("line", 50, {"slope": (-1.0, 1.0)}, ("slope",), lt.time_points(20), batch=10)
        >>> task.batch
        10
    """

    def examples(key: Key[Array, ""], _: Float[Array, ""]) -> Examples:
        parameters = FAMILIES[family].draw(key, count, ranges)
        curves = FAMILIES[family].curves(x, parameters)
        return Examples(show(curves, x, ("y",)), jnp.stack([parameters[name] for name in asked], axis=-1))

    return Task(examples, ("y",), asked, sequence=False, batch=batch)
