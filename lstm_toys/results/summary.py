"""Summarizes a population's results: errors, accuracies, steps until learned, and metrics."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Shaped

from lstm_toys import arguments
from lstm_toys.results.arrays import (
    after_of,
    counted_of,
    loss_name,
    measures_of,
    names_of,
    nodes_of,
    not_diverged,
    probed,
    recorded,
    recorded_on,
)
from lstm_toys.statistics import errors, intervals
from lstm_toys.tasks.goal import ACCURACIES, Goal, Unlearned, after_which
from lstm_toys.tasks.parameters import PARAMETER, TRAINING
from lstm_toys.tasks.scaling import scaling_of

GOAL_ERROR, RMSE, ACCURACY = "goal_error", "rmse", "accuracy"
"""Variables: the error, or accuracy, that a goal limits; and the errors or accuracies of a probe."""


def counts_of(curves: xr.Dataset) -> np.ndarray:
    """How much each answer counts. Results made by hand may lack ``counts``; then all points with a truth count."""
    return curves.counts.values if "counts" in curves else curves.truth.notnull().values.astype(float)


def difference(curves: xr.Dataset) -> xr.DataArray:
    """Answers minus the truth ``[S, C, ..., A]``; NaN where it does not count."""
    return curves.answer.copy(data=errors.difference(curves.answer.values, curves.truth.values, counts_of(curves)))


def squared_errors(curves: xr.Dataset, variable: str = "answer") -> errors.Sums:
    """The squared errors of answers ``[S, C, ..., A]``, or of another variable ``[C, ..., A]``."""
    return errors.squared(curves[variable].values, curves.truth.values, counts_of(curves))


def hits(curves: xr.Dataset) -> errors.Sums:
    """The answers of classes or bits that are right, by point ``[S, C, ...]``, see `errors.hits`."""
    return errors.hits(str(curves.answer.attrs["loss"]), curves.answer.values, curves.truth.values, counts_of(curves))


def measured(curves: xr.Dataset, variable: str = "answer") -> xr.DataArray | None:
    """The errors or accuracies of answers to a set of curves; None if correct answers are unknown.

    ``rmse`` is along ``seed``, and of several scaled features, whose units may differ, along these. ``accuracy`` is
    along ``seed`` and ``counted``, see `ACCURACIES`. With the ``variable`` ``"input"``, measures a copy of the input.
    """
    if "truth" not in curves:
        return None
    if "loss" in curves.answer.attrs:
        right = hits(curves)
        points = right.count.ndim - 1
        over = {ACCURACIES[1]: right.over(-1).mean}  # One answer per sequence is weighted as in the loss, too.
        if points:
            over = {ACCURACIES[0]: right.over(-2, -1).mean, ACCURACIES[1]: errors.whole(right).over(-1).mean}
        values = np.stack([*over.values()], axis=-1)
        return xr.DataArray(values, {"counted": [*over]}, ["seed", "counted"], ACCURACY)
    squared, axis = squared_errors(curves, variable), str(curves.answer.dims[-1])
    seed, axes = curves.answer.dims[: squared.total.ndim - squared.count.ndim], range(-squared.count.ndim, 0)
    if not by_feature(curves):
        return xr.DataArray(squared.over(*axes).root, dims=seed, name=RMSE)
    return xr.DataArray(squared.over(*axes[:-1]).root, {axis: curves[axis].values}, [*seed, axis], RMSE)


def named(curves: xr.Dataset) -> dict[str, xr.DataArray]:
    """The `measured` errors or accuracies by name, as tables call them."""
    if ACCURACY in curves:
        accuracy = curves[ACCURACY]
        return {f"accuracy over {name}": accuracy.sel(counted=name) for name in accuracy.counted.values.tolist()}
    if RMSE not in curves:
        return {}
    rmse = curves[RMSE]
    axis = next((str(axis) for axis in rmse.dims if "feature" in str(axis)), None)
    if axis is None:
        return {"RMSE": rmse}
    return {f"RMSE of {name}": rmse.sel({axis: name}) for name in curves[axis].values.tolist()}


def by_feature(curves: xr.Dataset) -> bool:
    """Whether errors are those of single features: scaled ones may have different units."""
    return scaling_of(curves) is not None and curves.answer.sizes[curves.answer.dims[-1]] > 1


def right(curves: xr.Dataset) -> Bool[np.ndarray, "S C"]:
    """Returns whether each network answers each sequence correctly at every point whose target is known.

    A class is correct if it has the largest logit, and bits if all of them that count are on the right side of 0.

    Args:
        curves: results of networks that answer classes or bits, such as `lt.probed` selects, with ``answer`` and
            ``truth``.

    Returns:
        True or False for each network and sequence ``[S, C]``.

    Raises:
        ValueError: the answers are neither classes nor bits, or a sequence has no known target.

    Example:
        >>> answer = ("seed", "curve", "time", "output_feature"), [[[[2.0], [-1.0]]]], {"loss": "binary_cross_entropy"}
        >>> curves = xr.Dataset({"answer": answer, "truth": (answer[0][1:], [[[1.0], [0.0]]])})
        >>> lt.sequences.right(curves).tolist()
        [[True]]
    """
    arguments.kinds(locals(), curves=xr.Dataset)
    if not {"answer", "truth"} <= curves.variables.keys() or "loss" not in curves.answer.attrs:
        raise ValueError("only answers of classes or bits with known targets are right or wrong")
    points = hits(curves)
    sequences = errors.whole(points, points.count.ndim - 1 - ("seed" in curves.truth.dims))  # Drawn for each network.
    if not (sequences.count > 0).all():
        raise ValueError("there is a sequence of which no target is known, so that no answer is right or wrong")
    return np.asarray(sequences.total > 0)


def accepted(curves: xr.Dataset | Sequence[xr.Dataset], by: str) -> Float[np.ndarray, " S"]:
    """Returns the largest value of a parameter up to which each network answers every sequence correctly.

    Args:
        curves: results of networks that answer classes or bits, as `lt.sequences.right` takes them, or several such
            results of the same networks, such as of probes of different lengths.
        by: a parameter of the curves, such as ``"n"`` for the n of a^n b^n.

    Returns:
        One value for each network ``[S]``: at most the largest among the curves, and 0 if the network is wrong about
        the smallest one.

    Raises:
        ValueError: the answers are neither classes nor bits, a sequence has no known target, or no such parameter.

    Example:
        >>> answer = ("seed", "curve", "output_feature"), [[[2.0], [1.0], [-1.0]]], {"loss": "binary_cross_entropy"}
        >>> curves = xr.Dataset({"answer": answer, "truth": (answer[0][1:], [[1.0]] * 3)})
        >>> lt.sequences.accepted(curves.assign_coords(parameter_n=("curve", [1, 2, 3])), by="n").tolist()
        [2.0]
    """
    arguments.kinds(locals(), curves=xr.Dataset | Sequence)
    sets = [curves] if isinstance(curves, xr.Dataset) else [*curves]
    if any(f"{PARAMETER}{by}" not in dataset.coords for dataset in sets):
        raise ValueError(f"by must be a parameter of all curves, not {by!r}")
    values = np.concatenate([dataset[f"{PARAMETER}{by}"].values for dataset in sets], axis=-1).astype(float)
    wrong = ~np.concatenate([right(dataset) for dataset in sets], axis=1)
    first_wrong = np.where(wrong, values, np.inf).min(axis=1)
    below = np.where(values < first_wrong[:, None], values, -np.inf).max(axis=1)
    return np.where(np.isfinite(below), below, 0.0)


def goal_error(training: xr.Dataset, goal: Goal) -> Float[np.ndarray, "S R"]:
    """The error, or accuracy, that a goal limits, by seed and record: as stored for this goal, or computed."""
    stored = training.get(GOAL_ERROR)
    if stored is not None and stored.attrs["goal"] == repr(goal):
        return np.asarray(stored.values)
    after = after_of(training)
    if after not in (None, goal.after):
        raise ValueError(f"the goal leaves out {goal.after:g} of a curve, and what was recorded {after:g}")
    return np.asarray(goal.error(*measures_of(training)))


def steps_to_goal(training: xr.Dataset, goal: Goal) -> Float[np.ndarray, " S"]:
    """Returns the first recorded step after which a seed always meets a goal; infinite if it misses it at the last."""
    reached = goal.met(goal_error(training, goal))
    stays = np.logical_and.accumulate(reached[:, ::-1], axis=1)[:, ::-1]
    stays &= ~training.diverged.values[:, None]
    return np.where(stays.any(axis=1), training.step.values[stays.argmax(axis=1)], np.inf)


def unlearned(training: xr.Dataset, goal: Goal) -> list[Unlearned]:
    """Lists the seeds that did not learn their task, and why."""
    outcomes = _outcomes(training, goal.met(goal_error(training, goal)))
    return [outcome for outcome in outcomes if outcome is not None]


def _outcomes(training: xr.Dataset, met: Bool[np.ndarray, "S R"]) -> list[Unlearned | None]:
    """Lists for each network why it did not learn its task, or None. Networks of several settings share seeds."""
    steps, outcomes = training.step.values, list[Unlearned | None]()
    for place, seed in enumerate(training.seed.values.tolist()):
        if training.diverged.values[place]:
            outcomes.append(Unlearned(seed, "diverged", int(training.sound_step.values[place])))
        elif not met[place].any():
            outcomes.append(Unlearned(seed, "never met the goal"))
        elif not met[place, -1]:
            outcomes.append(Unlearned(seed, "met the goal and lost it", int(steps[met[place]][-1])))
        else:
            outcomes.append(None)
    return outcomes


def described_goal(training: xr.Dataset, goal: Goal) -> str:
    """Describes a goal in words, with the names of the recorded measures."""
    return goal.text(scaled=scaling_of(training) is not None, over=counted_of(training), of=recorded_on(training))


def judged(results: xr.DataTree, goal: Goal) -> xr.DataTree:
    """Adds whether each seed learned its task, ``learned``, and if not, why, ``reason``, and the goal's error."""
    training = probed(results, TRAINING)
    error = goal_error(training, goal)
    met = goal.met(error)
    reasons = ["" if outcome is None else str(outcome) for outcome in _outcomes(training, met)]
    lost = met.any(axis=1) & ~met[:, -1] & ~training.diverged.values
    outcomes = {
        "learned": ("seed", [not text for text in reasons]),
        "lost": ("seed", lost),
        "reason": ("seed", reasons),
    }
    nodes, stored = nodes_of(results), {GOAL_ERROR: (("seed", "step"), error, {"goal": repr(goal)})}
    judged = {"/": nodes["/"].assign(outcomes), TRAINING: nodes[TRAINING].assign(stored)}
    return xr.DataTree.from_dict({**nodes, **judged})


def _row(estimate: intervals.Estimate, interval: str = "quartiles") -> dict[str, Any]:
    return {**estimate.as_json(), "interval": interval}


def summary(results: xr.DataTree, goal: Goal | None) -> dict[str, dict[str, Any]]:
    """Returns by name the estimate over seeds that did not diverge, and the kind of its interval, for JSON."""
    fit = not_diverged(results)
    training = probed(fit, TRAINING)
    rows = {loss_name(training): _row(intervals.median_quartiles(training.train_loss.values[:, -1]))}
    shown, late = recorded_on(training), f" {after_which(after_of(training) or 0)}".rstrip()
    last, over = recorded(training).isel(step=-1), counted_of(training)
    for name in last[last.dims[-1]].values.tolist():
        values = last.sel({last.dims[-1]: name}).values
        what = f"accuracy over {over[name]}" if over else f"RMSE of {name}"
        rows[f"{shown} {what}{late}"] = _row(intervals.median_quartiles(values))
    if goal is not None:
        rows["steps until learned"] = _row(intervals.median_quartiles(steps_to_goal(training, goal)))
    for probe in names_of(fit):
        curves = probed(fit, probe)
        for words, values in of_probe(curves, probe).items():
            rows[words] = _row(intervals.median_bootstrap(values), "95 % bootstrap")
        if "ahead" in curves.attrs and "loss" not in curves.answer.attrs:
            for name, measure in named(_with(curves, measured(curves, "input"))).items():
                again = intervals.Estimate(float(measure), np.nan, np.nan)
                rows[f"{probe}, {name} of the last value again"] = _row(again, "no network")
    return rows


def of_probe(curves: xr.Dataset, probe: str) -> dict[str, Float[np.ndarray, " S"]]:
    """The errors or accuracies of each network on a probe, in words; without those that no network has."""
    return {
        f"{probe}, {name}{' to target' if name.startswith('RMSE') else ''}": measure.values
        for name, measure in named(_with(curves, measured(curves))).items()
        if measure.notnull().any()
    }


def _with(curves: xr.Dataset, measure: xr.DataArray | None) -> xr.Dataset:
    return curves if measure is None else curves.assign({measure.name: measure})


def with_measures(results: xr.DataTree) -> xr.DataTree:
    """Adds errors or accuracies to each probe."""
    nodes = nodes_of(results)
    probes = {name: _with(nodes[name], measured(probed(results, name))) for name in names_of(results)}
    return xr.DataTree.from_dict({**nodes, **probes})


def metrics(results: xr.DataTree, goal: Goal | None) -> dict[str, Any]:
    """Returns the metrics of a run for JSON; numbers that are not finite become null.

    Without a goal, there are no metrics of learning.
    """
    flags, scaling, training = json.loads(results.attrs["flags"]), scaling_of(results), probed(results, TRAINING)
    learning: dict[str, Any] = {}
    if goal is not None:
        steps = steps_to_goal(training, goal)
        learning = {
            "goal": described_goal(training, goal),
            "steps_to_goal": finite(steps),
            "converged": int(np.isfinite(steps).sum()),
            "unlearned": [seed._asdict() for seed in unlearned(training, goal)],
        }
    return {
        "experiment": flags["experiment"],
        "seeds": flags["seeds"],
        "steps": flags["steps"],
        f"train_{'loss' if 'loss' in training.train_loss.attrs else 'mse'}": finite(training.train_loss.values[:, -1]),
        "diverged_seeds": training.seed.values[training.diverged.values].tolist(),
        "last_sound_steps": training.sound_step.values[training.diverged.values].tolist(),
        **({"last_steps": training.last_step.values.tolist()} if "last_step" in training else {}),
        **learning,
        "of_probes": {
            words: finite(np.where(training.diverged.values, np.nan, values))
            for probe in names_of(results)
            for words, values in of_probe(probed(results, probe), probe).items()
        },
        "summary": summary(results, goal),
        "flags": flags,
        **({"scaling": str(scaling)} if scaling else {}),
        "fingerprint": json.loads(results.attrs["fingerprint"]),
        "earlier_fingerprints": json.loads(results.attrs["earlier_fingerprints"]),
    }


def median_of(values: Float[np.ndarray, " S"]) -> dict[str, float | None]:
    """The median of the finite values with a 95 % bootstrap interval, for JSON."""
    return intervals.median_bootstrap(values[np.isfinite(values)]).as_json()


def jsonable(value: Any) -> Any:
    """Makes JSON of numbers, arrays, mappings and sequences; numbers that are not finite become None."""
    if isinstance(value, Mapping):
        return {name: jsonable(item) for name, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [jsonable(item) for item in value]
    value = value.item() if isinstance(value, np.generic) else value
    return finite(value) if isinstance(value, float) else value


def finite(values: float | Shaped[np.ndarray, "..."]) -> Any:
    """Returns a number, or an array as nested lists, for JSON; numbers that are not finite become None."""
    numbers = np.asarray(values, float)
    values = numbers.astype(object)
    values[~np.isfinite(numbers)] = None
    return values.tolist()
