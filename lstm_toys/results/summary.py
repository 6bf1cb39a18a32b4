"""Summarizes a population's results: errors, accuracies, steps until learned, and metrics."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys import arguments
from lstm_toys.results.arrays import (
    after_of,
    counted_of,
    loss_name,
    measures_of,
    not_diverged,
    parts,
    recorded,
    recorded_on,
)
from lstm_toys.statistics import intervals
from lstm_toys.tasks.goal import Goal, Unlearned, after_which
from lstm_toys.tasks.parameters import PARAMETER
from lstm_toys.tasks.sets import scaling_of
from lstm_toys.tasks.supervision import CROSS_ENTROPY, Task, measured


def family_rmse(results: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Returns each seed's root mean squared error over all curves of each family.

    The targets are the truth, or, if it is missing, an input of the same features, unless networks predict.
    """
    return {name: rmse for part in parts(results) for name, rmse in _rmse(part, part.answer).items()}


def _rmse(results: xr.Dataset, answer: xr.DataArray) -> dict[str, Any]:
    truth = results.truth if "truth" in results else results.input
    if {*truth.dims} != {*answer.dims} - {"seed"} or ("truth" not in results and "ahead" in results.attrs):
        return {}
    squared = np.square(answer - truth)
    by_seed = ["seed"] if "seed" in squared.dims else []

    def root_mean(family: str) -> Any:
        chosen = squared.isel(curve=results.family.values == family).transpose(*by_seed, ...).values
        seeds, points = chosen.shape[: len(by_seed)], chosen.shape[len(by_seed) :]
        rows = chosen.reshape(*seeds, math.prod(points))  # In this order, no seed's bits depend on others.
        known = ~np.isnan(rows)
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.where(known, rows, 0).sum(axis=-1) / known.sum(axis=-1, dtype=rows.dtype))

    return {str(family): root_mean(family) for family in dict.fromkeys(results.family.values)}


def family_accuracy(results: xr.Dataset) -> dict[str, dict[str, Float[np.ndarray, " S"]]]:
    """Returns each seed's accuracies by family, see `lstm_toys.tasks.goal.ACCURACIES`.

    They are empty unless answers are classes or bits.
    """
    found = {}
    for part in parts(results):
        if "truth" not in part or "loss" not in part.answer.attrs:
            continue
        for family in dict.fromkeys(part.family.values):
            ours, known = _points(part.isel(curve=part.family.values == family))
            over = {"points": (ours & known).sum(list(known.dims)) / known.sum()} if "time" in known.dims else {}
            over["sequences"] = _sequences(ours, known).mean("curve")
            found[str(family)] = {name: each.values for name, each in over.items()}
    return found


def of_probes(
    task: Task, labeled: xr.Dataset, probes: Sequence[str]
) -> dict[str, Float[np.ndarray, "S probes *counted"]]:
    """Returns errors or accuracies by probe, NaN where no target is known, by ``"rmse"`` or ``"accuracy"``."""
    counted, found = measured(task.loss, sequence=task.sequence), dict[str, Any]()
    if counted:
        found = {name: np.stack([*each.values()], -1) for name, each in family_accuracy(labeled).items()}
    else:
        found = family_rmse(labeled)
    values = np.full((labeled.sizes["seed"], len(probes), *([len(counted)] if counted else [])), np.nan)
    for place, name in enumerate(probes):
        values[:, place] = found.get(name, np.nan)
    return {"accuracy" if counted else "rmse": values}


def right(curves: xr.Dataset) -> Bool[np.ndarray, "S C"]:
    """Returns whether each network answers each sequence correctly at every point whose target is known.

    A class is correct if it has the largest logit, and bits if all of them whose target is known are on the right side
    of 0.

    Args:
        curves: results of networks that answer classes or bits, such as `lt.probed` selects, with ``answer`` and
            ``truth``.

    Returns:
        True or False for each network and sequence ``[S, C]``.

    Raises:
        ValueError: the answers are neither classes nor bits, or a sequence has no known target.

    Example:
        >>> answer = ("seed", "curve", "time", "output_feature"), [[[[2.0], [-1.0]]]], {"loss": "binary_cross_entropy"}
        >>> curves = lt.Results({"answer": answer, "truth": (answer[0][1:], [[[1.0], [0.0]]])})
        >>> lt.right(curves).tolist()
        [[True]]
    """
    arguments.kinds(locals(), curves=xr.Dataset)
    if not {"answer", "truth"} <= curves.variables.keys() or "loss" not in curves.answer.attrs:
        raise ValueError("only answers of classes or bits with known targets are right or wrong")
    whole = _sequences(*_points(curves))
    if whole.isnull().any():
        raise ValueError("there is a sequence of which no target is known, so that no answer is right or wrong")
    return np.asarray(whole.values == 1)


def accepted(curves: xr.Dataset | Sequence[xr.Dataset], by: str) -> Float[np.ndarray, " S"]:
    """Returns the largest value of a parameter up to which each network answers every sequence correctly.

    Args:
        curves: results of networks that answer classes or bits, as `lt.right` takes them, or several such results of
            the same networks, such as of probes of different lengths.
        by: a parameter of the curves, such as ``"n"`` for the n of a^n b^n.

    Returns:
        One value for each network ``[S]``: at most the largest among the curves, and 0 if the network is wrong about
        the smallest one.

    Raises:
        ValueError: the answers are neither classes nor bits, a sequence has no known target, or no such parameter.

    Example:
        >>> answer = ("seed", "curve", "output_feature"), [[[2.0], [1.0], [-1.0]]], {"loss": "binary_cross_entropy"}
        >>> curves = lt.Results({"answer": answer, "truth": (answer[0][1:], [[1.0]] * 3)})
        >>> lt.accepted(curves.assign_coords(parameter_n=("curve", [1, 2, 3])), by="n").tolist()
        [2.0]
    """
    arguments.kinds(locals(), curves=xr.Dataset | Sequence)
    sets = [curves] if isinstance(curves, xr.Dataset) else [*curves]
    if any(f"{PARAMETER}{by}" not in each.coords for each in sets):
        raise ValueError(f"by must be a parameter of all curves, not {by!r}")
    values = np.concatenate([each[f"{PARAMETER}{by}"].values for each in sets]).astype(float)
    wrong = ~np.concatenate([right(each) for each in sets], axis=1)
    first_wrong = np.where(wrong, values, np.inf).min(axis=1)
    below = np.where(values < first_wrong[:, None], values, -np.inf).max(axis=1)
    return np.where(np.isfinite(below), below, 0.0)


def _points(curves: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Whether each point of each seed is correct, and whether its truth is known."""
    answer, truth = curves.answer, curves.truth
    features = answer.dims[-1]
    if answer.attrs["loss"] == CROSS_ENTROPY:
        return answer.argmax(features) == truth, truth.notnull()
    return ((answer > 0) == (truth > 0.5)).all(features), truth.notnull().all(features)


def _sequences(ours: xr.DataArray, known: xr.DataArray) -> xr.DataArray:
    """Whether whole sequences are correct; NaN where no truth is known."""
    points = [axis for axis in known.dims if axis != "curve"]
    return (ours | ~known).all(points).where(known.any(points))


def steps_to_goal(results: xr.Dataset, goal: Goal) -> Float[np.ndarray, " S"]:
    """Returns the first recorded step after which a seed always meets a goal; infinite if it misses it at the last."""
    reached = _met(results, goal)
    stays = np.logical_and.accumulate(reached[:, ::-1], axis=1)[:, ::-1]
    stays &= ~results.diverged.values[:, None]
    return np.where(stays.any(axis=1), results.step.values[stays.argmax(axis=1)], np.inf)


def _met(results: xr.Dataset, goal: Goal) -> Bool[np.ndarray, "S R"]:
    """Whether each seed meets a goal at each record."""
    after = after_of(results)
    if after not in (None, goal.after):
        raise ValueError(f"the goal leaves out {goal.after:g} of a curve, and what was recorded {after:g}")
    return np.asarray(goal.met(goal.error(*measures_of(results))))


def unlearned(results: xr.Dataset, goal: Goal) -> list[Unlearned]:
    """Lists the seeds that did not learn their task, and why."""
    met, steps, found = _met(results, goal), results.step.values, list[Unlearned]()
    for place, seed in enumerate(results.seed.values.tolist()):
        if results.diverged.values[place]:
            found.append(Unlearned(seed, "diverged", int(results.sound_step.values[place])))
        elif not met[place].any():
            found.append(Unlearned(seed, "never met the goal"))
        elif not met[place, -1]:
            found.append(Unlearned(seed, "met the goal and lost it", int(steps[met[place]][-1])))
    return found


def described_goal(results: xr.Dataset, goal: Goal) -> str:
    """Describes a goal by what was recorded."""
    return goal.text(scaled=scaling_of(results) is not None, over=counted_of(results), of=recorded_on(results))


def outcomes(results: xr.Dataset, goal: Goal) -> dict[str, Any]:
    """Labels whether each seed learned its task, ``learned``, and if not, why: ``reason``, otherwise an empty text."""
    reasons = {each.seed: str(each) for each in unlearned(results, goal)}
    told = [reasons.get(seed, "") for seed in results.seed.values.tolist()]
    return {"learned": ("seed", [not each for each in told]), "reason": ("seed", told)}


def summary(results: xr.Dataset, goal: Goal | None) -> dict[str, tuple[intervals.Estimate, str]]:
    """Returns by name the estimate over seeds that did not diverge, and the kind of its interval."""
    fit = not_diverged(results)
    rows = {loss_name(results): (intervals.median_quartiles(fit.train_loss.values[:, -1]), "quartiles")}
    shown = recorded_on(results)
    last, late = recorded(fit).isel(step=-1), f" {after_which(after_of(results) or 0)}".rstrip()
    over = {name: f"accuracy over {each}" for name, each in counted_of(fit).items()}
    for name in last[last.dims[-1]].values.tolist():
        values = last.sel({last.dims[-1]: name}).values
        rows[f"{shown} {over.get(name, f'RMSE of {name}')}{late}"] = (intervals.median_quartiles(values), "quartiles")
    if goal is not None:
        rows["steps until learned"] = (intervals.median_quartiles(steps_to_goal(fit, goal)), "quartiles")
    for family, accuracies in family_accuracy(fit).items():
        for name, values in accuracies.items():
            if not np.isnan(values).all():
                rows[f"{family}, accuracy over {name}"] = (intervals.median_bootstrap(values), "95 % bootstrap")
    for feature, part in ({} if "loss" in results.answer.attrs else _of_units(results)).items():
        suffix = f" of {feature}" if feature else ""
        for family, rmse in family_rmse(not_diverged(part)).items():
            if not np.isnan(rmse).all():
                rows[f"{family}, RMSE{suffix} to target"] = (intervals.median_bootstrap(rmse), "95 % bootstrap")
        for each in parts(part) if "ahead" in results.attrs else ():
            for family, error in _rmse(each, each.input).items():
                again = intervals.Estimate(float(error), np.nan, np.nan)
                rows[f"{family}, RMSE{suffix} of the last value again"] = (again, "no network")
    return rows


def _of_units(results: xr.Dataset) -> dict[str, xr.Dataset]:
    """Splits results into parts that may be averaged: all together, or by feature if features have different units."""
    axis = str(results.answer.dims[-1])
    if scaling_of(results) is None or results.sizes[axis] == 1:
        return {"": results}
    return {str(name): results.sel({axis: [name]}) for name in results[axis].values}


def metrics(results: xr.Dataset, goal: Goal | None) -> dict[str, Any]:
    """Returns the metrics of a run for JSON; numbers that are not finite become null.

    Without a goal, none of them is about learning.
    """
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
        **({"last_steps": results.last_step.values.tolist()} if "last_step" in results else {}),
        **({} if goal is None else _learning(results, goal)),
        "summary": {
            name: {**as_json(estimate), "interval": interval}
            for name, (estimate, interval) in summary(results, goal).items()
        },
        "flags": flags,
        **({"scaling": str(scaling)} if scaling else {}),
        "fingerprint": json.loads(results.attrs["fingerprint"]),
        "earlier_fingerprints": json.loads(results.attrs["earlier_fingerprints"]),
    }


def _learning(results: xr.Dataset, goal: Goal) -> dict[str, Any]:
    """The metrics of a run that depend on its goal."""
    steps = steps_to_goal(results, goal)
    return {
        "goal": described_goal(results, goal),
        "steps_to_goal": [finite(step) for step in steps.tolist()],
        "converged": int(np.isfinite(steps).sum()),
        "unlearned": [each._asdict() for each in unlearned(results, goal)],
    }


def as_json(estimate: intervals.Estimate) -> dict[str, float | None]:
    """Returns a median and its interval for JSON; numbers that are not finite become None."""
    return {name: finite(value) for name, value in zip(("median", "low", "high"), estimate, strict=True)}


def median_of(values: Float[np.ndarray, " S"]) -> dict[str, float | None]:
    """The median of the finite values with a 95 % bootstrap interval, for JSON."""
    return as_json(intervals.median_bootstrap(values[np.isfinite(values)]))


def finite(value: float) -> float | None:
    """Returns a number for JSON, or None if it is not finite."""
    return float(value) if np.isfinite(value) else None
