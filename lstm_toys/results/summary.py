"""Summarizes a population's results: errors, steps until learned, and metrics."""

import json
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.results.accuracy import family_accuracy
from lstm_toys.results.arrays import (
    after_of,
    kept,
    loss_name,
    measures_of,
    parts,
    recorded,
    scaling_of,
)
from lstm_toys.statistics import intervals
from lstm_toys.tasks.goal import WEIGHTED, Goal, after_which


def family_rmse(results: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Returns each seed's root mean squared error over all curves of each family.

    The targets are the truth, or, if it is missing, for sequences an input of the same features.
    """
    return {name: rmse for part in parts(results) for name, rmse in _rmse(part, part.answer).items()}


def _rmse(results: xr.Dataset, answer: xr.DataArray) -> dict[str, Any]:
    truth = results.truth if "truth" in results else results.input
    if {*truth.dims} != {*results.answer.dims} - {"seed"}:
        return {}
    squared = np.square(answer - truth).mean(
        [axis for axis in ("time", "feature", "output_feature") if axis in truth.dims]
    )
    return {
        str(family): np.sqrt(squared.isel(curve=results.family.values == family).mean("curve").values)
        for family in dict.fromkeys(results.family.values)
    }


def steps_to_goal(results: xr.Dataset, goal: Goal) -> Float[np.ndarray, " S"]:
    """Returns the first recorded step after which a seed always meets a goal; infinite if it misses it at the last.

    Raises ValueError if the recorded errors leave out a different share of the curves than the goal.
    """
    after = after_of(results)
    if after not in (None, goal.after):
        raise ValueError(f"the goal leaves out {goal.after:g} of a curve, and what was recorded {after:g}")
    reached = goal.met(goal.error(*measures_of(results)))
    stays = np.logical_and.accumulate(reached[:, ::-1], axis=1)[:, ::-1]
    stays &= ~results.diverged.values[:, None]
    return np.where(stays.any(axis=1), results.step.values[stays.argmax(axis=1)], np.inf)


def summary(results: xr.Dataset, goal: Goal) -> dict[str, tuple[intervals.Estimate, str]]:
    """Returns by name the estimate over seeds that did not diverge, and the kind of its interval."""
    fit = kept(results)
    rows = {loss_name(results): (intervals.median_quartiles(fit.train_loss.values[:, -1]), "quartiles")}
    last, late = recorded(fit).isel(step=-1), f" {after_which(after_of(results) or 0)}".rstrip()
    kind = "accuracy over" if "train_accuracy" in fit else "RMSE of"
    for name in last[last.dims[-1]].values:
        values = last.sel({last.dims[-1]: name}).values
        rows[f"train {kind} {WEIGHTED.get(str(name), name)}{late}"] = (intervals.median_quartiles(values), "quartiles")
    rows["steps until learned"] = (intervals.median_quartiles(steps_to_goal(fit, goal)), "quartiles")
    for family, accuracies in family_accuracy(fit).items():
        for name, values in accuracies.items():
            if not np.isnan(values).all():
                rows[f"{family}, accuracy over {name}"] = (intervals.median_bootstrap(values), "95 % bootstrap")
    for feature, part in ({} if "loss" in results.answer.attrs else _of_units(results)).items():
        suffix = f" of {feature}" if feature else ""
        for family, rmse in family_rmse(kept(part)).items():
            if not np.isnan(rmse).all():
                rows[f"{family}, RMSE{suffix} to target"] = (intervals.median_bootstrap(rmse), "95 % bootstrap")
        for family, error in repeated_rmse(part).items():
            again = intervals.Estimate(error, np.nan, np.nan)
            rows[f"{family}, RMSE{suffix} of the last value again"] = (again, "no network")
    return rows


def _of_units(results: xr.Dataset) -> dict[str, xr.Dataset]:
    """Splits results into parts that may be averaged: all together, or by feature if features have different units."""
    axis = str(results.answer.dims[-1])
    if scaling_of(results) is None or results.sizes[axis] == 1:
        return {"": results}
    return {str(name): results.sel({axis: [name]}) for name in results[axis].values}


def repeated_rmse(results: xr.Dataset) -> dict[str, float]:
    """Returns by family the error of predicting the last value again; empty if networks do not predict."""
    if "ahead" not in results.attrs:
        return {}
    return {name: float(error) for part in parts(results) for name, error in _rmse(part, part.input).items()}


def metrics(results: xr.Dataset, goal: Goal) -> dict[str, Any]:
    """Returns the metrics of a run for JSON; numbers that are not finite become null."""
    flags, scaling = json.loads(results.attrs["flags"]), scaling_of(results)
    return {
        "experiment": flags["experiment"],
        "seeds": flags["seeds"],
        "steps": flags["steps"],
        f"train_{'loss' if 'loss' in results.train_loss.attrs else 'mse'}": [
            finite(loss) for loss in results.train_loss.values[:, -1].astype(float).tolist()
        ],
        "diverged_seeds": results.seed.values[results.diverged.values].tolist(),
        "last_sound_steps": results.sound_step.values[results.diverged.values].tolist(),
        "goal": goal.told(scaled=scaling is not None),
        "steps_to_goal": [finite(step) for step in steps_to_goal(results, goal).tolist()],
        "converged": int(np.isfinite(steps_to_goal(results, goal)).sum()),
        "summary": {
            name: {**as_json(estimate), "interval": interval}
            for name, (estimate, interval) in summary(results, goal).items()
        },
        "flags": flags,
        **({"scaling": str(scaling)} if scaling else {}),
        "fingerprint": json.loads(results.attrs["fingerprint"]),
        "earlier_fingerprints": json.loads(results.attrs["earlier_fingerprints"]),
    }


def as_json(estimate: intervals.Estimate) -> dict[str, float | None]:
    """Returns a median and its interval for JSON; numbers that are not finite become None."""
    return {name: finite(value) for name, value in zip(("median", "low", "high"), estimate, strict=True)}


def finite(value: float) -> float | None:
    """Returns a number for JSON, or None if it is not finite."""
    return float(value) if np.isfinite(value) else None
