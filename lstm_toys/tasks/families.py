"""Families of curves: pure functions of their parameters and x.

>>> lt.FAMILIES["line"].curves(lt.time_points(3), {"slope": 2.0, "intercept": 1.0}).tolist()
[[1.0, 2.0, 3.0]]
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from lstm_toys import arguments
from lstm_toys.tasks.parameters import PARAMETERS, Parameter, Span, parameters_of

TimePoints = Float[Array, " T"]
Curve = Float[Array, " T"]
Scalar = Float[Array, ""]
Parameters = Mapping[str, Float[Array, " C"] | Scalar | Float[np.ndarray, " C"] | float | int]
Ends = tuple[Scalar | float | int, Scalar | float | int]
Ranges = Mapping[str, Ends]


def line(x: TimePoints, slope: Scalar, intercept: Scalar) -> Curve:
    """``slope * x + intercept``."""
    return slope * x + intercept


def hill(x: TimePoints, height: Scalar, base: Scalar) -> Curve:
    """``base + height * sin(pi * x)``: one half-wave over x in [0, 1]."""
    return base + height * jnp.sin(jnp.pi * x)


def sine(x: TimePoints, amplitude: Scalar, frequency: Scalar, phase: Scalar, offset: Scalar) -> Curve:
    """``offset + amplitude * sin(frequency * x + phase)``: frequency in radians per unit of x, phase in radians."""
    return offset + amplitude * jnp.sin(frequency * x + phase)


@dataclass(frozen=True)
class Family:
    """A parametrized family of functions of x.

    Attributes:
        function: function of time points ``[T]`` and of one scalar per parameter, by name, that returns a curve
            ``[T]``. It has to consist of operations of `jax.numpy`, since curves are computed within compiled programs.
        parameters: the parameters that the function takes in addition to x, as a tuple.

    Raises:
        ValueError: the function does not take x and these parameters.

    Example:
        >>> parabola = lt.Family(lambda x, bend: bend * x**2, (lt.Parameter("bend", 0.0, 1.0),))
        >>> parabola.curves(lt.time_points(3), {"bend": 4.0}).tolist()
        [[0.0, 1.0, 4.0]]
    """

    function: Callable[..., Curve]
    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        arguments.function("function", self.function, "a function of x and the parameters")
        arguments.fields(self, arguments.instances, "parameters", kind=Parameter, expected="a tuple of Parameters")
        arguments.names("the names of parameters", self.names)
        try:
            inspect.signature(self.function).bind(None, **dict.fromkeys(self.names))
        except TypeError as error:
            raise ValueError(f"function must take x and {', '.join(self.names) or 'nothing else'}: {error}") from None
        except ValueError:  # Some functions have no signature.
            pass

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def curves(self, x: TimePoints, parameters: Parameters) -> Float[Array, "C T"]:
        """Samples one curve per row of a table of parameters.

        Args:
            x: time points ``[T]``, such as `lt.time_points` returns.
            parameters: for each parameter, by name, one array ``[C]``, or one number for all curves.

        Returns:
            Curves ``[C, T]``; a single one if all parameters are numbers.

        Raises:
            ValueError: a parameter is missing, unknown or invalid, or the function does not return a curve.
        """
        arguments.kinds(locals(), parameters=Mapping)
        x = jnp.asarray(arguments.array("x", x, "T"))
        if set(parameters) != set(self.names):
            raise ValueError(f"this family takes the parameters {sorted(self.names)}, not {sorted(parameters)}")
        values = [arguments.numbers(name, value, "C") for name, value in parameters.items()]
        columns = jnp.broadcast_arrays(*(jnp.atleast_1d(jnp.asarray(p, x.dtype)) for p in values))

        def one(row: dict[str, Scalar]) -> Curve:
            curve = jnp.asarray(self.function(x, **row))
            return arguments.array("what the function of the family returns", curve, str(len(x)))

        return jax.vmap(one)(dict(zip(parameters, columns, strict=True)))

    def draw(self, key: Key[Array, ""], count: int, ranges: Ranges | None = None) -> dict[str, Float[Array, " C"]]:
        """Draws a table of parameters, one array ``[C]`` each, from uniform distributions.

        Args:
            key: a random key of JAX; the same key gives the same table.
            count: number of curves, C.
            ranges: by parameter, a lower end, which can be drawn, and an upper end, which cannot. Other parameters are
                drawn from their own ranges; see `Parameter`. None: all are.

        Raises:
            ValueError: the family has no parameter of a name in ``ranges``.
        """
        arguments.kinds(locals(), ranges=Mapping | None)
        count = arguments.whole("count", count, least=1)
        declared = {parameter.name: (parameter.low, parameter.high) for parameter in self.parameters}
        intervals = declared | dict(ranges or {})
        if unknown := set(intervals) - set(self.names):
            raise ValueError(f"this family has the parameters {sorted(self.names)}, not {sorted(unknown)}")
        keys = dict(zip(sorted(intervals), jax.random.split(key, len(intervals)), strict=True))
        return {
            name: jax.random.uniform(keys[name], (count,), minval=low, maxval=high)
            for name, (low, high) in intervals.items()
        }


FAMILIES = {
    name: Family(function, PARAMETERS[name]) for name, function in (("line", line), ("hill", hill), ("sine", sine))
}


def family_of(family: Family | str) -> Family:
    """Returns a family, or looks up its name in `FAMILIES`; raises ValueError if the name is unknown."""
    if isinstance(family, Family):
        return family
    parameters_of(family)
    return FAMILIES[family]


def time_points(count: int, span: Span | None = None) -> TimePoints:
    """Returns evenly spaced time points, including both ends of a range.

    Args:
        count: number of time points, T, at least 2. A network takes one step per point, so training time grows with it.
        span: range of x; None: from 0 to 1.

    Returns:
        An array ``[T]`` in single precision.

    Raises:
        ValueError: ``count`` is not a whole number of at least 2.

    Example:
        >>> lt.time_points(3, lt.Span(0, 5)).tolist()
        [0.0, 2.5, 5.0]
    """
    arguments.kinds(locals(), span=Span | None)
    span = Span() if span is None else span
    return jnp.linspace(span.start, span.stop, arguments.whole("count", count, least=2))
