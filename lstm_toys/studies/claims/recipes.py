"""Distributions of settings, from which the recipes of networks are drawn. Imports nothing heavy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any, Literal, NamedTuple

from lstm_toys import arguments
from lstm_toys.output import counted
from lstm_toys.runs import parsers
from lstm_toys.runs.experiment import FLAGS
from lstm_toys.runs.identity import SWEPT, TRACED
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.text import did_you_mean

DRAWN = tuple(name for name in SWEPT if name != "timesteps")
"""Settings that can be drawn, besides training numbers. Networks on other time points have other curves."""

COMPILED = tuple(name for name in DRAWN if name not in (*TRACED, "steps"))
"""Settings of which each combination of values is a program of its own."""

MOST_PROGRAMS = 12
OF_RECIPE = 2
"""Networks of each recipe: two tell how alike the networks of one recipe are."""

Scale = Literal["linear", "log"]


class Range(NamedTuple):
    """A range of numbers to draw from, uniform on a scale.

    Attributes:
        low: the smallest number.
        high: the largest number, above ``low``.
        scale: ``"linear"``; or ``"log"``, on which each factor is as likely, such as 0.001 to 0.01 and 0.01 to 0.1.

    Example:
        >>> lt.claims.Range(0.001, 0.1, "log").at(0.5)
        0.01
    """

    low: float
    high: float
    scale: Scale = "linear"

    def at(self, share: float) -> float:
        """The number below which a share of the range lies, to four digits, as people type it.

        Args:
            share: the share, from 0 to 1.
        """
        number = self.low + share * (self.high - self.low)
        if self.scale == "log":
            number = self.low * (self.high / self.low) ** share
        return min(max(float(f"{number:.4g}"), self.low), self.high)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{' (log)' if self.scale == 'log' else ''}"


class Drawn(NamedTuple):
    """What recipes have of a setting.

    Attributes:
        setting: its name.
        possible: the values and ranges that it is drawn from.
        entries: the one of them for each recipe.
        values: the value of each recipe.
    """

    setting: str
    possible: Sequence[Any]
    entries: Sequence[Any]
    values: Sequence[Any]

    @property
    def ranges(self) -> list[Range]:
        """The ranges that it is drawn from."""
        return [each for each in self.possible if isinstance(each, Range)]

    @property
    def listed(self) -> list[str]:
        """The values that it is drawn from, as they are typed."""
        return [*dict.fromkeys(map(stated, self.possible))]


@dataclass(frozen=True)
class Recipes:
    """A distribution of settings: how networks could as well have been trained.

    Recipe r has the networks 2r and 2r + 1. It depends on the base seed, the name of the distribution and r, so that
    more recipes change none. Each setting is drawn by itself, and another distribution for one changes no other.

    Attributes:
        name: a short name, with which recipes are drawn.
        choices: by name of a setting, a list of values, of which each is as likely, or a `Range`. Several names in a
            tuple are one choice: a list of tuples with a value, or a range, for each. Ranges are for learning rate,
            momentum, decay, noise and training numbers, such as ``"train_amplitude"``. Other settings need a compiled
            program for each combination of values, of which there are at most 12, except for ``steps``.
        entries: the choices by names, each a list of tuples with a value, or a range, for every name.

    Raises:
        ValueError: a name is unknown or repeated, a value is invalid, a list is empty, or there are too many programs.

    Example:
        >>> recipes = lt.claims.Recipes(
        ...     "small LSTMs",
        ...     {
        ...         ("optimizer", "learning_rate"): [("adam", lt.claims.Range(0.001, 0.01, "log")), ("sgd", 0.3)],
        ...         "hidden": [(16,), (32,)],
        ...     },
        ... )
        >>> recipes.draw(base_seed=0, recipe=5)
        {'optimizer': 'sgd', 'learning_rate': 0.3, 'hidden': (32,)}
    """

    name: str
    choices: Mapping[Any, Any]
    entries: dict[tuple[str, ...], list[tuple[Any, ...]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        arguments.text("the name of recipes", self.name)
        prefix = f"recipes {self.name!r}"
        arguments.kinds(vars(self), choices=Mapping)
        arguments.expect(len(self.choices) > 0, f"{prefix}: choices", "lists or ranges by setting", self.choices)
        entries = {
            (names,) if isinstance(names, str) else tuple(names): values for names, values in self.choices.items()
        }
        every = [*chain(*entries)]
        if twice := [name for name in every if every.count(name) > 1]:
            raise ValueError(f"{prefix}: draws {twice[0]} twice")
        made = {names: _entries(prefix, names, each) for names, each in entries.items()}
        object.__setattr__(self, "entries", made)
        count = 1
        for names, rows in made.items():
            places = [place for place, name in enumerate(names) if name in COMPILED]
            count *= len({tuple(row[place] for place in places) for row in rows})
        if count > MOST_PROGRAMS:
            few = f"at most {MOST_PROGRAMS}; give {', '.join(name for name in every if name in COMPILED)} fewer values"
            raise ValueError(f"{prefix}: needs {counted(count, 'compiled program')}, {few}")

    def draw(self, base_seed: int, recipe: int) -> dict[str, Any]:
        """Draws the settings of a recipe, by name.

        Args:
            base_seed: the base seed of the networks.
            recipe: its number, from 0.
        """
        return {each.setting: each.values[0] for each in self.drawn(base_seed, [recipe])}

    def flags(self, base_seed: int, recipe: int) -> list[str]:
        """The settings of a recipe as they are typed."""
        return [f"--{name}={parsers.stated(value)}" for name, value in self.draw(base_seed, recipe).items()]

    def drawn(self, base_seed: int, recipes: Sequence[int]) -> Iterator[Drawn]:
        """Yields what recipes have of each setting."""
        for names, rows in self.entries.items():
            shares = [_uniform(base_seed, self.name, recipe, *names, "choice") for recipe in recipes]
            chosen = [rows[int(len(rows) * share)] for share in shares]
            for place, name in enumerate(names):
                possible, entries = ([row[place] for row in each] for each in (rows, chosen))
                values = [
                    each.at(_uniform(base_seed, self.name, recipe, name)) if isinstance(each, Range) else each
                    for each, recipe in zip(entries, recipes, strict=True)
                ]
                yield Drawn(name, possible, entries, values)

    def agrees(self, other: Recipes) -> bool:
        """Whether recipe r of both has the same value of every setting that both draw."""
        same = [names for names, rows in self.entries.items() if rows == other.entries.get(names)]
        return self.name != other.name or {*chain(*same)} == {*chain(*self.entries)} & {*chain(*other.entries)}

    def __str__(self) -> str:
        texts = []
        for names, rows in self.entries.items():
            words = [[str(value) if isinstance(value, Range) else stated(value) for value in row] for row in rows]
            alike = groupby(words, lambda row: row[:-1])  # Up to the last value.
            every = [" ".join([*first, "/".join(row[-1] for row in group)]) for first, group in alike]
            texts.append(f"{', '.join(names).replace('_', ' ')}: {' or '.join(every)}")
        return "; ".join(texts)


def stated(value: Any) -> str:
    """A value as it is typed, numbers in few digits."""
    return f"{value:g}" if isinstance(value, float) else parsers.stated(value)


def _entries(prefix: str, names: Sequence[str], values: Any) -> list[tuple[Any, ...]]:
    """The values of a choice, each a tuple with one for every name, after they have been checked."""
    for name in names:
        if not (isinstance(name, str) and (name in DRAWN or name.startswith(NUMBER))):
            known = (
                did_you_mean(str(name), DRAWN) or f"available: {', '.join(DRAWN)}, and {NUMBER}NAME of training numbers"
            )
            raise ValueError(f"{prefix}: {name!r} cannot be drawn; {known}")
    rows = [values] if isinstance(values, Range) else values
    if not isinstance(rows, list | tuple) or not rows:
        expected = "a list of values, or an lt.claims.Range"
        raise arguments.refused(f"{prefix}: choices of {' and '.join(names)}", expected, values)
    if len(names) == 1:
        rows = [(value,) for value in rows]
    made = []
    for row in rows:
        if not isinstance(row, tuple) or len(row) != len(names):
            expected = f"tuples with {len(names)} values"
            raise arguments.refused(f"{prefix}: choices of {' and '.join(names)}", expected, row)
        made.append(tuple(_value(prefix, *each) for each in zip(names, row, strict=True)))
    return made


def _value(prefix: str, name: str, value: Any) -> Any:
    parser: Any = parsers.number if name.startswith(NUMBER) else FLAGS[name].parser
    try:
        if not isinstance(value, Range):
            return parser.parse(value)
        if name not in TRACED and not name.startswith(NUMBER):
            raise ValueError(f"takes a list of values, not a range; {', '.join(TRACED)} and {NUMBER}NAME take ranges")
        low, high = (float(parser.parse(end)) for end in value[:2])
        arguments.choice("its scale", value.scale, "linear", "log")
        if not low < high or (value.scale == "log" and low <= 0):
            raise ValueError(f"takes a range from a lower to a higher number{', above 0' * (value.scale == 'log')}")
        return Range(low, high, value.scale)
    except ValueError as error:
        raise ValueError(f"{prefix}: {name}={value if isinstance(value, Range) else stated(value)}: {error}") from None


def _uniform(*parts: Any) -> float:
    """A number in [0, 1) that looks random and depends on these parts, and on no version of any package."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6]) / 2**48
