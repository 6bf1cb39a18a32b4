"""Families of curves: pure functions of parameters and x, and how to draw their parameters.

>>> import lstm_toys as lt
>>> lt.FAMILIES["line"].curves(lt.time_points(3), {"slope": 2.0, "intercept": 1.0}).tolist()
[[1.0, 2.0, 3.0]]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

Parameters = Mapping[str, Float[Array, " C"] | Float[np.ndarray, " C"] | float]
Ranges = Mapping[str, tuple[float, float]]

TimePoints = Float[Array, " T"]


def line(x: Float[Array, " T"], slope: Float[Array, ""], intercept: Float[Array, ""]) -> Float[Array, " T"]:
    """``slope * x + intercept``."""
    return slope * x + intercept


def hill(x: Float[Array, " T"], height: Float[Array, ""], base: Float[Array, ""]) -> Float[Array, " T"]:
    """``base + height * sin(pi * x)``: one half-wave over x in [0, 1]."""
    return base + height * jnp.sin(jnp.pi * x)


def sine(
    x: Float[Array, " T"],
    amplitude: Float[Array, ""],
    frequency: Float[Array, ""],
    phase: Float[Array, ""],
    offset: Float[Array, ""],
) -> Float[Array, " T"]:
    """``offset + amplitude * sin(frequency * x + phase)``: frequency in radians per unit of x, phase in radians."""
    return offset + amplitude * jnp.sin(frequency * x + phase)


@dataclass(frozen=True)
class Family:
    """A parametrized set of functions of x.

    Attributes:
        function: from the time points ``[T]`` and one scalar a parameter to one curve ``[T]``.
        ranges: the half-open interval that each parameter is drawn from, uniformly, unless the caller gives others.

    Example:
        >>> import lstm_toys as lt
        >>> parabola = lt.Family(lambda x, bend: bend * x**2, {"bend": (0.0, 1.0)})
        >>> parabola.curves(lt.time_points(3), {"bend": 4.0}).tolist()
        [[0.0, 1.0, 4.0]]
    """

    function: Callable[..., Float[Array, " T"]]
    ranges: Ranges

    def curves(self, x: Float[Array, " T"], parameters: Parameters) -> Float[Array, "C T"]:
        """Samples one curve for each row of a table of parameters.

        Args:
            x: time points ``[T]``.
            parameters: one array ``[C]``, or one number for all curves, for each parameter of the family.

        Raises:
            ValueError: a parameter is missing or unknown.
        """
        if set(parameters) != set(self.ranges):
            raise ValueError(f"this family takes the parameters {sorted(self.ranges)}, not {sorted(parameters)}")
        columns = jnp.broadcast_arrays(*(jnp.atleast_1d(jnp.asarray(p, x.dtype)) for p in parameters.values()))
        return jax.vmap(lambda row: self.function(x, **row))(dict(zip(parameters, columns, strict=True)))

    def draw(self, key: Key[Array, ""], count: int, ranges: Ranges | None = None) -> dict[str, Float[Array, " C"]]:
        """Draws a table of parameters.

        Args:
            key: a PRNG key.
            count: number of rows C.
            ranges: intervals that replace the family's own, by parameter.

        Returns:
            One array ``[C]`` for each parameter.

        Raises:
            ValueError: a range is given for a parameter that the family does not have.
        """
        unknown = set(ranges or {}) - set(self.ranges)
        if unknown:
            raise ValueError(f"this family has the parameters {sorted(self.ranges)}, not {sorted(unknown)}")
        intervals = {**self.ranges, **(ranges or {})}
        keys = dict(zip(sorted(intervals), jax.random.split(key, len(intervals)), strict=True))
        return {
            name: jax.random.uniform(keys[name], (count,), minval=low, maxval=high)
            for name, (low, high) in intervals.items()
        }


FAMILIES = {
    "line": Family(line, {"slope": (0.0, 1.0), "intercept": (0.0, 1.0)}),
    "hill": Family(hill, {"height": (0.0, 0.5), "base": (0.0, 0.5)}),
    "sine": Family(
        sine, {"amplitude": (0.0, 0.5), "frequency": (5.0, 60.0), "phase": (0.0, 6.283185), "offset": (0.0, 0.5)}
    ),
}


def time_points(count: int) -> Float[Array, " T"]:
    """``count`` evenly spaced points from 0 to 1, both included.

    Raises:
        ValueError: fewer than two points.

    Example:
        >>> import lstm_toys as lt
        >>> lt.time_points(3).tolist()
        [0.0, 0.5, 1.0]
    """
    if count < 2:
        raise ValueError(f"a curve needs at least 2 time points, not {count}")
    return jnp.linspace(0.0, 1.0, count)
