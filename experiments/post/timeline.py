"""When in its training did the post's network give its published answers?

Two criteria choose the number of steps: the energy score of the published curves, and the likelihood of their first
values, which depend only on the first input.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from scipy.stats import multivariate_normal

from lstm_toys.results.summary import finite

from .recipe import APART, CHOSEN_ON, VALIDATED_ON, Compared, compared, scores

FIGURES = {
    "sine.png": (APART,),
    "sines.png": ("amplitude",),
    "not_identity.png": ("line",),
    "not_identity_2.png": ("line_origin",),
    "phase_displacement.png": (VALIDATED_ON,),
    "all but sine.png": (*CHOSEN_ON, VALIDATED_ON),
}
"""The published figures whose answers are known as numbers, and their probes."""

BEGINNING = 8
"""Points at the beginning of sine.png that are compared separately, since they change most during training."""

FORMER = 1_000
"""The number of steps of an earlier rule: the fewest that no other number beats on the curves. It is kept if the two
criteria share no number of steps."""

LIKELIHOOD_RATIO = 3.841
"""The 95 % quantile of chi-squared with one degree of freedom."""


def choose(steps: Sequence[int], by_curves: Collection[int], by_first_answers: Collection[int]) -> int:
    """Chooses the middle number of steps that neither criterion excludes; of two middle ones, the smaller.

    The rule was written when the first answers were known to favor about 1,750 steps and the curves about 1,250, but
    before the steps in between were searched.
    """
    shared = [each for each in sorted(steps) if each in by_curves and each in by_first_answers]
    return shared[(len(shared) - 1) // 2] if shared else FORMER


class FirstAnswers:
    """Published first answers, with standard errors of reading them, and answers after K numbers of steps."""

    def __init__(self, shown: Sequence[Compared]) -> None:
        # Curves of a figure with equal first values share one dot.
        distinct = {(each.family, float(each.answers[0, 0, 0])): each for each in shown if np.isfinite(each.output[0])}
        known = [*distinct.values()]
        self.published: Float[np.ndarray, " N"] = np.array([each.output[0] for each in known])
        self.error: Float[np.ndarray, " N"] = np.array([each.error[0] for each in known])
        self.networks: Float[np.ndarray, "K S N"] = np.stack([each.answers[..., 0] for each in known], -1).astype(float)

    def log_likelihood(self) -> Float[np.ndarray, " K"]:
        """Log-likelihood of published answers under a normal distribution: networks' covariance plus reading errors."""
        reading = np.diag(np.square(self.error))
        normals = (multivariate_normal(each.mean(axis=0), np.cov(each.T) + reading) for each in self.networks)
        return np.array([each.logpdf(self.published) for each in normals])

    def deviations(self) -> Float[np.ndarray, "K N"]:
        """The deviation of each published answer from the networks' mean, in their standard deviations."""
        return np.asarray((self.published - self.networks.mean(axis=1)) / self.networks.std(axis=1, ddof=1))


def not_excluded(log_likelihood: Float[np.ndarray, " K"]) -> Bool[np.ndarray, " K"]:
    """The 95 % likelihood-ratio interval of one parameter."""
    return np.asarray(2 * (log_likelihood.max() - log_likelihood) <= LIKELIHOOD_RATIO)


def summarize(found: xr.Dataset, default: int) -> dict[str, Any]:
    """Compares the networks of a sweep over steps with the published answers, in the form that JSON stores.

    Returns:
        ``table``: one row per number of steps; ``by_curves`` and ``by_first_answers``: the best number of steps, and
        those that are not excluded; ``published``: for each figure the ``score`` over steps with a 95 % bootstrap
        interval over networks, the ``best`` number of steps and its ``interval``, see `interval`.
    """
    sound = ~found.diverged.values.any(axis=0)
    found = found.isel(seed=sound)  # The same networks after every number of steps.
    steps, shown = found.steps.values.astype(int), compared(found, CHOSEN_ON)
    by_curves, first = scores(shown), FirstAnswers(shown)
    likelihood = first.log_likelihood()
    curves = {"best": int(steps[by_curves.mean.argmin()]), "steps": steps[by_curves.unbeaten()].tolist()}
    firsts = {
        "best": int(steps[likelihood.argmax()]),
        "steps": steps[not_excluded(likelihood)].tolist(),
        "log_likelihood": likelihood.round(3).tolist(),
        "answers": len(first.published),
    }
    return {
        "seeds": found.sizes["seed"],
        "diverged_seeds": np.flatnonzero(~sound).tolist(),
        "steps": steps.tolist(),
        "by_curves": curves,
        "by_first_answers": firsts,
        "chosen": choose(steps.tolist(), curves["steps"], firsts["steps"]),
        "default": default,
        "published": {name: _figure(compared(found, families), steps) for name, families in FIGURES.items()},
        "table": _table(found, by_curves.mean),
    }


def _figure(shown: Sequence[Compared], steps: Int[np.ndarray, " K"]) -> dict[str, Any]:
    scored = scores(shown)
    low, high = np.quantile(scored.of_seeds.mean(axis=2), (0.025, 0.975), axis=1, method="inverted_cdf")
    best = int(scored.mean.argmin())
    known = [each.answers[..., np.isfinite(each.output)] for each in shown]
    rounded = {
        name: [finite(round(each, 5)) for each in values.tolist()]
        for name, values in (("score", scored.mean), ("low", low), ("high", high))
    }
    return {**rounded, "best": int(steps[best]), "interval": interval(scores_of_networks(known, best), steps)}


def _table(found: xr.Dataset, score: Float[np.ndarray, " K"]) -> list[dict[str, Any]]:
    (sine,) = compared(found, (APART,))
    beginning = np.square(np.median(sine.answers, axis=1) - sine.output)[:, :BEGINNING].mean(axis=1)
    columns = {
        "first_answers": FirstAnswers(compared(found, ("amplitude",))).deviations()[:, [0, -1]].round(2),
        "score": score.round(5),
        "sine_first": FirstAnswers([sine]).deviations()[:, 0].round(2),
        "sine_beginning": np.sqrt(beginning).round(5),
        "train_mse": np.median(found.train_mse.values, axis=1),
    }
    rows: list[dict[str, Any]] = [{"steps": int(steps)} for steps in found.steps]
    for name, values in columns.items():
        for row, value in zip(rows, values.tolist(), strict=True):
            row[name] = [finite(each) for each in value] if isinstance(value, list) else finite(value)
    return rows


def scores_of_networks(answers: list[Float[np.ndarray, "K S T"]], at: int) -> Float[np.ndarray, "S K"]:
    """Energy scores of networks after K numbers of steps, with each network in turn in place of the published one.

    This network answers as after the number of steps with index ``at``, and is excluded from the networks that it is
    compared with. ``answers`` are to each published curve, at its known points.
    """
    steps, seeds, _ = answers[0].shape
    found = np.zeros((seeds, steps))
    off = ~np.eye(seeds, dtype=bool)
    for curve in answers:
        for step in range(steps):
            to_curve, between = _distances(curve[at], curve[step]), _distances(curve[step], curve[step])
            whole, own = between.sum(), between.sum(axis=1)
            pairs = (whole - 2 * own) / ((seeds - 1) * (seeds - 2))
            found[:, step] += np.where(off, to_curve, 0.0).sum(axis=1) / (seeds - 1) - pairs / 2
    return found / len(answers)


def interval(scored: Float[np.ndarray, "S K"], steps: Int[np.ndarray, " K"]) -> tuple[int, int]:
    """The middle 90 % of the numbers of steps that fit single networks best, which is the variation by chance."""
    low, high = np.quantile(steps[scored.argmin(axis=1)], (0.05, 0.95), method="inverted_cdf")
    return int(low), int(high)


def _distances(ours: Float[np.ndarray, "S T"], theirs: Float[np.ndarray, "S T"]) -> Float[np.ndarray, "S S"]:
    difference = ours.astype(float)[:, None] - theirs[None]
    return np.sqrt(np.square(difference).mean(axis=-1))
