"""How well settings explain published curves: a proper score of each curve under the distribution over seeds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

RESAMPLES = 2_000


class Distances(NamedTuple):
    """Root mean squared distances over the known points of one published curve, of one setting.

    Attributes:
        to_curve: of each seed's answer to the published curve.
        between: of the answers of two seeds.
        sound: seeds that count; those that diverged do not.
    """

    to_curve: Float[np.ndarray, " S"]
    between: Float[np.ndarray, "S S"]
    sound: Bool[np.ndarray, " S"]


def distances(
    answers: Float[np.ndarray, "S T"], published: Float[np.ndarray, " T"], sound: Bool[np.ndarray, " S"]
) -> Distances:
    """Distances of the answers of a setting's seeds.

    Args:
        answers: of every seed.
        published: the curve; NaN where it is not known.
        sound: seeds that count.
    """
    known = np.isfinite(published)
    kept = np.where(sound[:, None], answers[:, known], 0.0).astype(float)
    to_curve = np.sqrt(np.mean(np.square(kept - published[known]), axis=1))
    squared = np.square(kept[:, None] - kept[None]).mean(axis=-1)
    return Distances(to_curve, np.sqrt(squared), sound)


def energy_score(each: Distances, weights: Float[np.ndarray, "B S"]) -> Float[np.ndarray, " B"]:
    """The energy score of a published curve under weighted seeds; smaller is better.

    ``E|X - y| - E|X - X'| / 2`` with answers X, X' of two different seeds and the published curve y (Gneiting and
    Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", 2007, eq. 21, without the bias of counting a
    seed beside itself). In the units of y, since distances are root mean squares. Infinite with fewer than two seeds.

    Args:
        each: the distances.
        weights: how often every seed counts.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> answers, published = np.array([[0.1, 0.1], [0.3, 0.3]]), np.array([0.2, 0.2])
        >>> each = lt.statistics.scores.distances(answers, published, sound=np.array([True, True]))
        >>> lt.energy_score(each, weights=np.ones((1, 2))).round(3).tolist()
        [0.0]
    """
    weights = weights * each.sound
    total = weights.sum(axis=1)
    pairs = np.square(total) - np.square(weights).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_curve = weights @ each.to_curve / total
        spread = ((weights @ each.between) * weights).sum(axis=1) / pairs
    return np.where(pairs > 0, to_curve - spread / 2, np.inf)


class Scores(NamedTuple):
    """Scores of K settings on C published curves.

    Attributes:
        each: ``[K, C]``.
        resampled: mean over resampled curves, of resampled seeds, ``[B, K]``.
    """

    each: Float[np.ndarray, "K C"]
    resampled: Float[np.ndarray, "B K"]

    @property
    def mean(self) -> Float[np.ndarray, " K"]:
        """Mean over curves."""
        return self.each.mean(axis=1)

    def interval(self, confidence: float = 0.95) -> Float[np.ndarray, "2 K"]:
        """Percentile bootstrap interval of the means."""
        tail = (1 - confidence) / 2
        return np.quantile(self.resampled, (tail, 1 - tail), axis=0, method="inverted_cdf")

    def unbeaten(self, confidence: float = 0.95) -> Bool[np.ndarray, " K"]:
        """Settings that no other beats: no interval of the difference to another lies wholly above zero.

        Seeds and curves are resampled alike for all settings, so that the differences are paired. Not corrected for the
        number of comparisons.
        """
        tail = (1 - confidence) / 2
        beaten = [
            np.any(np.mean(self.resampled[:, [number]] <= self.resampled, axis=0) < tail)
            for number in range(len(self.each))
        ]
        return ~np.array(beaten) & np.isfinite(self.mean)


def score(settings: Sequence[Sequence[Distances]]) -> Scores:
    """Scores settings.

    Seeds, and independently of them curves, are resampled with replacement, with a generator of fixed state.

    Args:
        settings: for each setting, its distances to each curve.
    """
    seeds, curves = len(settings[0][0].to_curve), len(settings[0])
    random = np.random.default_rng(0)
    of_seeds = _counts(random.integers(seeds, size=(RESAMPLES, seeds)), seeds)
    of_curves = _counts(random.integers(curves, size=(RESAMPLES, curves)), curves) / curves
    once = np.ones((1, seeds))
    each = np.array([[energy_score(curve, once)[0] for curve in setting] for setting in settings])
    resampled = []
    for setting in settings:
        of_setting = np.stack([energy_score(curve, of_seeds) for curve in setting], axis=1)
        resampled.append(np.where(of_curves > 0, of_setting * np.maximum(of_curves, 1e-9), 0.0).sum(axis=1))
    return Scores(each, np.stack(resampled, axis=1))


def held_out(each: Float[np.ndarray, "K C"], groups: Int[np.ndarray, " C"]) -> tuple[np.ndarray, np.ndarray]:
    """Scores of curves that were left out when the best setting was chosen.

    Args:
        each: scores of settings on curves.
        groups: curves of one number are left out together.

    Returns:
        For each curve the setting that was chosen without it, and its score there.
    """
    chosen = np.array([np.argmin(each[:, groups != group].mean(axis=1)) for group in groups])
    return chosen, each[chosen, np.arange(each.shape[1])]


def _counts(drawn: Int[np.ndarray, "B n"], count: int) -> Float[np.ndarray, "B n"]:
    """How often each number was drawn in each row."""
    return np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(float)
