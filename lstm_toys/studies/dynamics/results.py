"""Summarizes the results of a study of dynamics."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.dynamics.rest import Kind
from lstm_toys.results.summary import as_json
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals

VARIABLES = {"kind", "share", "static_answer", "gain", "mode_frequency", "exponent", "distance", "similarity"}
"""Variables that every file has."""

LABELS = {
    "mode_frequency": "frequency of the leading mode",
    "time_constant": "time constant of the leading mode",
    "static_gain": "gain of slow inputs",
    "peak_gain": "largest gain",
    "peak_frequency": "frequency of the largest gain",
}
"""Names of the results at rest under the training curves' mean."""


def answers_file(model: str) -> str:
    """The name of the file with the answers of a model."""
    return f"answers_{model.replace(', ', '_').replace(' ', '_')}.nc"


def summary(found: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Medians over networks with 95 % bootstrap intervals; shares of networks with Wilson's 95 % intervals."""
    mean = int(found.attrs["mean"])
    rows: dict[str, Any] = {}
    kinds = found.kind.isel(input=mean).values
    one = (kinds == Kind.STABLE).sum(axis=1) == 1
    rows["share with one stable point at the mean input"] = intervals.wilson(int(one.sum()), len(one))
    turning = found.mode_frequency.values > 0
    rows["share whose leading mode oscillates"] = intervals.wilson(int(turning.sum()), len(turning))
    for name, label in LABELS.items():
        rows[label] = intervals.median_bootstrap(_finite(found[name].values))
    rows["largest exponent along the training curve"] = intervals.median_bootstrap(
        _finite(found.exponent.sel(driving=TRAINING).isel(place=0).values)
    )
    if found.sizes["seed"] > 1:
        others = np.where(np.eye(found.sizes["seed"], dtype=bool), np.nan, found.similarity.values)
        rows["similarity of states to those of other networks"] = intervals.median_bootstrap(
            np.nanmedian(others, axis=1)
        )
    if "explained" in found:
        for model in found.model.values:
            for curves in found.curves.values:
                shares = found.explained.sel(model=model, curves=curves).values
                rows[f"{model}: variance explained, {curves}"] = intervals.median_bootstrap(_finite(shares))
                covered = found.coverage.sel(model=model, curves=curves).values
                if not (found.coverage.sel(model=model) == 1).all():
                    rows[f"{model}: time points predicted, {curves}"] = intervals.median_bootstrap(covered)
    return {name: as_json(intervals.Estimate(*estimate)) for name, estimate in rows.items()}


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
