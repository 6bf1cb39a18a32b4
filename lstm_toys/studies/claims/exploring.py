"""What the number of a claim goes with among the choices that recipes were drawn from. This is exploratory."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_toys.statistics.recipes import median_association, rank_association
from lstm_toys.studies.claims.recipes import Range, Recipes, stated


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


def findings(recipes: Recipes, base_seed: int, numbers: Float[np.ndarray, "R N"]) -> Iterator[Finding]:
    """Yields how the mean number of each recipe's networks goes with each choice; NaN is left out."""
    known = np.flatnonzero(~np.isnan(numbers).all(axis=1))
    means = np.nanmean(numbers[known], axis=1)
    drawn = [recipes.draw(base_seed, int(recipe)) for recipe in known]
    for names in recipes.entries:
        rows = [recipes.row(names, base_seed, int(recipe)) for recipe in known]
        for place, name in enumerate(names):
            column, entries = [each[name] for each in drawn], [row[place] for row in rows]
            if any(isinstance(entry, Range) for entry in entries):
                groups = [[*dict.fromkeys(entries)].index(entry) for entry in entries]
                yield Finding(name, "", *rank_association(means, np.array(column, float), np.array(groups, int)))
                continue
            values = [*dict.fromkeys(stated(row[place]) for row in recipes.entries[names])]
            for value in values[: None if len(values) > 2 else 1]:
                chosen = np.array([stated(entry) == value for entry in entries], bool)
                yield Finding(name, value, *median_association(means, chosen))
