"""Declarations of the parameters of families of curves, of the range of x, of training curves and of grids of curves.

Imports nothing heavy.

>>> lt.grids.LENGTH, lt.grids.SPACING
('length', 'spacing')
>>> lt.grids.Plane("line", (lt.grids.Axis(lt.grids.LENGTH, 100, 400, 4), "slope")).axes[0].values.tolist()
[100.0, 200.0, 300.0, 400.0]
>>> lt.grids.Plane("line", (lt.grids.SPACING, "slope")).axes
('spacing', 'slope')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments

LENGTH, SPACING = "length", "spacing"
"""Axes of grids that are not parameters of a family: the number of time points, and their distance in x."""

PARAMETER = "parameter_"
"""Prefix of the name of a parameter in labeled results, which have coordinates such as ``parameter_slope``."""

NUMBER = "train_"
"""Prefix of the name of a training number in flags, settings and coordinates."""

TRAINING, HISTORY = "training", "history"
"""Names of sources of claims: the training curves, also a node of results and a grid; and the records of a training."""

PART = "timesteps="
"""Prefix of the nodes of a sweep whose settings have different numbers of time points, which follow it."""


def label(name: str, unit: str, symbol: str = "") -> str:
    """The label of a quantity in tables and at axes."""
    return " ".join(filter(None, (name, symbol, unit and f"({unit})")))


@dataclass(frozen=True)
class Parameter:
    """A parameter of a family of curves: its name, its usual range and its unit.

    Attributes:
        name: an identifier, such as ``"slope"``, under which the family's function takes the parameter. It cannot be
            ``"length"`` or ``"spacing"``, which are other axes of grids.
        low: the smallest usual value. `lt.read_off` draws values from here, unless it gets another range.
        high: the end of the usual range, above ``low``. It is not drawn itself.
        symbol: what formulas and titles call the parameter, such as ``"λ"``; by default its name.
        unit: unit of the values, such as ``"1/s"``, which labels of axes append in parentheses; by default none.

    Raises:
        ValueError: the name cannot be used, or the range is empty.

    Example:
        >>> lt.Parameter("decay", 0.0, 3.0, symbol="λ", unit="1/s").label
        'decay λ (1/s)'
    """

    name: str
    low: float | int
    high: float | int
    symbol: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        arguments.fields(self, arguments.text, "name", "symbol", "unit", empty=True)
        arguments.fields(self, arguments.number, "low", "high")
        if not self.name.isidentifier():
            raise ValueError(f"invalid name of a parameter {self.name!r}: use letters, digits and _")
        if self.name in (LENGTH, SPACING):
            raise ValueError(f"invalid name of a parameter {self.name!r}: grids have another axis of this name")
        if not self.low < self.high:
            raise ValueError(f"the range of {self.name}, {self.low:g} to {self.high:g}, is empty")

    @property
    def words(self) -> str:
        """The name in sentences and tables."""
        return self.name.replace("_", " ")

    @property
    def short(self) -> str:
        """The name in formulas and titles."""
        return self.symbol or self.words

    @property
    def label(self) -> str:
        """The axis label: name, symbol and unit."""
        return label(self.words, self.unit, self.symbol)


@dataclass(frozen=True)
class Span:
    """The range of x that the time points of curves cover, and its label in figures.

    Attributes:
        start: the first time point, at most 1e6 in size.
        stop: the last time point, above ``start``. The range is 1e-6 to 1e6 long.
        unit: unit of x, such as ``"s"``; by default none. Delays, time constants and periods are reported in it.
        name: what x is called in figures, such as ``"time"``.

    Raises:
        ValueError: the range is empty, too long or too short, or an end is not a number.

    Example:
        >>> lt.Span(0, 5, unit="s", name="time").label
        'time (s)'
    """

    start: float | int = 0.0
    stop: float | int = 1.0
    unit: str = ""
    name: str = "x"

    def __post_init__(self) -> None:
        arguments.fields(self, arguments.number, "start", "stop")
        arguments.fields(self, arguments.text, "unit", "name", empty=True)
        if not self.start < self.stop:
            raise ValueError(f"x from {self.start:g} to {self.stop:g}: the end of a span must be above its start")
        if not 1e-6 <= self.length <= 1e6 or abs(self.start) > 1e6:
            raise ValueError(f"x from {self.start:g} to {self.stop:g}: a span is 1e-6 to 1e6 long and within 1e6 of 0")

    @property
    def length(self) -> float:
        """Last minus first time point."""
        return float(self.stop - self.start)

    @property
    def label(self) -> str:
        """The axis label: the name and unit of x."""
        return label(self.name, self.unit)


PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    "line": (Parameter("slope", 0.0, 1.0), Parameter("intercept", 0.0, 1.0)),
    "hill": (Parameter("height", 0.0, 0.5), Parameter("base", 0.0, 0.5)),
    "sine": (
        Parameter("amplitude", 0.0, 0.5, "A"),
        Parameter("frequency", 5.0, 60.0, "ω", "rad per x"),
        Parameter("phase", 0.0, 6.283185, "φ", "rad"),
        Parameter("offset", 0.0, 0.5),
    ),
}


def parameters_of(family: object) -> tuple[Parameter, ...]:
    """The parameters of a Family, or of the family of that name in `PARAMETERS`; raises ValueError for other names."""
    declared: tuple[Parameter, ...] | None = getattr(family, "parameters", None)
    if declared is not None:
        return declared
    if not isinstance(family, str) or family not in PARAMETERS:
        available = ", ".join(PARAMETERS)
        raise ValueError(f"unknown family {arguments.brief(family)}; available: {available}, or your own lt.Family")
    return PARAMETERS[family]


@dataclass(frozen=True)
class Axis:
    """Evenly spaced values along one axis of a `Plane`.

    Attributes:
        name: a parameter of the plane's family; or ``lt.grids.LENGTH``, the number of time points, or
            ``lt.grids.SPACING``, their distance in x.
        low: the first value, in the unit of the parameter; included.
        high: the last value, included. It equals ``low`` if there is a single value.
        count: number of values, K. Evaluation takes time in proportion to the product of both axes' counts.

    Raises:
        ValueError: there are too few values for both ends, or the first exceeds the last.

    Example:
        >>> lt.grids.Axis("slope", 0.0, 1.0, 5).values.tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    name: str
    low: float | int
    high: float | int
    count: int

    def __post_init__(self) -> None:
        arguments.fields(self, arguments.text, "name")
        arguments.fields(self, arguments.number, "low", "high")
        arguments.fields(self, arguments.whole, "count")
        if self.count < 1 or not self.low <= self.high or (self.count == 1 and self.low < self.high):
            values = f"{self.count:,} {'value' if self.count == 1 else 'values'} from {self.low:g} to {self.high:g}"
            raise ValueError(f"the axis {self.name} has {values}; it needs both ends, in ascending order")

    @property
    def values(self) -> jt.Float[np.ndarray, " K"]:
        """All values; lengths are whole numbers."""
        even = np.linspace(self.low, self.high, self.count)
        return np.round(even) if self.name == LENGTH else even


@dataclass(frozen=True)
class Plane:
    """Curves of one family at every pair of values of two axes.

    Attributes:
        family: a `Family`, or the name of one in `lt.FAMILIES`.
        axes: two different axes, each an `Axis` or a name, of which at least one is a parameter. The first is the
            dimension ``row`` of results, and maps draw it horizontally. The values of an axis that is only a name cover
            the training curves and more.
        at: values of other parameters, by name: a number, or the name of a parameter that has the same value.
            Parameters not listed are as in the training curves, or in the middle of their range.

    Raises:
        ValueError: an axis or a parameter is unknown, or both axes are the same, or neither is a parameter.

    Example:
        >>> plane = lt.grids.Plane("sine", (lt.grids.Axis("amplitude", 0.0, 0.5, 11), "frequency"), at={"offset": 0.3})
        >>> plane.axes[0].count, plane.axes[1]
        (11, 'frequency')
    """

    family: object
    axes: tuple[Axis | str, Axis | str]
    at: Mapping[str, float | int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parameters = [parameter.name for parameter in parameters_of(self.family)]
        if not isinstance(self.axes, tuple | list) or len(self.axes) != 2:
            raise ValueError(f"a plane must have two axes, each an Axis or a name, not {arguments.brief(self.axes)}")
        for axis in self.axes:
            arguments.instance("an axis", axis, Axis | str, "an Axis or a name")
        arguments.mapping("at", self.at, "numbers or names of parameters, by the names of parameters")
        axes = [axis if isinstance(axis, str) else axis.name for axis in self.axes]
        mentioned = [*self.at, *(value for value in self.at.values() if isinstance(value, str))]
        if unknown := [name for name in (*axes, *mentioned) if name not in (*parameters, LENGTH, SPACING)]:
            raise ValueError(
                f"a plane over {' and '.join(axes)}: there is no {unknown[0]!r}; "
                f"its family has {', '.join(parameters)}, and there are {LENGTH} and {SPACING}"
            )
        if axes[0] == axes[1] or set(axes) == {LENGTH, SPACING} or {LENGTH, SPACING} & {*mentioned}:
            raise ValueError(f"a plane over {' and '.join(axes)}: takes two different axes, one of them a parameter")


ParameterValue = float | int | str | np.ndarray | tuple[float | int | str, float | int | str]
"""A parameter of training curves: a number, the name of a training number, an array, or a range to draw it from."""


@dataclass(frozen=True)
class Trained:
    """A description of the curves that networks are trained on, to which evaluations of generalization refer.

    Attributes:
        family: a `Family`, or the name of one in `lt.FAMILIES`.
        parameters: for each parameter of the family, by name: a number for all curves, an array ``[C]``, the name of a
            training number, or the ends ``(low, high)`` of a range from which every seed draws its curves. An end may
            be the name of a training number.

    Raises:
        ValueError: the family has other parameters, or a value is invalid.

    Example:
        >>> trained = lt.grids.Trained("line", {"slope": "slope", "intercept": (0.0, 1.0)})
        >>> trained.ranges({"slope": 0.3})
        {'slope': (0.3, 0.3), 'intercept': (0.0, 1.0)}
    """

    family: object
    parameters: Mapping[str, ParameterValue | jt.Float[jt.Array, "*C"]]

    def __post_init__(self) -> None:
        names = [parameter.name for parameter in parameters_of(self.family)]
        arguments.mapping("parameters", self.parameters, "numbers, arrays or names of training numbers, by parameter")
        if set(self.parameters) != set(names):
            raise ValueError(f"this family takes the parameters {sorted(names)}, not {sorted(self.parameters)}")
        object.__setattr__(self, "parameters", {name: _plain(name, value) for name, value in self.parameters.items()})

    @property
    def declared(self) -> tuple[Parameter, ...]:
        """The parameters of the family."""
        return parameters_of(self.family)

    @property
    def equal(self) -> dict[str, str]:
        """Parameters that equal an earlier parameter in every training curve, with its name."""
        names: dict[str | bytes, str] = {}
        equals = {}
        for parameter in self.declared:
            value = self.parameters[parameter.name]
            if isinstance(value, str | np.ndarray):
                earlier = names.setdefault(value if isinstance(value, str) else value.tobytes(), parameter.name)
                if earlier != parameter.name:
                    equals[parameter.name] = earlier
        return equals

    def same(self, other: Trained) -> bool:
        """Whether two describe the same curves."""
        mine, theirs = self.parameters, other.parameters
        equal = (type(mine[name]) is type(theirs[name]) and np.array_equal(mine[name], theirs[name]) for name in mine)
        return self.family == other.family and all(equal)

    def ranges(self, numbers: Mapping[str, float | int]) -> dict[str, tuple[float, float]]:
        """The lowest and the highest value of each parameter, with these training numbers."""

        def ends(values: Any) -> tuple[float, float]:
            several = values if isinstance(values, tuple | np.ndarray) else (values,)
            resolved = [float(numbers[value] if isinstance(value, str) else value) for value in several]
            return min(resolved), max(resolved)

        return {name: ends(values) for name, values in self.parameters.items()}

    def table(self, numbers: Mapping[str, float | int], drawn: int) -> dict[str, tuple[float, ...]]:
        """The parameters of the training curves; ``drawn`` values from the same ranges if networks draw them."""
        ranges, random, parameters = self.ranges(numbers), np.random.default_rng(0), self.parameters
        counts = [len(values) for values in parameters.values() if isinstance(values, np.ndarray)]
        count = max([*counts, drawn if any(isinstance(values, tuple) for values in parameters.values()) else 1])

        def column(name: str, values: Any) -> np.ndarray:
            if isinstance(values, tuple):
                return random.uniform(*ranges[name], count)
            return np.broadcast_to(values if isinstance(values, np.ndarray) else ranges[name][0], count)

        return {name: tuple(column(name, values).tolist()) for name, values in parameters.items()}


def _plain(name: str, value: ParameterValue | jt.Float[jt.Array, "*C"]) -> ParameterValue:
    if isinstance(value, str):
        return arguments.text(name, value)
    if not isinstance(value, tuple):
        values: ParameterValue = arguments.numbers(name, value, "C")
        return np.array(values, float) if arguments.several(values) else values
    arguments.expect(len(value) == 2, name, "a range (low, high)", value)
    low, high = (arguments.text(name, end) if isinstance(end, str) else arguments.number(name, end) for end in value)
    if not isinstance(low, str) and not isinstance(high, str) and low > high:
        raise arguments.refused(name, "a range whose lower end is below its upper end", value)
    return low, high
