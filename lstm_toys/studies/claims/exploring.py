"""What the number of a claim goes with among the choices that recipes were drawn from. This is exploratory."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from lstm_toys.statistics.intervals import holm
from lstm_toys.statistics.recipes import median_association, rank_association
from lstm_toys.studies.claims.declaration import Claims
from lstm_toys.studies.claims.recipes import OF_RECIPE, Recipes, stated
from lstm_toys.studies.claims.table import Row

MARKED = 0.05
"""Largest corrected p-value of what is marked."""


class Finding(NamedTuple):
    """How a number goes with a choice.

    Attributes:
        setting: what was chosen.
        value: the value whose recipes are compared with all others; empty for numbers from a range.
        effect: the difference of medians; for a range the rank correlation within recipes of the same range.
        p: the share of random assignments with an effect as large.
        corrected: the same, corrected for the number of findings (Holm).
    """

    setting: str
    value: str
    effect: float
    p: float
    corrected: float = np.nan

    @property
    def marked(self) -> bool:
        """Whether the number is said to go with the choice."""
        return self.corrected <= MARKED


class Explored(NamedTuple):
    """What the number of a claim goes with.

    Attributes:
        row: what was found about the claim.
        recipes: what its recipes are drawn from.
        numbers: the number of each network; of two populations, how far it is above the median of the other's networks
            of the same recipe.
        findings: how they go with each choice.
    """

    row: Row
    recipes: Recipes
    numbers: Float[np.ndarray, "R N"]
    findings: Sequence[Finding]

    @property
    def thresholds(self) -> list[float]:
        """The numbers between which networks meet the claim; without a second end one number."""
        return [0.0] if self.row.against else [end for end in (self.row.low, self.row.high) if np.isfinite(end)]

    @property
    def statistic(self) -> str:
        """What the numbers are."""
        return (
            f"{self.row.statistic}, minus that of {self.row.against}" if self.row.against else str(self.row.statistic)
        )

    @property
    def met(self) -> Bool[np.ndarray, "R N"]:
        """Which networks meet the claim."""
        return (
            self.numbers > 0 if self.row.against else (self.row.low <= self.numbers) & (self.numbers <= self.row.high)
        )


def explored(declared: Claims, base_seed: int, rows: Sequence[Row]) -> list[Explored]:
    """Explores all claims that were tested on new recipes, corrected for all findings together."""
    claims, every = {claim.id: claim for claim in declared.claims}, list[Explored]()
    for row in rows:
        for cell in row.recipes.values():
            distributions = [declared.recipes[name] for name in claims[row.id].populations]
            recipes = max(distributions, key=lambda each: len(each.entries))
            numbers = cell.number.reshape(-1, OF_RECIPE)
            if row.against:
                with np.errstate(invalid="ignore"):  # Of infinite numbers.
                    numbers = numbers - np.median(cell.other_number.reshape(-1, OF_RECIPE), axis=1, keepdims=True)
            every.append(Explored(row, recipes, numbers, [*findings(recipes, base_seed, numbers)]))
    corrected = iter(holm(np.array([found.p for each in every for found in each.findings])).tolist())
    return [
        each._replace(findings=[found._replace(corrected=next(corrected)) for found in each.findings]) for each in every
    ]


def findings(recipes: Recipes, base_seed: int, numbers: Float[np.ndarray, "R N"]) -> Iterator[Finding]:
    """Yields how the mean number of each recipe's networks goes with each choice; only finite ones count."""
    known = np.flatnonzero(np.isfinite(numbers).any(axis=1))
    means = np.nanmean(np.where(np.isfinite(numbers), numbers, np.nan)[known], axis=1)
    for each in recipes.drawn(base_seed, known.tolist()):
        if each.ranges:
            groups = np.array([each.entries.index(entry) for entry in each.entries], int)
            yield Finding(each.setting, "", *rank_association(means, np.array(each.values, float), groups))
        else:
            entries = np.array([*map(stated, each.entries)], str)
            for value in each.listed[: None if len(each.listed) > 2 else 1]:
                yield Finding(each.setting, value, *median_association(means, entries == value))
