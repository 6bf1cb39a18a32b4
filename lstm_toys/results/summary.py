"""Summarizes a population's results: errors, steps until learned, and metrics."""

import json
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.results.arrays import after_of, kept, scaling_of
from lstm_toys.statistics import intervals
from lstm_toys.tasks.goal import Goal, after_which


def family_rmse(results: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Each seed's root mean squared error over all curves of a family, for each family.

    Answers are compared with the truth, or, if there is none, sequences with the input.
    """
    return _rmse(results, results.answer)


def _rmse(results: xr.Dataset, answer: xr.DataArray) -> dict[str, Any]:
    truth = results.truth if "truth" in results else results.input
    squared = np.square(answer - truth).mean(
        [axis for axis in ("time", "feature", "output_feature") if axis in truth.dims]
    )
    return {
        str(family): np.sqrt(squared.isel(curve=results.family.values == family).mean("curve").values)
        for family in dict.fromkeys(results.family.values)
    }


def steps_to_goal(results: xr.Dataset, goal: Goal) -> Float[np.ndarray, " S"]:
    """The first recorded step after which a seed always meets a goal; infinite if it does not by the last step.

    Raises ValueError if the recorded errors leave out another share of the curves than the goal does.
    """
    after, scaling = after_of(results), scaling_of(results)
    if after not in (None, goal.after):
        raise ValueError(f"the goal leaves out {goal.after:g} of a curve, and what was recorded {after:g}")
    rmse = results.train_rmse.values / (1 if scaling is None else scaling.units)
    reached = goal.error(rmse, results[results.train_rmse.dims[-1]].values.tolist()) <= goal.rmse
    stays = np.logical_and.accumulate(reached[:, ::-1], axis=1)[:, ::-1]
    stays &= ~results.diverged.values[:, None]
    return np.where(stays.any(axis=1), results.step.values[stays.argmax(axis=1)], np.inf)


def summary(results: xr.Dataset, goal: Goal) -> dict[str, tuple[intervals.Estimate, str]]:
    """The summary table: by name the estimate over seeds that did not diverge, and the kind of its interval."""
    fit = kept(results)
    mse = "train MSE of scaled values" if scaling_of(results) else "train MSE"
    rows = {mse: (intervals.median_quartiles(fit.train_loss.values[:, -1]), "quartiles")}
    last = fit.train_rmse.isel(step=-1)
    late = f" {after_which(after_of(results) or 0)}".rstrip()
    for name in last[last.dims[-1]].values:
        rows[f"train RMSE of {name}{late}"] = (
            intervals.median_quartiles(last.sel({last.dims[-1]: name}).values),
            "quartiles",
        )
    rows["steps until learned"] = (intervals.median_quartiles(steps_to_goal(fit, goal)), "quartiles")
    against = "truth" if "truth" in results else "input"
    for feature, part in _of_units(results).items():
        suffix = f" of {feature}" if feature else ""
        for family, rmse in family_rmse(kept(part)).items():
            if not np.isnan(rmse).all():
                rows[f"{family}, RMSE{suffix} to {against}"] = (intervals.median_bootstrap(rmse), "95 % bootstrap")
        for family, error in repeated_rmse(part).items():
            again = intervals.Estimate(error, np.nan, np.nan)
            rows[f"{family}, RMSE{suffix} of the last value again"] = (again, "no network")
    return rows


def _of_units(results: xr.Dataset) -> dict[str, xr.Dataset]:
    """Splits results into parts that may be averaged: all of them, or each feature if features have their own units."""
    axis = str(results.answer.dims[-1])
    if scaling_of(results) is None or results.sizes[axis] == 1:
        return {"": results}
    return {str(name): results.sel({axis: [name]}) for name in results[axis].values}


def repeated_rmse(results: xr.Dataset) -> dict[str, float]:
    """The error of repeating the last value as the prediction, by family; empty if networks do not predict."""
    if "ahead" not in results.attrs:
        return {}
    return {family: float(error) for family, error in _rmse(results, results.input).items()}


def metrics(results: xr.Dataset, goal: Goal) -> dict[str, Any]:
    """The metrics of a run for JSON; numbers that are not finite become null."""
    flags, scaling = json.loads(results.attrs["flags"]), scaling_of(results)
    return {
        "experiment": flags["experiment"],
        "seeds": flags["seeds"],
        "steps": flags["steps"],
        "train_mse": [finite(loss) for loss in results.train_loss.values[:, -1].astype(float).tolist()],
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
    """A median and its interval for JSON; numbers that are not finite become None."""
    return {name: finite(value) for name, value in zip(("median", "low", "high"), estimate, strict=True)}


def finite(value: float) -> float | None:
    """A number for JSON: None if it is not finite."""
    return float(value) if np.isfinite(value) else None
