"""The number of steps at which networks are closest to a published figure, and its variation by chance."""

import numpy as np
from jaxtyping import Float, Int


def scores_of_networks(answers: list[Float[np.ndarray, "K S T"]], at: int) -> Float[np.ndarray, "S K"]:
    """Energy scores of networks after K numbers of steps, with each network in turn in place of the published one.

    This network answers as after the number of steps with index ``at``, and is excluded from the networks that it is
    compared with.

    Args:
        answers: for each published curve, the networks' answers at its known points.
    """
    steps, seeds, _ = answers[0].shape
    scores = np.zeros((seeds, steps))
    off = ~np.eye(seeds, dtype=bool)
    for curve in answers:
        for step in range(steps):
            to_curve, between = _distances(curve[at], curve[step]), _distances(curve[step], curve[step])
            whole, own = between.sum(), between.sum(axis=1)
            pairs = (whole - 2 * own) / ((seeds - 1) * (seeds - 2))
            scores[:, step] += np.where(off, to_curve, 0.0).sum(axis=1) / (seeds - 1) - pairs / 2
    return scores / len(answers)


def interval(scores: Float[np.ndarray, "S K"], steps: Int[np.ndarray, " K"]) -> tuple[int, int]:
    """The middle 90 % of the numbers of steps that fit single networks best, which is the variation by chance."""
    low, high = np.quantile(steps[scores.argmin(axis=1)], (0.05, 0.95), method="inverted_cdf")
    return int(low), int(high)


def _distances(ours: Float[np.ndarray, "S T"], theirs: Float[np.ndarray, "S T"]) -> Float[np.ndarray, "S S"]:
    difference = ours.astype(float)[:, None] - theirs[None]
    return np.sqrt(np.square(difference).mean(axis=-1))
