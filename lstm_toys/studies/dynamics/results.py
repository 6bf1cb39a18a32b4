"""Summarizes the results of a study of dynamics."""

from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.dynamics import linear
from lstm_toys.dynamics.rest import Kind
from lstm_toys.results.summary import as_json
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals
from lstm_toys.statistics.measures import SETTLED
from lstm_toys.studies.dynamics.ask import WINDOWS

VARIABLES = {"kind", "share", "static_answer", "gain", "mode_frequency", "exponent", "distance", "similarity"}
"""Variables that every file has."""

LABELS = {
    "mode_frequency": "frequency of the leading mode",
    "time_constant": "time constant of the leading mode",
    "static_gain": "gain of slow inputs",
    "peak_gain": "largest gain",
    "peak_frequency": "frequency of the largest gain",
    "peak_gain_trained": "gain at this frequency for sines as large as the training curve",
}
"""Names of the results at rest under the training curves' mean."""


def answers_file(model: str) -> str:
    """The name of the file with the answers of a model."""
    return f"answers_{model.replace(', ', '_').replace(' ', '_')}.nc"


def measured(found: xr.Dataset) -> dict[str, Any]:
    """Returns all measurements of finished results, by name in the metrics."""
    return {
        "mean_input": float(found.input[int(found.attrs["mean"])]),
        "summary": summary(found),
        **({"curves": curves(found)} if "explained" in found else {}),
    }


def summary(found: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Medians over networks with 95 % bootstrap intervals; shares of networks with Wilson's 95 % intervals."""
    mean = int(found.attrs["mean"])
    rows: dict[str, Any] = {}
    kinds = found.kind.isel(input=mean).values
    one = (kinds == Kind.STABLE).sum(axis=1) == 1
    rows["share with one stable point at the mean input"] = intervals.wilson(int(one.sum()), len(one))
    shown = found.curve_shown.isel(curve=0).values
    trained = (found.input.values >= shown.min()) & (found.input.values <= shown.max())
    settle = ((found.kind.values[:, trained] == Kind.STABLE).sum(axis=2) == 1).all(axis=1)
    rows["share with one stable point throughout the training range"] = intervals.wilson(int(settle.sum()), len(settle))
    turning = found.mode_frequency.values > 0
    rows["share whose leading mode oscillates"] = intervals.wilson(int(turning.sum()), len(turning))
    for name, label in LABELS.items():
        rows[label] = intervals.median_bootstrap(_finite(found[name].values))
    quality = found.mode_frequency.values * found.time_constant.values / 2
    rows["quality factor of the leading mode"] = intervals.median_bootstrap(_finite(quality))
    rows["largest exponent along the training curve"] = intervals.median_bootstrap(
        _finite(found.exponent.sel(driving=TRAINING).isel(place=0).values)
    )
    if found.sizes["seed"] > 1:
        others = np.where(np.eye(found.sizes["seed"], dtype=bool), np.nan, found.similarity.values)
        rows["similarity of states to those of other networks"] = intervals.median_bootstrap(
            np.nanmedian(others, axis=1)
        )
    if "explained" in found:
        for (ending, words), model, family in product(WINDOWS.items(), found.model.values, found.curves.values):
            shares, coverage = (found[f"{name}{ending}"].sel(model=model) for name in ("explained", "coverage"))
            values, covered = (each.sel(curves=family).values for each in (shares, coverage))
            rows[f"{model}: variance explained{words}, {family}"] = intervals.median_bootstrap(_finite(values))
            if not (coverage == 1).all():
                rows[f"{model}: time points predicted{words}, {family}"] = intervals.median_bootstrap(covered)
    return {name: as_json(intervals.Estimate(*estimate)) for name, estimate in rows.items()}


def curves(found: xr.Dataset) -> dict[str, list[dict[str, Any]]]:
    """Measures each curve of each family in the first fifth of x.

    Returns:
        By family, for each curve: its ``first`` and ``last`` value; ``mode_frequency``, the median frequency of the
        leading mode at rest under the constant input nearest to the curve's mean there, with a 95 % bootstrap interval,
        the number of ``networks`` that rest, and how many of them are ``oscillating``; and by model the median of the
        variance explained there with the same interval, the number of ``networks`` for which it is defined, and the
        share of time points ``predicted`` over all networks.
    """
    frequencies, x = _frequencies(found), found.time.values
    early = (x - x[0]) / (x[-1] - x[0]) < SETTLED
    rows: dict[str, list[dict[str, Any]]] = {}
    for place, family in enumerate(found.family.values):
        shown = found.curve_shown.isel(curve=place).values
        nearest = int(np.abs(found.input.values - shown[early].mean()).argmin())
        mode = {**_median(frequencies[:, nearest]), "oscillating": int((frequencies[:, nearest] > 0).sum())}
        row = {"first": float(shown[0]), "last": float(shown[-1]), "mode_frequency": mode}
        for model in found.model.values:
            shares, covered = (
                found[name].sel(model=model).isel(curve=place).values
                for name in ("explained_early_curve", "coverage_early_curve")
            )
            row[str(model)] = {**_median(shares), "predicted": float(covered.mean())}
        rows.setdefault(str(family), []).append(row)
    return rows


def _median(values: Float[np.ndarray, " S"]) -> dict[str, Any]:
    known = _finite(values)
    return {**as_json(intervals.median_bootstrap(known)), "networks": len(known)}


def _frequencies(found: xr.Dataset) -> Float[np.ndarray, "S U"]:
    """The frequency of the leading mode at the stable fixed point under each constant input; NaN if there is none."""
    stable = found.kind.values == Kind.STABLE
    leading = found.eigenvalue_real.values[..., 0] + 1j * found.eigenvalue_imaginary.values[..., 0]
    values = np.take_along_axis(leading, stable.argmax(axis=2)[..., None], axis=2)[..., 0]
    spacing = float(found.time[1] - found.time[0])
    return np.where(stable.any(axis=2), np.abs(linear.modes(values, spacing).frequency), np.nan)


def at_rest(found: xr.Dataset) -> dict[str, Float[np.ndarray, " U"]]:
    """Returns by constant input the shares of networks that settle in each kind of limit from most starts."""
    first = found.kind.isel(found=0).values
    names = {
        Kind.STABLE: "a stable point",
        Kind.NEUTRAL: "a point that neither attracts nor repels",
        Kind.CYCLE: "a cycle",
        Kind.INTEGRATES: "a state that integrates, while the answer rests",
        Kind.NONE: "none of these",
    }
    shares = {name: (first == kind).mean(axis=0) for kind, name in names.items()}
    return {name: each for name, each in shares.items() if each.any()}


def _finite(values: Float[np.ndarray, " S"]) -> Float[np.ndarray, " K"]:
    return values[np.isfinite(values)]
