"""Psychometric curves: shares of a choice by a coordinate of the stimulus, with logistic fits."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize
from scipy.special import expit

from lstm_toys import arguments


class Psychometric(NamedTuple):
    """Shares of a choice, and their logistic fits, ``p = 1 / (1 + exp(-slope (value - threshold)))``.

    Attributes:
        values: the U different values of the coordinate, ascending.
        share: share of trials with the choice, of each network at each value ``[S, U]``; NaN where it has no trial.
        threshold: value at which a network chooses in half of the trials, in the unit of the coordinate; NaN if it
            always makes the same choice.
        slope: steepness, per unit of the coordinate; infinite, positive or negative, if one value separates the
            choices, and then the threshold is this value, or halfway between two; NaN with the threshold.

    Example:
        >>> import lstm_toys as lt
        >>> lt.statistics.Psychometric._fields
        ('values', 'share', 'threshold', 'slope')
    """

    values: Float[np.ndarray, " U"]
    share: Float[np.ndarray, "S U"]
    threshold: Float[np.ndarray, " S"]
    slope: Float[np.ndarray, " S"]


def psychometric(chosen: Bool[np.ndarray, "S C"] | Any, coordinate: Float[np.ndarray, "*S C"]) -> Psychometric:
    """Fits the psychometric curve of each network by maximum likelihood.

    Args:
        chosen: whether each network made the choice on each trial ``[S, C]``, such as ``answers[:, :, -1, 0] > 0``.
        coordinate: a number for each trial ``[C]``, such as the coherence of its stimulus, with at least two different
            values; or ``[S, C]``, if each network has trials of its own.

    Returns:
        Shares, thresholds and slopes of all networks.

    Raises:
        ValueError: shapes do not match, a coordinate is not finite, or all are equal.

    Example:
        >>> import lstm_toys as lt
        >>> coherence = np.repeat([-1.0, 0.0, 1.0], 4)
        >>> chosen = np.array([[0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0]], bool)
        >>> fit = lt.statistics.psychometric(chosen, coherence)
        >>> fit.share.tolist(), abs(fit.threshold.round(6)).tolist(), fit.slope.round(2).tolist()
        ([[0.25, 0.5, 0.75]], [0.0], [1.1])
    """
    chosen = np.asarray(chosen)
    arguments.expect(chosen.dtype == bool and chosen.ndim == 2, "chosen", "True or False [S, C]", chosen)
    axes = " ".join(map(str, chosen.shape if np.ndim(coordinate) == 2 else chosen.shape[1:]))
    coordinate = np.asarray(arguments.array("coordinate", coordinate, axes), float)
    values, place = np.unique(np.broadcast_to(coordinate, chosen.shape), return_inverse=True)
    arguments.expect(len(values) > 1, "coordinate", "at least two different values", values)
    places = place.reshape(chosen.shape)
    trials = np.stack([np.bincount(row, minlength=len(values)) for row in places]).astype(float)
    counts = np.stack([np.bincount(*rows, minlength=len(values)) for rows in zip(places, chosen, strict=True)])
    networks = zip(trials > 0, trials, counts, strict=True)
    fits = np.array([_fitted(values[tried], total[tried], count[tried]) for tried, total, count in networks])
    share = np.divide(counts, trials, out=np.full(trials.shape, np.nan), where=trials > 0)
    return Psychometric(values, share, fits[:, 0], fits[:, 1])


def _fitted(
    values: Float[np.ndarray, " U"], trials: Float[np.ndarray, " U"], counts: Float[np.ndarray, " U"]
) -> tuple[float, float]:
    """Threshold and slope of one network."""
    some, not_all = counts > 0, counts < trials
    if not some.any() or not not_all.any() or len(values) == 1:
        return np.nan, np.nan
    for sign in (1, -1):
        highest, lowest = (sign * values[not_all]).max(), (sign * values[some]).min()
        if highest <= lowest:  # The likelihood has no maximum.
            return sign * (highest + lowest) / 2, sign * np.inf
    middle, scale = values.mean(), values.std()
    units = (values - middle) / scale

    def cost(line: Float[np.ndarray, " 2"]) -> tuple[float, Float[np.ndarray, " 2"]]:
        ahead = line[0] + line[1] * units
        excess = trials * expit(ahead) - counts
        return float(np.sum(trials * np.logaddexp(0, ahead) - counts * ahead)), np.array([excess.sum(), excess @ units])

    offset, slope = minimize(cost, np.zeros(2), jac=True, method="BFGS").x
    return float(middle - scale * offset / slope), float(slope / scale)
