"""Scores the settings of a sweep by how well they explain the post's published answers."""

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.figures import Drawing
from lstm_toys.results import storage
from lstm_toys.results.summary import finite
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.studies.claims import verdicts
from lstm_toys.studies.sweep import results

from .. import sentences
from ..answers import Answers
from ..scores import held_out
from . import choice, figures

VARIED = ("optimizer", "learning_rate", "gates", "hidden", "readout", "steps")
"""Settings in the report."""


def score(networks: Run, settings: Sequence[Settings], default: Settings) -> dict[str, Any]:
    """Returns the scores of a finished sweep of these settings, see `summarize`; raises Damaged if it is damaged."""
    return summarize(_results(networks), settings, settings.index(default) if default in settings else None)


def draw(metrics: dict[str, Any], networks: Run) -> dict[str, Drawing]:
    """Draws the scores of all settings, the answers of the chosen one, and the claims under the unbeaten ones."""
    chosen = metrics["chosen"]
    return {
        "score.png": figures.scores(metrics),
        "claims.png": figures.claims(metrics),
        "chosen.png": figures.answers(_results(networks).isel(setting=chosen), metrics["settings"][chosen]),
    }


def _results(networks: Run) -> xr.Dataset:
    return storage.load_results(networks.checked("results.nc"), results.VARIABLES | {"answer"})


def summarize(found: xr.Dataset, settings: Sequence[Settings], default: int | None) -> dict[str, Any]:
    """Summarizes the scores of all settings, in the form that JSON stores.

    Args:
        found: labeled results of a sweep.
        settings: settings of the sweep.
        default: number of the setting to compare with.

    Returns:
        ``curves``: the published curves that decide the choice; ``settings``: for each its ``score``, ``low`` and
        ``high``, whether it is ``unbeaten``, the ``curve_scores``, the shares of published points ``inside``
        5-95 % of seeds by family, and the ``apart`` score of the published answer to the training sine; ``best``,
        ``chosen`` and ``default``: numbers of settings; ``held_out``: scores of curves left out of the choice, see
        `scores.held_out`; ``validation``: see `_validation`; ``claims``: see `_claims`.
    """
    answers = Answers(found)
    scored = answers.scores(choice.CHOSEN_ON)
    apart, inside = answers.scores([choice.APART]).mean, answers.inside(choice.CHOSEN_ON)
    low, high = scored.interval()
    curves = [{"family": each.family, **each.parameters} for each in answers.published(choice.CHOSEN_ON)]
    families = [str(curve["family"]) for curve in curves]
    unbeaten, rule = scored.unbeaten(), partial(choice.choose, settings)
    chosen = rule(scored)
    rows = [
        {
            "name": _name(each),
            "setting": {name: value for name, value in each.as_dict().items() if name in VARIED},
            "score": _rounded(scored.mean[number]),
            "low": _rounded(low[number]),
            "high": _rounded(high[number]),
            "unbeaten": bool(unbeaten[number]),
            "inside_share": _rounded(fmean(inside[number])),
            "inside": {
                family: _rounded(fmean(s for s, of in zip(inside[number], families, strict=True) if of == family))
                for family in dict.fromkeys(families)
            },
            "curve_scores": [_rounded(value) for value in scored.each[number]],
            "apart": _rounded(apart[number]),
            "learned": int(found.learned[number].sum()),
            "seeds": found.sizes["seed"],
            "diverged_seeds": found.seed.values[found.diverged[number].values].tolist(),
        }
        for number, each in enumerate(settings)
    ]
    groups = np.arange(len(curves)), np.unique(families, return_inverse=True)[1]
    return {
        "curves": curves,
        "settings": rows,
        "best": int(np.argmin(scored.mean)),
        "chosen": chosen,
        "default": default,
        "held_out": {
            name: float(held_out(scored, each, rule)[1].mean())
            for name, each in zip(("by curve", "by family"), groups, strict=True)
        },
        "validation": _validation(answers, settings, scored.mean, chosen),
        "claims": _claims(found, sorted(np.flatnonzero(unbeaten).tolist(), key=lambda number: scored.mean[number])),
    }


def _validation(
    answers: "Answers", settings: Sequence[Settings], mean: Float[np.ndarray, " K"], chosen: int
) -> list[dict[str, Any]]:
    """Scores the chosen setting, and the best of every other kind, on published answers not used for the choice.

    Each row has the difference to the chosen setting's score, with simultaneous 95 % intervals; the chosen is first.
    """
    kinds = [(each.optimizer, each.gates) for each in settings]
    others = [kind for kind in dict.fromkeys(kinds) if kind != kinds[chosen]]
    best = [min((n for n, kind in enumerate(kinds) if kind == other), key=lambda n: mean[n]) for other in others]
    numbers = [chosen, *best]
    scored = answers.scores([choice.VALIDATED_ON], numbers)
    inside = answers.inside([choice.VALIDATED_ON], numbers)
    difference, low, high = scored.differences(0)
    return [
        {
            "setting": number,
            "score": finite(scored.mean[row]),
            "inside_share": float(np.mean(inside[row])),
            "difference": finite(difference[row]),
            "low": finite(low[row]),
            "high": finite(high[row]),
        }
        for row, number in enumerate(numbers)
    ]


def _claims(found: xr.Dataset, numbers: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """For each claim about only the sine's networks, the share of networks that meet it and the verdict, by setting."""
    outcomes: dict[str, list[dict[str, Any]]] = {}
    for number in numbers:
        labeled = found[["input", "answer", "diverged"]].isel(setting=number)
        trained = labeled.isel(curve=int(np.flatnonzero(labeled.family.values == choice.APART)[0]))
        evidence = {"sine": labeled.assign(train_target=trained.input, train_answer=trained.answer)}
        for claim in sentences.SENTENCES:
            if {*claim.populations} == evidence.keys() and (outcome := verdicts.judge(claim, evidence)) is not None:
                share = outcome.share
                outcomes.setdefault(claim.id, []).append(
                    {
                        "setting": number,
                        "share": finite(share.value),
                        "interval": [finite(share.low), finite(share.high)],
                        "verdict": outcome.verdict,
                    }
                )
    return outcomes


def _rounded(value: float) -> float | None:
    """Rounds to five decimals, a hundredth of typical differences between scores; None if not finite."""
    return finite(round(float(value), 5))


def _name(settings: Settings) -> str:
    hidden = ",".join(map(str, settings.hidden)) or "none"
    gates = f", {settings.gates} gates"
    return f"{settings.optimizer} {settings.learning_rate:g}{gates}, hidden {hidden}, {settings.steps:,} steps"
