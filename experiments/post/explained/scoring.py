"""Compares the numbers of claims between networks and models of them, and tests predictions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.dynamics.models import similarities
from lstm_toys.figures import Drawing
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json, finite
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.preparation import Prepared
from lstm_toys.statistics import intervals
from lstm_toys.studies.dynamics.study import VARIABLES, answers_file

from . import figures
from .agreement import agreement
from .claim_numbers import numbers_of
from .interventions import interventions
from .plateau import plateau
from .predictions import EVERY, NETWORKS, PREDICTIONS, REPEATED, SINE, Prediction

UNREAD = {"prediction", "answer", "phase"}
"""Variables of studies of dynamics that are not needed here and make up most of their files."""


class Compared(NamedTuple):
    """The numbers of a claim for networks and for models of them, by model."""

    networks: Float[np.ndarray, " S"]
    models: Mapping[str, Float[np.ndarray, " S"]]


def score(needs: Mapping[str, Run], experiment: Experiment, settings: Settings) -> dict[str, Any]:
    """Compares claims and tests predictions; ``needs`` are studies of dynamics by name, and the sine's ``networks``.

    Returns:
        ``claims``: by claim and model what `agreement` returns; ``interventions``: what `interventions` returns;
        ``predictions``: by prediction its median, its interval
        and its verdict; ``tuning``: for each variant the frequencies of the leading mode and of the largest gain, and
        the gain by frequency; ``plateau``: what `plateau` returns for the networks of base seed 1.
    """
    every = {
        name: storage.load_results(each.checked("results.nc"), VARIABLES - UNREAD, UNREAD)
        for name, each in needs.items()
        if name != NETWORKS
    }
    compared = _compared(needs, every[SINE])
    return {
        "seeds": every[SINE].sizes["seed"],
        "claims": {
            claim: {model: agreement(each.networks, numbers) for model, numbers in each.models.items()}
            for claim, each in compared.items()
        },
        "interventions": interventions(Prepared(experiment, settings), needs[NETWORKS], every[SINE]),
        "predictions": {each.id: judged(each, every[each.variant]) for each in PREDICTIONS},
        "tuning": {
            name: {"frequency": variant.frequency, **_tuned(every[name], every[SINE])}
            for name, variant in EVERY.items()
        },
        "plateau": plateau(every[REPEATED]),
    }


def _compared(needs: Mapping[str, Run], sines: xr.Dataset) -> dict[str, Compared]:
    """The numbers of every claim about the sine's networks that needs only answers."""
    found = storage.load_results(needs[NETWORKS].checked("results.nc"))
    networks = found.isel(seed=sines.seed.values)
    models = {
        str(model): storage.load_results(needs[SINE].checked(answers_file(str(model))), set())
        for model in sines.model.values
    }
    ours = numbers_of(networks)
    theirs = {name: numbers_of(each) for name, each in models.items()}
    return {
        claim: Compared(numbers, {name: each[claim] for name, each in theirs.items() if claim in each})
        for claim, numbers in ours.items()
    }


def judged(prediction: Prediction, found: xr.Dataset) -> dict[str, Any]:
    """Tests a prediction: it holds if the interval of the median lies in the predicted range, and fails outside."""
    if isinstance(prediction.measured, str):
        values = found[prediction.measured].values
    else:
        model, curves = prediction.measured
        values = found.explained.sel(model=model, curves=curves).values
    estimate = intervals.median_bootstrap(values[np.isfinite(values)])
    if prediction.low <= estimate.low and estimate.high <= prediction.high:
        verdict = "holds"
    else:
        verdict = "fails" if estimate.high < prediction.low or estimate.low > prediction.high else "undecided"
    named = prediction.measured if isinstance(prediction.measured, str) else ": ".join(prediction.measured)
    expected = {"variant": prediction.variant, "measured": named, "words": prediction.words}
    bounds = {"predicted_low": prediction.low, "predicted_high": prediction.high}
    return {**expected, **bounds, **as_json(estimate), "verdict": verdict}


def _tuned(found: xr.Dataset, sines: xr.Dataset) -> dict[str, Any]:
    """The tuning of networks, and the similarity of their states along their training curve to the sine's."""
    tuned: dict[str, Any] = {"networks": found.sizes["seed"]}
    for name in ("mode_frequency", "peak_frequency", "peak_gain", "static_gain"):
        values = found[name].values
        values = values[np.isfinite(values)]
        tuned[name] = as_json(intervals.median_bootstrap(values))
        band = np.quantile(values, (0.05, 0.95)).tolist() if len(values) else (np.nan, np.nan)
        tuned[f"{name}_band"] = [finite(each) for each in band]
    tuned["oscillating"] = int((found.mode_frequency.values > 0).sum())
    tuned["resonance"] = _resonance(found)
    similar = similarities(sines.trajectory.values, found.trajectory.values)
    tuned["similarity"] = as_json(intervals.median_bootstrap(np.median(similar, axis=1)))
    return tuned


def _resonance(found: xr.Dataset) -> dict[str, list[float | None]]:
    """Gain by frequency under the mean input: the median over networks, and the 5th and 95th percentile."""
    frequency, gains = found.frequency.values, found.gain.isel(input=int(found.attrs["mean"])).values
    gains = gains[np.isfinite(gains).all(axis=1)]
    if not len(gains):
        gains = np.full((1, len(frequency)), np.nan)
    rows = {"frequency": frequency}
    rows |= dict(zip(("median", "low", "high"), np.quantile(gains, (0.5, 0.05, 0.95), axis=0), strict=True))
    return {name: [finite(each) for each in values.tolist()] for name, values in rows.items()}


def draw(metrics: dict[str, Any]) -> dict[str, Drawing]:
    """Draws the agreement of models with networks for each claim, and the tuning of networks by training frequency."""
    return {"claims_by_model.png": figures.claims(metrics), "tuning.png": figures.tuning(metrics)}
