"""Grids of curves that networks can be shown, and which curves they were trained on. Imports nothing heavy.

>>> import lstm_toys as lt
>>> longer = lt.Plane("line", (lt.Axis(lt.LENGTH, 100, 400, 4), "slope"))
>>> finer = lt.Plane("line", (lt.SPACING, "slope"))
>>> longer.axes[0].values.tolist(), finer.axes
([100.0, 200.0, 300.0, 400.0], ('spacing', 'slope'))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments
from lstm_toys.tasks.parameters import Parameter, parameters_of

LENGTH, SPACING = "length", "spacing"
"""Axes that are no parameters of a family: the number of time points, and the x between two of them."""


@dataclass(frozen=True)
class Axis:
    """Evenly spaced values of one parameter.

    Attributes:
        name: of a parameter of the family, or `LENGTH` or `SPACING`.
        low: the first value.
        high: the last one.
        count: how many.

    Raises:
        ValueError: there is no value, or the first is above the last.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Axis("slope", -1.0, 1.0, 5).values.tolist()
        [-1.0, -0.5, 0.0, 0.5, 1.0]
    """

    name: str
    low: float | int
    high: float | int
    count: int

    def __post_init__(self) -> None:
        arguments.text("name", self.name)
        for name in ("low", "high"):
            object.__setattr__(self, name, arguments.number(name, getattr(self, name)))
        object.__setattr__(self, "count", arguments.whole("count", self.count))
        if self.count < 1 or not self.low <= self.high:
            told = f"{self.count} values from {self.low:g} to {self.high:g}"
            raise ValueError(f"the axis {self.name} has {told}; it takes at least one, from a lower to a higher one")

    @property
    def values(self) -> jt.Float[np.ndarray, " K"]:
        """All of them; lengths are whole numbers."""
        even = np.linspace(self.low, self.high, self.count)
        return np.round(even) if self.name == LENGTH else even


@dataclass(frozen=True)
class Plane:
    """Curves of one family at every pair of values of two axes.

    Attributes:
        family: a Family, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        axes: that of the rows of results first, which maps draw horizontally; where an axis is given by its name alone,
            its values are chosen by what was trained on.
        at: further parameters: a number, or the name of the parameter that they equal; those that are not here are as
            in the training curves, or in the middle of their range.

    Raises:
        ValueError: it has not two axes.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Plane("line", (lt.Axis("slope", -1.0, 1.0, 33), "intercept")).family
        'line'
    """

    family: object
    axes: tuple[Axis | str, Axis | str]
    at: Mapping[str, float | int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.axes, tuple | list) or len(self.axes) != 2:
            raise ValueError(f"a plane has two axes, each an Axis or a name, and not {self.axes!r}")
        for axis in self.axes:
            arguments.instance("an axis", axis, Axis | str, "an Axis or a name")
        arguments.mapping("at", self.at, "numbers or names of parameters, by the names of parameters")


Told = float | int | str | np.ndarray | tuple[float | int | str, float | int | str]
"""What is told of a parameter of training curves: one number, the name of a training number that it is, one number a
curve, or the range that it is drawn from."""


@dataclass(frozen=True)
class Trained:
    """Which curves of a family networks are trained on.

    Attributes:
        family: a Family, or the name of one in `lstm_toys.tasks.families.FAMILIES`.
        parameters: all of the family.

    Example:
        >>> import lstm_toys as lt
        >>> trained = lt.Trained("line", {"slope": "slope", "intercept": (0.0, 1.0)})
        >>> trained.ranges({"slope": 0.3})
        {'slope': (0.3, 0.3), 'intercept': (0.0, 1.0)}
    """

    family: object
    parameters: Mapping[str, Told | jt.Float[jt.Array, "*C"]]

    def __post_init__(self) -> None:
        names = [each.name for each in parameters_of(self.family)]
        arguments.mapping("parameters", self.parameters, "numbers, arrays or names of training numbers, by parameter")
        if set(self.parameters) != set(names):
            raise ValueError(f"this family takes the parameters {sorted(names)}, not {sorted(self.parameters)}")
        object.__setattr__(self, "parameters", {name: _plain(name, told) for name, told in self.parameters.items()})

    def __repr__(self) -> str:
        return arguments.line(self, family=self.family, **self.parameters)

    @property
    def declared(self) -> tuple[Parameter, ...]:
        """The parameters of the family."""
        return parameters_of(self.family)

    @property
    def equal(self) -> dict[str, str]:
        """Parameters that equal an earlier one in every training curve, with that one."""
        found: dict[str, str] = {}
        for index, later in enumerate(self.declared):
            told = self.parameters[later.name]
            for earlier in self.declared[:index]:
                other = self.parameters[earlier.name]
                named = isinstance(told, str) and told == other
                listed = isinstance(told, np.ndarray) and isinstance(other, np.ndarray) and np.array_equal(told, other)
                if (named or listed) and earlier.name not in found:
                    found[later.name] = earlier.name
                    break
        return found

    def same(self, other: Trained) -> bool:
        """Whether two tell of the same curves."""
        mine, theirs = self.parameters, other.parameters
        equal = (type(mine[name]) is type(theirs[name]) and np.array_equal(mine[name], theirs[name]) for name in mine)
        return self.family == other.family and all(equal)

    def ranges(self, numbers: Mapping[str, float | int]) -> dict[str, tuple[float, float]]:
        """The least and the largest value of each parameter.

        Args:
            numbers: the training numbers, by name.
        """

        def ends(told: Told | jt.Float[jt.Array, "*C"]) -> tuple[float, float]:
            if isinstance(told, float | int | str):
                return value(told), value(told)
            if isinstance(told, tuple):
                return value(told[0]), value(told[1])
            return float(told.min()), float(told.max())

        def value(end: float | int | str) -> float:
            return float(numbers[end]) if isinstance(end, str) else float(end)

        return {name: ends(told) for name, told in self.parameters.items()}

    def table(self, numbers: Mapping[str, float | int], drawn: int) -> dict[str, tuple[float, ...]]:
        """The parameters of the training curves; where they are drawn, of so many others from the same ranges.

        Args:
            numbers: the training numbers, by name.
            drawn: curves, where each network draws its own.
        """
        ranges, random = self.ranges(numbers), np.random.default_rng(0)
        counts = [len(told) for told in self.parameters.values() if isinstance(told, np.ndarray)]
        count = max([*counts, drawn if any(isinstance(each, tuple) for each in self.parameters.values()) else 1])
        return {
            name: tuple(
                np.broadcast_to(told, count).tolist()
                if isinstance(told, np.ndarray)
                else random.uniform(*ranges[name], count).tolist()
                if isinstance(told, tuple)
                else [ranges[name][0]] * count
            )
            for name, told in self.parameters.items()
        }


def _plain(name: str, told: Told | jt.Float[jt.Array, "*C"]) -> Told:
    """What is told of a parameter, as Python and NumPy have it.

    Raises:
        ValueError: it is none of what `Told` may be; numbers are finite, and a range is from a lower end to a higher.
    """
    if isinstance(told, str):
        return arguments.text(name, told)
    if not isinstance(told, tuple):
        held: Told = arguments.numbers(name, told, "C")
        return np.array(held, float) if arguments.several(held) else held
    if len(told) != 2:
        raise arguments.refused(name, "a range (low, high)", told)
    low, high = (arguments.text(name, end) if isinstance(end, str) else arguments.number(name, end) for end in told)
    if not isinstance(low, str) and not isinstance(high, str) and low > high:
        raise arguments.refused(name, "a range from a lower end to a higher one", told)
    return low, high
