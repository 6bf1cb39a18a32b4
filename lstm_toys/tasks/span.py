"""The range of x that curves cover. Imports nothing heavy."""

from dataclasses import dataclass

from lstm_toys import arguments


@dataclass(frozen=True)
class Span:
    """The range of x that the time points of curves cover, and its label in figures.

    Attributes:
        unit: unit of x; empty if there is none.
        name: name of x along the axes of figures.

    Raises:
        ValueError: the range is empty, too long or too short, or an end is not a number.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Span(0, 5, unit="s", name="time").label
        'time (s)'
    """

    start: float | int = 0.0
    stop: float | int = 1.0
    unit: str = ""
    name: str = "x"

    def __post_init__(self) -> None:
        for name in ("start", "stop"):
            object.__setattr__(self, name, arguments.number(name, getattr(self, name)))
        for name in ("unit", "name"):
            arguments.text(name, getattr(self, name), empty=True)
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
        return f"{self.name} ({self.unit})" if self.unit else self.name
