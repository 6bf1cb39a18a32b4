"""Choices that a verdict stands on: how networks are trained, and which number of a network is enough.

Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lstm_toys import arguments
from lstm_toys.runs.identity import Settings
from lstm_toys.text import did_you_mean

Change = Callable[[str, Settings], Settings | None]
"""Maps the name and settings of a population to changed settings, or to None to skip the population."""

COMBINATION = "combination"
"""The kind of specifications in which several choices differ."""

BASE_SEED = "base seed"
"""The kind of specifications with other networks, trained in the same way."""


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


@dataclass(frozen=True)
class Specification:
    """Another training that the sentence of a claim could have been about as well.

    Attributes:
        change: function of a population's name and settings that returns the changed settings, or None to skip the
            population.
        choices: by kind of choice, such as ``"units"``, what is chosen, such as ``"half"``. With several, the
            specification counts as a combination. Networks of other base seeds have the kind ``"base seed"``: only with
            such can a verdict be replicated.

    Raises:
        ValueError: ``choices`` is empty.

    Example:
        >>> import dataclasses
        >>> import lstm_toys as lt
        >>> def longer(name, settings):
        ...     return dataclasses.replace(settings, steps=2 * settings.steps)
        >>> lt.claims.Specification(longer, {"steps": "twice"}).name
        'steps: twice'
    """

    change: Change
    choices: Mapping[str, str]

    def __post_init__(self) -> None:
        arguments.kinds(vars(self), change=Callable, choices=Mapping)
        if not self.choices:
            raise ValueError('choices must say what is chosen, such as {"units": "half"}')

    @property
    def name(self) -> str:
        """The choices in words."""
        return ", ".join(f"{kind}: {choice}" for kind, choice in self.choices.items())

    @property
    def kind(self) -> str:
        """The only kind of choice, or `COMBINATION`."""
        return COMBINATION if len(self.choices) > 1 else next(iter(self.choices))


def changed(**factors: float) -> Change:
    """Makes a change that multiplies settings of a population, for `lt.claims.Specification` and `lt.claims.Variant`.

    Args:
        factors: by name of a setting, such as ``steps`` or ``learning_rate``, its factor; for ``hidden`` that of the
            number of units of each layer.

    Returns:
        A function of a population's name and settings. Populations whose settings stay the same are skipped.

    Raises:
        ValueError: there is no setting of such a name.

    Example:
        >>> import lstm_toys as lt
        >>> twice = lt.claims.changed(steps=2.0)
        >>> twice("line", lt.Settings(experiment="line", steps=100, learning_rate=0.1)).steps
        200
    """

    if unknown := [name for name in factors if name not in Settings.__dataclass_fields__]:
        hint = did_you_mean(unknown[0], Settings.__dataclass_fields__)
        raise ValueError(
            f"there is no setting {unknown[0]!r}; {hint or 'name one such as steps, learning_rate or hidden'}"
        )

    def change(_: str, settings: Settings) -> Settings | None:
        own: dict[str, Any] = {}
        for name, factor in factors.items():
            value = getattr(settings, name)
            own[name] = tuple(max(1, round(units * factor)) for units in value) if name == "hidden" else value * factor
            own[name] = round(own[name]) if name == "steps" else own[name]
        after = replace(settings, **own)
        return None if after == settings else after

    return change


def other_seeds(base_seed: int) -> Change:
    """Makes a change to networks that were initialized by another base seed."""
    return lambda _, settings: replace(settings, base_seed=settings.base_seed + base_seed)


def usual() -> tuple[Specification, ...]:
    """The specifications of claims that declare none."""
    return (
        Specification(changed(learning_rate=1 / 3), {"learning rate": "a third"}),
        Specification(changed(learning_rate=3.0), {"learning rate": "three times"}),
        Specification(changed(hidden=0.5), {"units": "half"}),
        Specification(changed(hidden=2.0), {"units": "twice"}),
        Specification(other_seeds(1_001), {BASE_SEED: "1,001 more"}),
        Specification(other_seeds(2_002), {BASE_SEED: "2,002 more"}),
    )
