"""Groups the settings of a sweep by the programs that have to be compiled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_toys.runs.identity import NUMBER, TRACED, Settings

NETWORK = ("hidden", "readout", "cell", "gates")
"""The settings that describe a network."""


@dataclass(frozen=True)
class Shape:
    """Settings that share compiled programs: they differ only in traced hyperparameters and in steps.

    Attributes:
        common: one of the settings, from which to read shared values.
        hyper: the combinations of hyperparameters.
        numbers: for each combination, the index of the setting in the sweep, by steps.
    """

    common: Settings
    hyper: list[dict[str, float]]
    numbers: list[dict[int, int]]

    @property
    def budgets(self) -> list[int]:
        """The steps at which answers are recorded; every combination is trained to the last."""
        return sorted({steps for numbers in self.numbers for steps in numbers})

    @property
    def members(self) -> int:
        """The number of networks to train."""
        return self.common.seeds * len(self.hyper)

    @property
    def start(self) -> dict[str, Any]:
        """Seeds and hyperparameters, ``[M]`` each: all seeds of the first combination, then of the second, ..."""
        columns = {name: np.repeat([each[name] for each in self.hyper], self.common.seeds) for name in self.hyper[0]}
        numbers = {name.removeprefix(NUMBER): columns.pop(name) for name in [*columns] if name.startswith(NUMBER)}
        seeds = np.tile(np.arange(self.common.seeds), len(self.hyper))
        return {"seeds": seeds, "numbers": numbers, **columns}

    def places(self, members: range, steps: int) -> Iterator[tuple[int, slice, slice]]:
        """Yields the index of each setting among members, the slice of its members, and the slice of their seeds."""
        seeds = self.common.seeds
        for combination in range(members.start // seeds, -(-members.stop // seeds)):
            first = combination * seeds
            begin, end = max(members.start, first), min(members.stop, first + seeds)
            if (number := self.numbers[combination].get(steps)) is not None:
                yield number, slice(begin - members.start, end - members.start), slice(begin - first, end - first)


def shapes(settings: Sequence[Settings]) -> list[Shape]:
    """Groups settings by the programs that have to be compiled."""
    groups: dict[tuple[Any, ...], Shape] = {}
    places: dict[tuple[Any, ...], int] = {}
    for number, each in enumerate(settings):
        kind = (each.optimizer, *(getattr(each, name) for name in NETWORK), each.timesteps)
        shape = groups.setdefault(kind, Shape(each, [], []))
        hyper = {
            name: value
            for name, value in each.swept.items()
            if value is not None and (name in TRACED or name.startswith(NUMBER))
        }
        place = places.setdefault((*kind, *hyper.items()), len(shape.hyper))
        if place == len(shape.hyper):
            shape.hyper.append(hyper)
            shape.numbers.append({})
        shape.numbers[place][each.steps] = number
    return list(groups.values())
