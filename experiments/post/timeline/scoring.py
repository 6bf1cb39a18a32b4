"""Compares networks after many numbers of steps with the post's published answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lstm_toys.figures import Drawing
from lstm_toys.results import storage
from lstm_toys.results.summary import finite
from lstm_toys.runs.folder import Run
from lstm_toys.studies.claims import verdicts
from lstm_toys.studies.sweep import results

from .. import sentences
from ..answers import Answers
from ..recipe.choice import APART, CHOSEN_ON, VALIDATED_ON
from . import checks, choice, figures, fitted
from .first_answers import FirstAnswers, not_excluded

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

VALLEY = "valley-amplitude"
"""A claim whose verdict depends on the number of steps."""


def score(networks: Run, default: int) -> dict[str, Any]:
    """Compares the networks of a finished sweep over steps; see `summarize`."""
    return summarize(_results(networks), default)


def draw(metrics: dict[str, Any], networks: Run) -> dict[str, Drawing]:
    """Draws distances and first answers over steps, sine.png over networks, and the posterior predictive checks."""
    steps = {"sine.png": metrics["published"]["sine.png"]["best"], "the other figures": metrics["chosen"]}
    return {
        "timeline.png": figures.timeline(metrics),
        "sine_at_its_step.png": figures.sine(_results(networks), steps),
        "ordinary.png": figures.ordinary(metrics),
    }


def _results(networks: Run) -> xr.Dataset:
    return storage.load_results(networks.checked("results.nc"), results.VARIABLES | {"answer"})


def summarize(found: xr.Dataset, default: int) -> dict[str, Any]:
    """Summarizes the comparison over K numbers of steps, in the form that JSON stores.

    Args:
        found: labeled results of a sweep over steps.
        default: the number of steps of `experiments.sine`.

    Returns:
        ``steps``; ``table``: one row each; ``by_curves`` and ``by_first_answers``: the best number of steps, and those
        that are not excluded; ``chosen``, ``former`` and ``default``; ``published``: for each published figure the
        ``score`` over steps with a 95 % bootstrap interval over networks, ``low`` and ``high``, the ``best`` number of
        steps and its ``interval``, see `fitted.interval`; ``ordinary``: posterior predictive checks, see
        `checks.checks`; at the chosen number of steps ``inside``: the share of published points within 5-95 % of the
        networks by figure; ``ranks``, see `checks.ranks`; ``extremes``, see `checks.extremes`.
    """
    sound = ~found.diverged.values.any(axis=0)
    found = found.isel(seed=sound)  # The same networks after every number of steps.
    steps, answers = found.steps.values.astype(int), Answers(found)
    by_curves = answers.scores(CHOSEN_ON)
    first = FirstAnswers(answers.published(CHOSEN_ON))
    likelihood = np.array([first.log_likelihood(number) for number in range(len(steps))])
    curves = {"best": int(steps[by_curves.mean.argmin()]), "steps": steps[by_curves.unbeaten()].tolist()}
    firsts = {
        "best": int(steps[likelihood.argmax()]),
        "steps": steps[not_excluded(likelihood)].tolist(),
        "log_likelihood": likelihood.round(3).tolist(),
        "answers": len(first.published),
    }
    chosen = choice.choose(steps.tolist(), curves["steps"], firsts["steps"])
    number = steps.tolist().index(chosen)
    compared = {each: steps.tolist().index(each) for each in dict.fromkeys((chosen, choice.FORMER)) if each in steps}
    return {
        "seeds": found.sizes["seed"],
        "diverged_seeds": np.flatnonzero(~sound).tolist(),
        "steps": steps.tolist(),
        "by_curves": curves,
        "by_first_answers": firsts,
        "chosen": chosen,
        "former": choice.FORMER,
        "default": default,
        "published": {name: _figure(answers, families, steps) for name, families in FIGURES.items()},
        "table": [_row(found, answers, each, float(by_curves.mean[each])) for each in range(len(steps))],
        "ordinary": checks.checks(found, answers, compared),
        "inside": {
            name: float(np.mean(answers.inside(families, [number])[0]))
            for name, families in FIGURES.items()
            if families != (APART,)
        },
        "ranks": checks.ranks(found, number),
        "extremes": checks.extremes(answers, number),
    }


def _figure(answers: Answers, families: Sequence[str], steps: Int[np.ndarray, " K"]) -> dict[str, Any]:
    scored = answers.scores(families)
    low, high = np.quantile(scored.of_seeds.mean(axis=2), (0.025, 0.975), axis=1, method="inverted_cdf")
    best = int(scored.mean.argmin())
    known = [each.answers[..., np.isfinite(each.output)] for each in answers.published(families)]
    return {
        "score": _rounded(scored.mean),
        "low": _rounded(low),
        "high": _rounded(high),
        "best": int(steps[best]),
        "interval": fitted.interval(fitted.scores_of_networks(known, best), steps),
    }


def _row(found: xr.Dataset, answers: Answers, number: int, score: float) -> dict[str, Any]:
    """Compares the networks after one number of steps with the published answers."""
    (sine,) = answers.published((APART,))
    first, own = FirstAnswers(answers.published(CHOSEN_ON)), FirstAnswers([sine])
    amplitudes = FirstAnswers(answers.published(("amplitude",))).deviations(number)
    median = np.median(sine.answers[number], axis=0)
    (valley,) = (claim for claim in sentences.SENTENCES if claim.id == VALLEY)
    judged = verdicts.judge(valley, checks.evidence_after(found, number))
    return {
        "steps": int(found.steps[number]),
        "first_answers": [finite(each) for each in amplitudes[[0, -1]].round(2)],
        "beyond_all_networks": first.beyond_all(number),
        "score": finite(round(score, 5)),
        "sine_first": finite(own.deviations(number)[0].round(2)),
        "sine_beginning": finite(np.sqrt(np.square(median - sine.output)[:BEGINNING].mean()).round(5)),
        "train_mse": finite(float(np.median(found.train_mse.values[number]))),
        VALLEY: None if judged is None else finite(judged.share.value),
    }


def _rounded(values: Float[np.ndarray, " K"]) -> list[float | None]:
    return [finite(round(each, 5)) for each in values.tolist()]
