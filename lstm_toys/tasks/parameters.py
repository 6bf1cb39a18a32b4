"""Declarations of the parameters of families of curves, and of the range of x. Imports nothing heavy.

>>> lt.grids.LENGTH, lt.grids.SPACING
('length', 'spacing')
"""

from dataclasses import dataclass

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
