"""The energy score of a published curve under the distribution of answers over seeds."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float


class Distances(NamedTuple):
    """Root mean squared distances over the known points of one published curve, for one setting.

    Attributes:
        to_curve: from each seed's answer to the published curve.
        between: between the answers of two seeds.
        sound: seeds that did not diverge; only these count.
    """

    to_curve: Float[np.ndarray, " S"]
    between: Float[np.ndarray, "S S"]
    sound: Bool[np.ndarray, " S"]


def distances(
    answers: Float[np.ndarray, "S T"], published: Float[np.ndarray, " T"], sound: Bool[np.ndarray, " S"]
) -> Distances:
    """Computes the distances of a setting; the published curve is NaN where it is unknown."""
    known = np.isfinite(published)
    finite = np.where(sound[:, None], answers[:, known], 0.0).astype(float)
    to_curve = np.sqrt(np.mean(np.square(finite - published[known]), axis=1))
    squared = np.square(finite[:, None] - finite[None]).mean(axis=-1)
    return Distances(to_curve, np.sqrt(squared), sound)


def energy_score(curve: Distances, weights: Float[np.ndarray, "B S"]) -> Float[np.ndarray, " B"]:
    """Computes the energy score of a published curve under weighted seeds; smaller is better.

    ``E|X - y| - E|X - X'| / 2`` with answers X, X' of two different seeds and the published curve y (Gneiting and
    Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", 2007, eq. 21, without the bias of pairing a
    seed with itself). It has the units of y, since distances are root mean squares. It is infinite with fewer than two
    seeds that did not diverge, and if none of them has weight; E|X - X'| is 0 if only one has nonzero weight.

    ``weights`` are how often each seed counts.
    """
    weights = weights * curve.sound
    total = weights.sum(axis=1)
    pairs = np.square(total) - np.square(weights).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_curve = weights @ curve.to_curve / total
        spread = np.where(pairs > 0, ((weights @ curve.between) * weights).sum(axis=1) / pairs, 0.0)
    return np.where((total > 0) & (curve.sound.sum() > 1), to_curve - spread / 2, np.inf)
