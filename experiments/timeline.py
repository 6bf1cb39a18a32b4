"""When in its training did the post's network give its published answers?

Trains the networks of the experiment `sine` once, and compares them after many numbers of steps with the published
answers, figure by figure. Two criteria choose the number of steps: the energy score of the published curves, and the
likelihood of their first values, which depend only on the first input.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float, Int
from rich.console import RenderableType
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal

import lstm_toys as lt

from . import BaseSeed, post, recipe
from .post.scores import Distances, energy_score
from .published.answers import CHOSEN_ON
from .recipe import ComparedCurve, compare, scores

STEPS = (*range(125, 2001, 125), 2250, 2500, 3000, 4000)
LEAST_SEEDS = 16
"""Fewest networks: the covariance of the first answers needs more networks than first answers."""

FIGURES = {
    "sine.png": ("sine",),
    "sines.png": ("amplitude",),
    "not_identity.png": ("line",),
    "not_identity_2.png": ("line_origin",),
    "phase_displacement.png": ("phase",),
}
"""The published figures whose answers are known as numbers, and their probes."""

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
    shared = [count for count in sorted(steps) if count in by_curves and count in by_first_answers]
    return shared[(len(shared) - 1) // 2] if shared else FORMER


class FirstAnswers:
    """Published first answers, with standard errors of reading them, and answers after K numbers of steps."""

    def __init__(self, curves: Sequence[ComparedCurve]) -> None:
        # Curves of a figure with equal first values share one dot.
        distinct = {(dot.probe, float(dot.answers[0, 0, 0])): dot for dot in curves if np.isfinite(dot.output[0])}
        dots = [*distinct.values()]
        self.published: Float[np.ndarray, " N"] = np.array([dot.output[0] for dot in dots])
        self.error: Float[np.ndarray, " N"] = np.array([dot.error[0] for dot in dots])
        self.networks: Float[np.ndarray, "K S N"] = np.stack([dot.answers[..., 0] for dot in dots], -1).astype(float)

    def log_likelihood(self) -> Float[np.ndarray, " K"]:
        """Log-likelihood of published answers under a normal distribution: networks' covariance plus reading errors."""
        reading = np.diag(np.square(self.error))
        normals = (multivariate_normal(answers.mean(axis=0), np.cov(answers.T) + reading) for answers in self.networks)
        return np.array([normal.logpdf(self.published) for normal in normals])

    def deviations(self) -> Float[np.ndarray, "K N"]:
        """The deviation of each published answer from the networks' mean, in their standard deviations."""
        return np.asarray((self.published - self.networks.mean(axis=1)) / self.networks.std(axis=1, ddof=1))


def summarize(sweep: lt.Results) -> dict[str, Any]:
    """Compares the networks of a sweep over steps with the published answers.

    Returns:
        ``by_curves`` and ``by_first_answers``: the best number of steps, and those that are not excluded;
        ``published``: for each figure the ``score`` over steps with a 95 % bootstrap interval over networks, the
        ``best`` number of steps and its ``interval``, see `interval`; ``table``: for each number of steps, how far the
        published first answers of sines.png and sine.png are from the networks' mean.
    """
    sound = ~sweep.diverged.values.any(axis=0)
    sweep = sweep.isel(seed=sound)  # The same networks after every number of steps.
    steps, compared = sweep.steps.values.astype(int), compare(sweep, CHOSEN_ON)
    by_curves, likelihood = scores(compared), FirstAnswers(compared).log_likelihood()
    curves = {"best": steps[by_curves.mean.argmin()], "steps": steps[by_curves.unbeaten()].tolist()}
    likely = 2 * (likelihood.max() - likelihood) <= LIKELIHOOD_RATIO  # The 95 % interval of one parameter.
    firsts = {"best": steps[likelihood.argmax()], "steps": steps[likely].tolist()}
    sines, sine = (FirstAnswers(compare(sweep, (probe,))).deviations().round(2) for probe in ("amplitude", "sine"))
    return {
        "seeds": sweep.sizes["seed"],
        "diverged_seeds": np.flatnonzero(~sound),
        "steps": steps,
        "by_curves": curves,
        "by_first_answers": firsts,
        "chosen": choose(steps.tolist(), curves["steps"], firsts["steps"]),
        "published": {name: _figure(compare(sweep, probes), steps) for name, probes in FIGURES.items()},
        "table": [
            {"first_answers": [several[0], several[-1]], "sine_first": one}
            for several, (one,) in zip(sines, sine, strict=True)
        ],
    }


def _figure(curves: Sequence[ComparedCurve], steps: Int[np.ndarray, " K"]) -> dict[str, Any]:
    scored = scores(curves)
    low, high = lt.statistics.percentile_interval(scored.of_seeds.mean(axis=2).T, interpolate=False)
    best = int(scored.mean.argmin())
    answers = [curve.answers[..., np.isfinite(curve.output)] for curve in curves]
    rounded = {name: np.round(values, 5) for name, values in (("score", scored.mean), ("low", low), ("high", high))}
    return {**rounded, "best": steps[best], "interval": interval(scores_of_networks(answers, best), steps)}


def scores_of_networks(answers: list[Float[np.ndarray, "K S T"]], at: int) -> Float[np.ndarray, "S K"]:
    """Energy scores of networks after K numbers of steps, with each network in turn in place of the published one.

    This network answers as after the number of steps with index ``at``, and is excluded from the networks that it is
    compared with. ``answers`` has one array per published curve, at its known points.
    """
    steps, seeds, _ = answers[0].shape
    totals, others = np.zeros((seeds, steps)), 1 - np.eye(seeds)
    for curve in answers:
        for step in range(steps):
            to_curve, between = (cdist(curve[index], curve[step]) / np.sqrt(curve.shape[-1]) for index in (at, step))
            totals[:, step] += (others * to_curve).sum(axis=1) / (seeds - 1)
            totals[:, step] += energy_score(Distances(np.zeros(seeds), between, np.ones(seeds, bool)), others)
    return totals / len(answers)


def interval(scored: Float[np.ndarray, "S K"], steps: Int[np.ndarray, " K"]) -> tuple[int, int]:
    """The middle 90 % of the numbers of steps that fit single networks best, which is the variation by chance."""
    low, high = np.quantile(steps[scored.argmin(axis=1)], (0.05, 0.95), method="inverted_cdf")
    return int(low), int(high)


def timeline(seeds: Annotated[int, range(LEAST_SEEDS, 10_000_001)] = 64, base_seed: BaseSeed = 0) -> lt.Analysis:
    """Compares networks after all numbers of steps.

    Args:
        seeds: Number of networks.
        base_seed: Other values give other networks with the same seed numbers.
    """
    steps = f"--grid=steps={' '.join(map(str, STEPS))}"
    networks = lt.ask(recipe.NETWORKS, steps, f"--seeds={seeds}", f"--base_seed={base_seed}", study="sweep")
    return lt.Analysis(
        name="timeline",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={"networks": networks},
        score=lambda needs, _: summarize(lt.load_results(needs["networks"].checked("results.nc"))),
        draw=lambda metrics, _: {"timeline.png": post.figures.timeline(metrics)},
        report=report,
    )


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the steps that fit each published figure, and the choice."""
    if diverged := metrics["diverged_seeds"]:
        yield f"diverged and left out: seeds {', '.join(map(str, diverged))}"
    rows = [
        (name, f"{fit['best']:,}", "{:,} to {:,}".format(*fit["interval"]), f"{min(fit['score']):.4f}")
        for name, fit in metrics["published"].items()
    ]
    columns = ("published figure", "best fit>", "5-95 % of networks>", "energy score>")
    title = f"the number of steps that fits each published figure, {metrics['seeds']} networks"
    yield lt.tables.table(title, columns, rows, **lt.tables.PLAIN)
    for name, criterion in (("curves", "by_curves"), ("first answers", "by_first_answers")):
        steps = ", ".join(f"{count:,}" for count in metrics[criterion]["steps"])
        yield f"by the {name}: best {metrics[criterion]['best']:,}; not excluded {steps}"
    yield f"chosen: {metrics['chosen']:,}"


if __name__ == "__main__":
    lt.main(timeline)
