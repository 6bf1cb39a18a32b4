"""Energy scores of settings on published curves, resampled over seeds and curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from lstm_toys.statistics.scores import Distances, energy_score

RESAMPLES = 1_000


@dataclass(frozen=True)
class Scores:
    """Scores of K settings on C published curves.

    Attributes:
        each: ``[K, C]``.
        of_seeds: scores with B resamples of seeds, the same for all settings, ``[K, B, C]``.
    """

    each: Float[np.ndarray, "K C"]
    of_seeds: Float[np.ndarray, "K B C"]

    def on(self, curves: Bool[np.ndarray, " C"]) -> "Scores":
        """Selects the scores on some of the curves."""
        return Scores(self.each[:, curves], self.of_seeds[..., curves])

    @property
    def mean(self) -> Float[np.ndarray, " K"]:
        """Mean over curves."""
        return self.each.mean(axis=1)

    @cached_property
    def resampled(self) -> Float[np.ndarray, "B K"]:
        """Means over resampled curves and seeds; all settings share the resampled curves."""
        _, repeats, curves = self.of_seeds.shape
        drawn = np.random.default_rng(1).integers(curves, size=(repeats, curves))
        return np.take_along_axis(self.of_seeds, drawn[None], axis=2).mean(axis=2).T

    def interval(self, confidence: float = 0.95) -> Float[np.ndarray, "2 K"]:
        """Percentile bootstrap interval of the means."""
        tail = (1 - confidence) / 2
        return np.quantile(self.resampled, (tail, 1 - tail), axis=0, method="inverted_cdf")

    def unbeaten(self, confidence: float = 0.95) -> Bool[np.ndarray, " K"]:
        """Settings that no other beats: no interval of the difference to another lies entirely above zero.

        Not corrected for the number of comparisons, which keeps the set small: its settings explain the curves well,
        while a corrected set would contain all settings that the curves cannot exclude.
        """
        tail = (1 - confidence) / 2
        beaten = [
            np.any(np.mean(self.resampled[:, [number]] <= self.resampled, axis=0) < tail)
            for number in range(len(self.each))
        ]
        return ~np.array(beaten) & np.isfinite(self.mean)

    def differences(self, number: int, confidence: float = 0.95) -> Float[np.ndarray, "3 K"]:
        """Differences of the means to one setting's mean, with the ends of simultaneous intervals.

        All intervals hold simultaneously with this confidence: their widths in standard errors are the quantile of the
        largest t statistic in the bootstrap (Romano and Wolf, 2005, single step).
        """
        with np.errstate(invalid="ignore"):  # Settings without a score have no difference.
            difference = self.mean - self.mean[number]
            resampled = self.resampled - self.resampled[:, [number]]
            error = resampled.std(axis=0)
        others = error > 0
        largest = (np.abs(resampled - difference)[:, others] / error[others]).max(axis=1, initial=0.0)
        reach = np.quantile(largest, confidence) * error
        return np.stack([difference, difference - reach, difference + reach])


def score(settings: Sequence[Sequence[Distances]]) -> Scores:
    """Scores settings by their distances to each curve.

    Seeds and, independently, curves are resampled with replacement, with fixed random seeds.
    """
    seeds = len(settings[0][0].to_curve)
    drawn = np.random.default_rng(0).integers(seeds, size=(RESAMPLES, seeds))
    weights = np.stack([np.bincount(row, minlength=seeds) for row in drawn]).astype(float)
    once = np.ones((1, seeds))
    each = np.array([[energy_score(curve, once)[0] for curve in setting] for setting in settings])
    return Scores(
        each, np.array([[energy_score(curve, weights) for curve in setting] for setting in settings]).swapaxes(1, 2)
    )


def held_out(
    scored: Scores, groups: Int[np.ndarray, " C"], choose: Callable[[Scores], int]
) -> tuple[Int[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Scores curves that were left out when a setting was chosen.

    Args:
        groups: curves with the same number are left out together.
        choose: from the scores on the other curves to the number of a setting.

    Returns:
        For each curve, the setting chosen without it, and the score of this setting on it.
    """
    chosen = np.empty(len(groups), int)
    for group in np.unique(groups):
        chosen[groups == group] = choose(scored.on(groups != group))
    return chosen, scored.each[chosen, np.arange(len(groups))]
