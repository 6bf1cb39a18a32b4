"""Do the dynamics of the sine's networks explain the claims about them?

Analyzes the dynamics of the networks of the experiment `sine`, and of networks trained on sines of other frequencies,
with other seeds, with a dense readout, with other cells, and untrained. For each claim about the sine it then compares
each network's number with the numbers of models of the network, none of which is fitted to what it predicts; and it
tests predictions that were made about networks before they were analyzed. Missing networks are trained and analyzed
first.

It also asks whether the resonance ends the plateau of the loss. At first networks answer the mean of the sine, and the
loss stays near the sine's variance; the rules for the plateau were chosen on the networks with base seed 0, and are
applied to those with base seed 1.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from rich.console import RenderableType
from scipy.stats import rankdata

import lstm_toys as lt

from ...post import sentences
from .. import explained as here
from .predictions import NETWORKS, PREDICTIONS, REPEATED, SINE, VARIANTS, Prediction, TrainedNetworks, experiment

MEASURES = ("mode_frequency", "peak_frequency", "peak_gain", "static_gain")

PERMUTATIONS = 2_000
"""Number of permutations of models."""

LEAST = 6
"""Fewest networks with both numbers for a comparison."""

ENDED = 0.25
"""The plateau has ended at the first recorded loss below this share of the variance of the sine."""

RESONANT = 1.5
"""A network resonates from the first kept step at which its largest gain is this multiple of that of slow inputs."""


def score(needs: Mapping[str, lt.Run]) -> dict[str, Any]:
    """Compares claims and tests predictions; ``needs`` are studies of dynamics by name, and the sine's ``networks``.

    Returns:
        ``claims``: `agreement` by claim and model; ``predictions`` and ``plateau``: see `judged` and `plateau`;
        ``tuning``: for each variant the frequencies of the leading mode and of the largest gain, and the gain by
        frequency.
    """
    results = {name: lt.load_results(run.checked("results.nc")) for name, run in needs.items() if name != NETWORKS}
    sines = results[SINE]
    networks = lt.load_results(needs[NETWORKS].checked("results.nc")).isel(seed=sines.seed.values)
    models = {
        model: judged_claims(lt.load_results(needs[SINE].checked(f"answers_{re.sub('[, ]+', '_', model)}.nc")))
        for model in map(str, sines.model.values)
    }
    return {
        "seeds": sines.sizes["seed"],
        "claims": {
            claim: {
                name: agreement(judgment.number, judgments[claim].number)
                for name, judgments in models.items()
                if claim in judgments
            }
            for claim, judgment in judged_claims(networks).items()
        },
        "predictions": {prediction.id: judged(prediction, results[prediction.variant]) for prediction in PREDICTIONS},
        "tuning": {name: {"frequency": recipe.frequency, **_tuned(results[name])} for name, recipe in VARIANTS.items()},
        "plateau": plateau(results[REPEATED]),
    }


def judged_claims(labeled: lt.Results) -> dict[str, Any]:
    """Judges the claims that are about only the sine's networks."""
    return {
        claim.id: judgment
        for claim in sentences.SENTENCES
        if {*claim.populations} == {"sine"} and (judgment := lt.claims.judge(claim, {"sine": labeled})) is not None
    }


def agreement(networks: Float[np.ndarray, " S"], model: Float[np.ndarray, " S"]) -> dict[str, Any]:
    """Compares a claim's number between networks and models of them.

    Returns:
        ``networks``: how many have both numbers; ``correlation``: the rank correlation over networks; ``permuted``: the
        value that its absolute value exceeds in 5 % of permutations of the models; ``difference``: the median of model
        minus network; ``spread``: the standard deviation of the networks' numbers. None where they cannot be computed.
    """
    both = np.isfinite(networks) & np.isfinite(model)
    ours, theirs = networks[both], model[both]
    comparison: dict[str, Any] = dict.fromkeys(("networks", "correlation", "permuted", "difference", "spread"))
    comparison["networks"] = count = len(ours)
    if count < LEAST:
        return comparison
    if np.ptp(ours) > 0 and np.ptp(theirs) > 0:
        comparison["correlation"] = lt.statistics.rank_correlation(ours, theirs).as_json("value")
        random = np.random.default_rng(0)
        lt.statistics.resample(count, PERMUTATIONS, random)  # Published permutations were drawn after these.
        one, other = rankdata([ours, theirs], axis=1) - (count + 1) / 2
        shuffled = random.permuted(np.tile(other, (PERMUTATIONS, 1)), axis=1) @ one
        comparison["permuted"] = np.quantile(np.abs(shuffled / np.sqrt((one @ one) * (other @ other))), 0.95)
    comparison["difference"] = median_of(theirs - ours)
    comparison["spread"] = np.std(ours, ddof=1)
    return comparison


def median_of(values: Float[np.ndarray, " S"]) -> dict[str, float | None]:
    """The median of the finite values with a 95 % bootstrap interval."""
    return lt.statistics.median_bootstrap(values[np.isfinite(values)]).as_json()


def judged(prediction: Prediction, results: xr.Dataset) -> dict[str, Any]:
    """Tests a prediction: it holds if the interval of the median lies in the predicted range, and fails outside."""
    measured = prediction.measured
    if isinstance(measured, str):
        values = results[measured].values
    else:
        values = results.explained.sel(model=measured[0], curves=measured[1]).values
    estimate = lt.statistics.median_bootstrap(values[np.isfinite(values)])
    if prediction.low <= estimate.low and estimate.high <= prediction.high:
        verdict = "holds"
    else:
        verdict = "fails" if estimate.high < prediction.low or estimate.low > prediction.high else "undecided"
    return {
        "variant": prediction.variant,
        "measured": measured if isinstance(measured, str) else ": ".join(measured),
        "words": prediction.words,
        "predicted_low": prediction.low,
        "predicted_high": prediction.high,
        **estimate.as_json(),
        "verdict": verdict,
    }


def _tuned(results: xr.Dataset) -> dict[str, Any]:
    """The tuning of networks; those that rest nowhere under the mean input have NaN."""
    tuned: dict[str, Any] = {"networks": results.sizes["seed"], "oscillating": int((results.mode_frequency > 0).sum())}
    tuned["resting"] = int(results.mode_frequency.notnull().sum())
    for name in MEASURES:
        values = results[name].values
        tuned[name] = median_of(values)
        tuned[f"{name}_band"] = np.nanquantile(values, (0.05, 0.95))
    gains = results.gain.isel(input=int(results.attrs["mean"])).values
    median, low, high = np.nanquantile(gains, (0.5, 0.05, 0.95), axis=0)
    resonance = {"frequency": results.frequency.values, "median": median, "low": low, "high": high}
    return {**tuned, "resonance": resonance}


def plateau(results: xr.Dataset) -> dict[str, Any]:
    """Compares when the plateau ends and the resonance appears, in the networks that reach both.

    Returns:
        ``ended`` and ``resonant``: the medians of these numbers of steps with 95 % bootstrap intervals; ``together``:
        how many of the ``networks`` resonate by the first kept step after the end; ``agreement``: see `agreement`.
    """
    ended, resonant = steps_of(results)
    both = np.isfinite(ended) & np.isfinite(resonant)
    kept_steps = results.kept_step.values
    following = kept_steps[np.minimum(np.searchsorted(kept_steps, ended[both]), len(kept_steps) - 1)]
    return {
        "networks": int(both.sum()),
        "ended": median_of(ended[both]),
        "resonant": median_of(resonant[both]),
        "together": int((resonant[both] <= following).sum()),
        "agreement": agreement(ended[both], resonant[both]),
    }


def steps_of(results: xr.Dataset) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """The numbers of steps after which the plateau has ended and the resonance has appeared; NaN if never."""

    def first_step(met: xr.DataArray, steps: str) -> Float[np.ndarray, " S"]:
        return met[steps][met.argmax(steps)].where(met.any(steps)).values.astype(float)

    ended = results.train_loss < ENDED * results.curve_shown.isel(curve=0).values.var()
    resonant = results.peak_gain_course > RESONANT * results.static_gain_course
    return first_step(ended, "step"), first_step(resonant, "kept_step")


def explained(seeds: Annotated[int, range(6, 10_000_000)] = 64) -> lt.Analysis:
    """Compares the dynamics of all networks.

    Args:
        seeds: number of networks for each setting.
    """
    dynamics = {
        name: lt.ask(experiment(frequency), f"--seeds={seeds}", *flags, study="dynamics")
        for name, (frequency, flags) in {SINE: TrainedNetworks(), **VARIANTS}.items()
    }
    return lt.Analysis(
        name="explained",
        settings={"seeds": seeds, "steps": dynamics[SINE].settings.trained.steps},
        needs={NETWORKS: dynamics[SINE].needs["population"], **dynamics},
        score=lambda runs, _: score(runs),
        draw=lambda metrics, _: {
            "claims_by_model.png": here.figures.claims_by_model(metrics),
            "tuning.png": here.figures.tuning(metrics),
        },
        report=report,
    )


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the tuning by training frequency, the end of the plateau, and the predictions."""
    names = ("networks", "oscillate>", "mode>", "peak>", "peak gain>", "slow gain>")
    tuned = [
        (name, f"{row['oscillating']}/{row['networks']}", *(lt.tables.number(row[key]["median"]) for key in MEASURES))
        for name, row in metrics["tuning"].items()
    ]
    title = "at rest under the mean input, medians; mode and peak of the gain in rad per x"
    yield lt.tables.table(title, names, tuned, **lt.tables.PLAIN)
    plateau = metrics["plateau"]
    ended, resonant = (lt.tables.estimate(plateau[name]) for name in ("ended", "resonant"))
    yield (
        f"base seed 1: the plateau of the loss ends after {ended} steps, and networks resonate after {resonant}; in "
        f"{plateau['together']} of {plateau['networks']} they do by then"
    )
    predictions = metrics["predictions"]
    predicted = []
    for name, row in predictions.items():
        ends = f"{row['predicted_low']:g} … {row['predicted_high']:g}"
        predicted.append((name, row["measured"], ends, *lt.tables.spread(row), row["verdict"]))
    replications = sum(row["variant"] == REPEATED for row in predictions.values())
    title = f"predictions, made before; {replications} of {len(predicted)} are about the same recipe with new seeds"
    columns = ("prediction", "of", "predicted>", "median>", "95 % bootstrap>", "")
    yield lt.tables.table(title, columns, predicted, **lt.tables.PLAIN)


if __name__ == "__main__":
    lt.main(explained)
