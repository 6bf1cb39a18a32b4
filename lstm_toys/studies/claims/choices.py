"""Changes of settings, and other thresholds at which a claim could have been judged as well.

Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lstm_toys import arguments
from lstm_toys.runs.identity import Settings

Change = Callable[[str, Settings], Settings | None]
"""Maps the name and settings of a population to changed settings, or to None to skip the population."""


@dataclass(frozen=True)
class Thresholds:
    """Other thresholds at which a claim could have been judged as well.

    Attributes:
        values: numbers in place of the only threshold of a claim, or pairs ``(low, high)`` in place of both. The claim
            is judged at each of them.
        smallest: a sentence that says why the smallest, or strictest, is defensible.
        largest: a sentence that says why the largest, or loosest, is defensible.

    Raises:
        ValueError: there are no values.

    Example:
        >>> import lstm_toys as lt
        >>> lt.claims.Thresholds((0.1, 0.3), "A tenth is hardly seen.", "Three tenths are half of the swing.").values
        (0.1, 0.3)
    """

    values: tuple[float, ...] | tuple[tuple[float, float], ...]
    smallest: str
    largest: str

    def __post_init__(self) -> None:
        arguments.expect(arguments.several(self.values) and len(self.values) > 0, "values", "thresholds", self.values)
