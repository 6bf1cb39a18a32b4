"""Psychometric curves, shares of a choice by a coordinate of the stimulus, and kernels, its weights over time."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import minimize
from scipy.special import expit

from lstm_toys import arguments

TRIALS = 10
"""A kernel takes more trials than this for each time point."""

ROUNDS, AGREE = 100, 1e-10
"""Most rounds of a fit of weights and gains, and the change of a gain at which it ends."""


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


class PsychophysicalKernel(NamedTuple):
    """How much the stimulus at each time point weighs in the choices of each network.

    Attributes:
        weight: weights, whose absolute values sum to 1 ``[S, T]``: 1 / T for a perfect integrator; NaN for a network
            whose choices do not differ within conditions.
        error: their standard errors over trials ``[S, T]``.

    Example:
        >>> import lstm_toys as lt
        >>> lt.statistics.PsychophysicalKernel._fields
        ('weight', 'error')
    """

    weight: Float[np.ndarray, "S T"]
    error: Float[np.ndarray, "S T"]


def psychophysical_kernel(
    chosen: Bool[np.ndarray, "S C"] | Any,
    stimulus: Float[np.ndarray, "*S C T"],
    condition: Float[np.ndarray, "*S C"] | None = None,
) -> PsychophysicalKernel:
    """Estimates the psychophysical kernel of each network: the weight of each time point in its choice.

    Fits the choice by least squares to the stimulus, both less their means in the trial's condition. Networks choose
    without noise, so that a logistic fit may have no maximum; least squares have one, and for a Gaussian stimulus, also
    a correlated one, their weights are in proportion to those of the decision. Standard errors are White's (1980).

    Args:
        chosen: whether each network made the choice on each trial ``[S, C]``, such as ``answers[:, :, -1, 0] > 0``.
        stimulus: the stimulus on each trial ``[C, T]``; or ``[S, C, T]``, if each network has trials of its own. Trials
            may differ in length: points that a trial does not have are NaN, after its end to align trials at the start,
            and before its beginning to align them at the end. Weights then share one shape, with a gain for each
            length, and a time point is estimated from the trials that have it.
        condition: a number for each trial ``[C]``, or ``[S, C]``, such as its coherence; None: there is one condition.

    Returns:
        Weights and their standard errors. Estimates near 0 add to the sum of absolute weights, so that with few trials
        large weights come out slightly too small.

    Raises:
        ValueError: shapes do not match; a time point has at most ten trials per time point; or the stimulus at one does
            not vary within conditions, or is a combination of others.

    Example:
        >>> import lstm_toys as lt
        >>> stimulus = np.random.default_rng(0).normal(size=(2_000, 3))
        >>> found = lt.statistics.psychophysical_kernel((stimulus @ [0.5, 0.3, 0.2] > 0)[None], stimulus)
        >>> found.weight.round(1).tolist()
        [[0.5, 0.3, 0.2]]
    """
    chosen = np.asarray(chosen)
    arguments.expect(chosen.dtype == bool and chosen.ndim == 2, "chosen", "True or False [S, C]", chosen)
    axes = [" ".join(map(str, chosen.shape[1:])), " ".join(map(str, chosen.shape))]
    stimulus = arguments.array("stimulus", stimulus, f"{axes[np.ndim(stimulus) == 3]} T", finite=False)
    stimulus = np.asarray(stimulus, float)
    points, known = stimulus.shape[-1], ~np.isnan(stimulus)
    arguments.expect(
        not np.isinf(stimulus).any(), "stimulus", "finite numbers, or NaN where a trial has none", stimulus
    )
    fewest = int(known.sum(axis=-2).min())
    if fewest <= TRIALS * points:
        raise ValueError(
            f"a kernel of {points:,} time points takes more than {TRIALS * points:,} trials, not {fewest:,}"
        )
    condition = np.zeros(chosen.shape[1]) if condition is None else condition
    condition = arguments.array("condition", condition, axes[np.ndim(condition) == 2])
    of_networks = np.broadcast_to(stimulus, (*chosen.shape, points)), np.broadcast_to(condition, chosen.shape)
    kernels = [_kernel(*trials) for trials in zip(chosen.astype(float), *of_networks, strict=True)]
    return PsychophysicalKernel(*map(np.stack, zip(*kernels, strict=True)))


def _kernel(
    choice: Float[np.ndarray, " C"], stimulus: Float[np.ndarray, "C T"], condition: Float[np.ndarray, " C"]
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
    """Weights of one network, and their standard errors."""
    known = ~np.isnan(stimulus)
    length = _groups(known)
    within = _groups(np.column_stack([condition, length]))
    aim, design = _centered(choice[:, None], within)[:, 0], _centered(np.where(known, stimulus, 0), within)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("stimulus must vary at every time point, within conditions and not by those of other points")
    if not aim.any():
        return (np.full(design.shape[1], np.nan),) * 2
    gains, change = np.ones(1 + length.max()), np.inf
    for _ in range(ROUNDS):
        weights = np.linalg.lstsq(design * gains[length, None], aim)[0]
        drive = design @ weights
        if len(gains) == 1 or change <= AGREE:
            break
        before, squares = gains, np.bincount(length, drive**2)
        gains = np.divide(np.bincount(length, drive * aim), squares, out=np.ones(len(squares)), where=squares > 0)
        gains = gains / gains.mean()
        change = np.abs(gains - before).max()
    of_gains = drive[:, None] * (length[:, None] == np.arange(len(gains))) * (len(gains) > 1)
    slopes = np.column_stack([design * gains[length, None], of_gains])
    spread = slopes * (aim - gains[length] * drive)[:, None]
    inverse = np.linalg.pinv(slopes.T @ slopes)
    freedom = len(aim) / (len(aim) - slopes.shape[1] - within.max() - 1)
    covariance = freedom * (inverse @ (spread.T @ spread) @ inverse)[: len(weights), : len(weights)]
    total = np.abs(weights).sum()
    share = weights / total
    scaled = (np.eye(len(share)) - np.outer(share, np.sign(share))) / total
    return share, np.sqrt(np.diag(scaled @ covariance @ scaled.T))


def _groups(rows: np.ndarray) -> Int[np.ndarray, " C"]:
    """The number of each row among the different ones."""
    return np.unique(rows, axis=0, return_inverse=True)[1].ravel()


def _centered(values: Float[np.ndarray, "C N"], group: Int[np.ndarray, " C"]) -> Float[np.ndarray, "C N"]:
    """Values less their mean in each row's group."""
    means = np.stack([np.bincount(group, column) for column in values.T], axis=1) / np.bincount(group)[:, None]
    return values - means[group]
