"""Do the dynamics of the sine's networks explain the claims about them?

Compares the numbers of claims between networks and models of them, tests predictions, holds the units of the leading
mode, and asks whether the resonance ends the plateau of the loss. At first networks answer the mean of the sine, and
the loss stays near the sine's variance; the rules for the plateau were chosen on the networks with base seed 0, and are
applied to those with base seed 1.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from scipy.stats import rankdata

import lstm_toys as lt
from lstm_toys.dynamics.linear import by_modulus
from lstm_toys.dynamics.models import similarities
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json, finite
from lstm_toys.runs.folder import Run
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.trained import load
from lstm_toys.statistics import intervals
from lstm_toys.studies.dynamics.study import VARIABLES, answers_file

from .predictions import EVERY, NETWORKS, PREDICTIONS, REPEATED, SINE, Prediction
from .recipe import judged_claims

UNREAD = {"prediction", "answer", "phase"}
"""Variables of studies of dynamics that are not needed here and make up most of their files."""

RESAMPLES = 2_000
"""Number of resamples of networks, and of permutations of models."""

LEAST = 6
"""Fewest networks with both numbers for a comparison."""

LAYER, UNITS = "lstm_0", 4
"""The layer, and the number of its 32 units that are held at a time."""

KINDS = {"units held at their means": None, "forget gates clamped at their means": "forget"}
"""Kinds of interventions, and the gate that is clamped."""

ENDED = 0.25
"""The plateau has ended at the first recorded loss below this share of the variance of the sine."""

RESONANT = 1.5
"""A network resonates from the first kept step at which its largest gain is this multiple of that of slow inputs."""


def score(needs: Mapping[str, Run], experiment: lt.Experiment, settings: lt.Settings) -> dict[str, Any]:
    """Compares claims and tests predictions; ``needs`` are studies of dynamics by name, and the sine's ``networks``.

    Returns:
        ``claims``: `agreement` by claim and model; ``interventions``, ``predictions`` and ``plateau``: see the
        functions of these names and `judged`; ``tuning``: for each variant the frequencies of the leading mode and of
        the largest gain, and the gain by frequency.
    """
    every = {
        name: storage.load_results(each.checked("results.nc"), VARIABLES - UNREAD, UNREAD)
        for name, each in needs.items()
        if name != NETWORKS
    }
    sines = every[SINE]
    return {
        "seeds": sines.sizes["seed"],
        "claims": _claims(needs, sines),
        "interventions": interventions(Prepared(experiment, settings), needs[NETWORKS], sines),
        "predictions": {each.id: judged(each, every[each.variant]) for each in PREDICTIONS},
        "tuning": {name: {"frequency": each.frequency, **_tuned(every[name], sines)} for name, each in EVERY.items()},
        "plateau": plateau(every[REPEATED]),
    }


def numbers_of(labeled: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Returns the numbers of the claims about the sine's networks, by claim."""
    return {claim: judgment.numbers for claim, judgment in judged_claims(labeled).items()}


def _claims(needs: Mapping[str, Run], sines: xr.Dataset) -> dict[str, Any]:
    found = storage.load_results(needs[NETWORKS].checked("results.nc"))
    models = {
        str(model): numbers_of(storage.load_results(needs[SINE].checked(answers_file(str(model))), set()))
        for model in sines.model.values
    }
    return {
        claim: {model: agreement(networks, own[claim]) for model, own in models.items() if claim in own}
        for claim, networks in numbers_of(found.isel(seed=sines.seed.values)).items()
    }


def agreement(networks: Float[np.ndarray, " S"], model: Float[np.ndarray, " S"]) -> dict[str, Any]:
    """Compares a claim's number between networks and models of them.

    Returns:
        ``networks``: how many have both numbers; ``correlation``: the rank correlation over networks with a 95 %
        bootstrap interval; ``permuted``: the value that its absolute value exceeds in 5 % of permutations of the
        models; ``difference``: the median of model minus network with a 95 % bootstrap interval; ``spread``: the
        standard deviation of the networks' numbers. None where they cannot be computed.
    """
    both = np.isfinite(networks) & np.isfinite(model)
    ours, theirs, random = networks[both], model[both], np.random.default_rng(0)
    count = len(ours)
    if count < LEAST:
        return {"networks": count, "correlation": None, "permuted": None, "difference": None, "spread": None}
    correlation, permuted = None, None
    if np.ptp(ours) > 0 and np.ptp(theirs) > 0:
        resampled = random.integers(0, count, (RESAMPLES, count))
        with np.errstate(invalid="ignore"):
            drawn = correlations(ours[resampled], theirs[resampled])
            shuffled = correlations(
                np.broadcast_to(ours, (RESAMPLES, count)), random.permuted(np.tile(theirs, (RESAMPLES, 1)), axis=1)
            )
        low, high = np.nanquantile(drawn, (0.025, 0.975))
        low, high = (low, high) if low < high else (np.nan, np.nan)  # Without any width it is no interval.
        value = correlations(ours[None], theirs[None])[0]
        correlation = {"value": finite(value), "low": finite(low), "high": finite(high)}
        permuted = finite(np.quantile(np.abs(shuffled), 0.95))
    return {
        "networks": count,
        "correlation": correlation,
        "permuted": permuted,
        "difference": as_json(intervals.median_bootstrap(theirs - ours)),
        "spread": finite(float(np.std(ours, ddof=1))),
    }


def correlations(first: Float[np.ndarray, "N S"], second: Float[np.ndarray, "N S"]) -> Float[np.ndarray, " N"]:
    """Spearman's rank correlation of each pair of rows; NaN if a row is constant."""
    ranks = [rankdata(each, axis=1) for each in (first, second)]
    one, other = (each - each.mean(axis=1, keepdims=True) for each in ranks)
    return (one * other).sum(axis=1) / np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))


def judged(prediction: Prediction, found: xr.Dataset) -> dict[str, Any]:
    """Tests a prediction: it holds if the interval of the median lies in the predicted range, and fails outside."""
    named = prediction.measured
    if isinstance(named, str):
        values = found[named].values
    else:
        values = found.explained.sel(model=named[0], curves=named[1]).values
    estimate = intervals.median_bootstrap(values[np.isfinite(values)])
    if prediction.low <= estimate.low and estimate.high <= prediction.high:
        verdict = "holds"
    else:
        verdict = "fails" if estimate.high < prediction.low or estimate.low > prediction.high else "undecided"
    return {
        "variant": prediction.variant,
        "measured": named if isinstance(named, str) else ": ".join(named),
        "words": prediction.words,
        "predicted_low": prediction.low,
        "predicted_high": prediction.high,
        **as_json(estimate),
        "verdict": verdict,
    }


def _tuned(found: xr.Dataset, sines: xr.Dataset) -> dict[str, Any]:
    """The tuning of networks, and the similarity of their states along their training curve to the sine's."""
    tuned: dict[str, Any] = {"networks": found.sizes["seed"]}
    for name in ("mode_frequency", "peak_frequency", "peak_gain", "static_gain"):
        values = found[name].values
        values = values[np.isfinite(values)]
        tuned[name] = as_json(intervals.median_bootstrap(values))
        band = np.quantile(values, (0.05, 0.95)).tolist() if len(values) else (np.nan, np.nan)
        tuned[f"{name}_band"] = [finite(each) for each in band]
    similar = np.median(similarities(sines.trajectory.values, found.trajectory.values), axis=1)
    return tuned | {
        "oscillating": int((found.mode_frequency.values > 0).sum()),
        "resonance": _resonance(found),
        "similarity": as_json(intervals.median_bootstrap(similar)),
    }


def _resonance(found: xr.Dataset) -> dict[str, list[float | None]]:
    frequency, gains = found.frequency.values, found.gain.isel(input=int(found.attrs["mean"])).values
    gains = gains[np.isfinite(gains).all(axis=1)]
    if not len(gains):
        gains = np.full((1, len(frequency)), np.nan)
    rows = zip(("median", "low", "high"), np.quantile(gains, (0.5, 0.05, 0.95), axis=0), strict=True)
    return {name: [*map(finite, values.tolist())] for name, values in (("frequency", frequency), *rows)}


def interventions(prepared: Prepared, networks: Run, found: xr.Dataset) -> dict[str, Any]:
    """Compares interventions on the units of the leading mode with those on random units, by kind and claim.

    Each row has the median absolute change of the number for units of the ``mode`` and for ``random`` ones, and the
    median ``difference`` with a 95 % bootstrap interval, in standard deviations of the networks' numbers.
    """
    params = jax.tree.map(lambda leaf: leaf[found.seed.values], load(networks).params)
    curves = prepared.curves.answered[""]
    chosen, random = leading_units(found), random_units(len(found.seed))
    answers = lt.answers(prepared.model, params, curves, block=prepared.block)
    before = numbers_of(lt.labeled(prepared.experiment, answers))
    rows: dict[str, Any] = {}
    for kind, gate in KINDS.items():
        after = {}
        for name, units in (("mode", chosen), ("random", random)):
            held = lt.intervene(prepared.model, params, curves, LAYER, units, gate=gate, block=prepared.block)
            after[name] = numbers_of(lt.labeled(prepared.experiment, held))
        rows[kind] = {}
        for claim, numbers in before.items():
            with np.errstate(divide="ignore", invalid="ignore"):  # Networks may all have the same number.
                spread = np.nanstd(numbers, ddof=1)
                changes = {name: np.abs(each[claim] - numbers) / spread for name, each in after.items()}
            known = np.isfinite(changes["mode"]) & np.isfinite(changes["random"])
            if known.sum() >= LEAST:
                values = {name: each[known] for name, each in changes.items()}
                values["difference"] = values["mode"] - values["random"]
                rows[kind][claim] = {name: as_json(intervals.median_bootstrap(each)) for name, each in values.items()}
    return rows


def leading_units(found: xr.Dataset) -> Int[np.ndarray, "S K"]:
    """The units of the layer with the largest participation in the leading mode of each network at rest.

    The participation of a component is the product of its entries in the left and the right eigenvector; the
    participation of a unit is the sum over its states (Perez-Arriaga, Verghese and Schweppe, 1982).
    """
    names = [str(each).rsplit("/", 1) for each in found.state.values]
    own = np.array([place.startswith(f"{LAYER}/") for place, _ in names])
    units = np.array([int(unit) for _, unit in names])[own]
    summed = [np.bincount(units, participation(each)[own]) for each in found.jacobian.values.astype(float)]
    return np.stack([np.sort(np.argsort(-each)[:UNITS]) for each in summed])


def participation(matrix: Float[np.ndarray, "D D"]) -> Float[np.ndarray, " D"]:
    """The participation of each component in the leading mode of a linear map."""
    if not np.isfinite(matrix).all():
        return np.zeros(len(matrix))
    values, right = np.linalg.eig(matrix)
    place = by_modulus(values.astype(complex))[0]
    others, left = np.linalg.eig(matrix.T)
    own = left[:, np.abs(others - values[place]).argmin()]
    taken = np.abs(own * right[:, place])
    return np.asarray(taken / taken.sum())


def random_units(networks: int) -> Int[np.ndarray, "S K"]:
    """Random units of each network, which do not depend on the number of networks."""
    rows = [np.random.default_rng(seed).permutation(32)[:UNITS] for seed in range(networks)]
    return np.sort(np.stack(rows), axis=1)


def plateau(found: xr.Dataset) -> dict[str, Any]:
    """Compares when the plateau ends and the resonance appears, in the networks that reach both.

    Returns:
        ``ended`` and ``resonant``: the medians of these numbers of steps with 95 % bootstrap intervals; ``together``:
        how many of the ``networks`` resonate by the first kept step after the end; ``agreement``: see `agreement`.
    """
    ended, resonant = steps_of(found)
    both = np.isfinite(ended) & np.isfinite(resonant)
    kept = found.kept_step.values
    following = kept[np.minimum(np.searchsorted(kept, ended[both]), len(kept) - 1)]
    return {
        "networks": int(both.sum()),
        "ended": as_json(intervals.median_bootstrap(ended[both])),
        "resonant": as_json(intervals.median_bootstrap(resonant[both])),
        "together": int((resonant[both] <= following).sum()),
        "agreement": agreement(ended[both], resonant[both]),
    }


def steps_of(found: xr.Dataset) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """The numbers of steps after which the plateau has ended and the resonance has appeared; NaN if never."""

    def first(met: xr.DataArray, steps: str) -> Float[np.ndarray, " S"]:
        return met[steps][met.argmax(steps)].where(met.any(steps)).values.astype(float)

    ended = found.train_loss < ENDED * found.curve_shown.isel(curve=0).values.var()
    resonant = found.peak_gain_course > RESONANT * found.static_gain_course
    return first(ended, "step"), first(resonant, "kept_step")
