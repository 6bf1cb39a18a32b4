"""Posterior predictive checks of the published answers, except sine.png, and their differences from networks."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.studies.claims import verdicts
from lstm_toys.studies.claims.evidence import alike

from .. import evidence, sentences
from ..answers import Answers, Published
from ..recipe.choice import CHOSEN_ON, VALIDATED_ON
from . import ordinary
from .first_answers import FirstAnswers

EVERY = (*CHOSEN_ON, VALIDATED_ON)

LISTED = 5
"""Number of curves listed with the point where they are farthest from the networks."""


class Feature(NamedTuple):
    """The input of a check: a statistic, the published numbers, and the networks' numbers by number of steps."""

    statistic: ordinary.Statistic
    published: list[Float[np.ndarray, " N"]]
    networks: dict[int, list[Float[np.ndarray, "S N"]]]


def checks(found: xr.Dataset, answers: Answers, compared: Mapping[int, int]) -> list[dict[str, Any]]:
    """Checks whether the published answers are ordinary for networks after some numbers of steps.

    Args:
        compared: numbers of steps, and their indices in the results; two, or nothing is checked.

    Returns:
        Rows with the ``feature``, the number of ``steps``, ``p``, the ``other`` number of steps, and the ``power``: the
        share of networks after the other number that are distinguished from networks after ``steps``.
    """
    rows = []
    for name, feature in _features(found, answers, compared).items():
        for steps, other in zip(compared, reversed(compared), strict=True):
            if steps != other:
                p = ordinary.p_value(feature.statistic, feature.published, feature.networks[steps])
                power = ordinary.power(feature.statistic, feature.networks[other], feature.networks[steps])
                rows.append({"feature": name, "steps": steps, "p": p, "other": other, "power": power})
    return rows


def _features(found: xr.Dataset, answers: Answers, compared: Mapping[int, int]) -> dict[str, Feature]:
    random = np.random.default_rng(0)

    def read(networks: Float[np.ndarray, "S N"], error: Float[np.ndarray, " N"]) -> Float[np.ndarray, "S N"]:
        return networks + error * random.standard_normal(networks.shape)

    def of_curves(statistic: ordinary.Statistic, shown: Sequence[Published]) -> Feature:
        known = [np.isfinite(each.output) for each in shown]
        curves = list(zip(shown, known, strict=True))
        return Feature(
            statistic,
            [each.output[where] for each, where in curves],
            {
                steps: [read(each.answers[number][:, where], each.error[where]) for each, where in curves]
                for steps, number in compared.items()
            },
        )

    first = FirstAnswers(answers.published(CHOSEN_ON))
    numbers = {steps: claim_numbers(found, number) for steps, number in compared.items()}
    published = next((np.array([*one.published.values()]) for one in numbers.values()), np.empty(0))
    return {
        "distance over all curves": of_curves(ordinary.distance, answers.published(EVERY)),
        **{f"distance, {name}": of_curves(ordinary.distance, answers.published([name])) for name in EVERY},
        "largest deviation of a point": of_curves(ordinary.largest_deviation, answers.published(EVERY)),
        "first answers": Feature(
            ordinary.mahalanobis(first.error),
            [first.published],
            {steps: [read(first.networks[number], first.error)] for steps, number in compared.items()},
        ),
        "ranks of claims' numbers": Feature(
            ordinary.rank_extremity,
            [published],
            {steps: [np.stack([*each.networks.values()], axis=-1)] for steps, each in numbers.items()},
        ),
    }


def evidence_after(found: xr.Dataset, number: int) -> dict[str, xr.Dataset]:
    """Returns the results after one number of steps, in the format of evidence for claims."""
    return {"sine": found[["input", "answer", "diverged"]].isel(setting=number)}


class ClaimNumbers(NamedTuple):
    """By claim, the number of the published answers and of each network."""

    published: dict[str, float]
    networks: dict[str, Float[np.ndarray, " S"]]


def claim_numbers(found: xr.Dataset, number: int) -> ClaimNumbers:
    """Returns the numbers of the claims about the sine's networks that apply to published answers except sine.png.

    Networks are measured only on the published curves.
    """
    post = evidence.published()["sine"].drop_vars(["train_answer", "train_target"])
    networks = {"sine": alike(evidence_after(found, number)["sine"], post)}
    pairs = {}
    for claim in sentences.SENTENCES:
        if claim.populations == ("sine",):
            published, ours = verdicts.judge(claim, {"sine": post}), verdicts.judge(claim, networks)
            if published is not None and ours is not None and np.isfinite(published.numbers[0]):
                pairs[claim.id] = float(published.numbers[0]), ours.numbers
    return ClaimNumbers(
        {name: one for name, (one, _) in pairs.items()}, {name: each for name, (_, each) in pairs.items()}
    )


def ranks(found: xr.Dataset, number: int) -> list[dict[str, Any]]:
    """Returns by claim the published number, and how many networks are ``below`` it or ``equal``, of those with one."""
    published, networks = claim_numbers(found, number)
    return [
        {
            "claim": name,
            "published": one,
            "below": int((networks[name] < one).sum()),
            "equal": int((networks[name] == one).sum()),
            "of": int(np.isfinite(networks[name]).sum()),
        }
        for name, one in published.items()
    ]


def extremes(answers: Answers, number: int) -> list[dict[str, Any]]:
    """Lists the published curves that deviate most from the networks at a point, in their standard deviations."""
    rows: list[tuple[float, dict[str, Any]]] = []
    for each in answers.published(EVERY):
        networks = each.answers[number].astype(float)
        spread = np.sqrt(networks.var(axis=0, ddof=1) + np.square(each.error))
        deviation = (each.output - networks.mean(axis=0)) / spread
        point = int(np.nanargmax(np.abs(deviation)))
        largest = float(deviation[point])
        x = round(point / (len(deviation) - 1), 3)
        curve = {"family": each.family, **each.parameters, "x": x, "deviation": round(largest, 2)}
        rows.append((abs(largest), curve))
    rows.sort(key=lambda row: -row[0])
    return [curve for _, curve in rows[:LISTED]]
