"""Results as labeled arrays in netCDF, parameters as npz, and the summary of a run."""

import io
import json
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys.files import Damaged, read_arrays, replacing
from lstm_toys.populations.answering import Probe
from lstm_toys.populations.train import Population
from lstm_toys.statistics import intervals
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.supervision import Examples, Task

PARAMETERS = ("amplitude", "frequency", "phase", "offset", "slope", "intercept", "height", "base")
"""The coordinates that describe a curve; NaN where a curve's family does not have one."""

VARIABLES = {"seed", "step", "time", "feature", "family", "input", "answer", "diverged", "sound_step", *PARAMETERS} | {
    f"train_{name}" for name in ("loss", "rmse", "target", "answer")
}
"""What every file of labeled arrays holds."""


def dataset(
    population: Population,
    x: Float[np.ndarray, " T"],
    examples: Examples,
    train_answer: Float[np.ndarray, "S T A"] | Float[np.ndarray, "S A"],
    probes: Sequence[Probe],
    answer: Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"],
    attributes: dict[str, Any],
) -> xr.Dataset:
    """Labels everything that figures and tables are made of.

    An answer is either a sequence, with the axes ``time, feature``, or a vector, with the axis ``asked``.

    Args:
        population: the trained networks.
        x: time points.
        examples: a training set; of tasks that draw one for each seed, an exemplary one.
        train_answer: the answers to its first curve.
        probes: what the networks were shown afterwards, C curves together.
        answer: the answers to that.
        attributes: written as JSON, one attribute each.
    """
    task = population.task
    axes: tuple[str, ...] = ("time", "feature") if task.sequence else ("asked",)
    shown = answered(task, x, probes, answer)
    variables: dict[str, Any] = {
        "train_loss": (("seed", "step"), population.train_loss),
        "diverged": ("seed", population.diverged),
        "sound_step": ("seed", population.sound_steps),
    }
    if task.sequence:
        variables["train_target"] = (axes, np.asarray(examples.targets[0]))
    else:
        variables["train_input"] = (("example", "time", "feature"), np.asarray(examples.inputs))
        variables["train_target"] = (("example", "asked"), np.asarray(examples.targets))
    variables["train_rmse"] = (("seed", "step", axes[-1]), population.train_rmse)
    variables["train_answer"] = (("seed", *axes), train_answer)
    if len(population.frame_steps):
        variables["frame"] = (("seed", "frame_step", *axes), population.frames)
    coordinates = {
        "step": population.steps,
        **({"frame_step": population.frame_steps} if len(population.frame_steps) else {}),
    }
    described = {name: json.dumps(value) for name, value in attributes.items()}
    return shown.assign(variables).assign_coords(coordinates).assign_attrs(described)


def answered(
    task: Task,
    x: Float[np.ndarray, " T"],
    probes: Sequence[Probe],
    answer: Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"],
) -> xr.Dataset:
    """Labels what networks were shown after training, and what they answered.

    An answer is either a sequence, with the axes ``time, feature``, or a vector, with the axis ``asked``; then
    ``truth`` holds the true parameters.

    Args:
        task: that they were trained on.
        x: time points.
        probes: what they were shown, C curves together.
        answer: the answers to that.
    """
    columns = {
        name: np.concatenate([np.broadcast_to(p.parameters.get(name, np.nan), len(p.inputs)) for p in probes])
        for name in PARAMETERS
    }
    axes = ("time", "feature") if task.sequence else ("asked",)
    variables: dict[str, Any] = {
        "input": (("curve", "time", "feature"), np.concatenate([p.inputs for p in probes])),
        "answer": (("seed", "curve", *axes), answer),
    }
    if not task.sequence:
        variables["truth"] = (("curve", "asked"), np.stack([columns[name] for name in task.asked], axis=-1))
    coordinates = {
        "seed": np.arange(len(answer)),
        "time": x,
        "feature": list(task.shown),
        "family": ("curve", np.concatenate([[p.name] * len(p.inputs) for p in probes])),
        **{name: ("curve", column) for name, column in columns.items()},
        **({} if task.sequence else {"asked": list(task.asked)}),
    }
    return xr.Dataset(variables, coordinates)


def save(results: xr.Dataset, path: Path) -> None:
    """Writes labeled arrays as netCDF, as a whole or not at all."""
    # Made in memory: HDF5 reports a full disk late, and not always as an exception.
    encoded = results.to_netcdf(engine="h5netcdf")
    with replacing(path) as temporary:
        temporary.write_bytes(encoded)


def load(path: Path, variables: Set[str] = VARIABLES) -> xr.Dataset:
    """Reads labeled arrays into memory.

    Args:
        path: of the file.
        variables: that it must hold.

    Raises:
        OSError: there is no such file.
        Damaged: it does not hold them, or is no such file at all.
    """
    encoded = path.read_bytes()
    try:
        with xr.open_dataset(io.BytesIO(encoded), engine="h5netcdf") as results:
            loaded = results.load()
        flags = json.loads(loaded.attrs["flags"])
    except Exception as error:  # What HDF5, h5netcdf and xarray raise for bad content has no common type.
        raise Damaged(path, f"is damaged: {' '.join(str(error).split()) or type(error).__name__}") from None
    missing = variables - set(loaded.variables)
    if missing or not isinstance(flags, dict):
        raise Damaged(path, f"is damaged: {min(missing, default='flags')} is missing")
    return loaded


def save_parameters(params: PyTree[Float[np.ndarray, "S ..."]], path: Path) -> None:
    """Writes a tree of parameters as npz, each leaf under its path: ``lstm_0/kernel``."""
    leaves = {f"{layer}/{name}": leaf for layer, group in params.items() for name, leaf in group.items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **leaves)


def load_parameters(path: Path) -> PyTree[Float[np.ndarray, "S ..."]]:
    """Reads a tree of parameters, for `lstm_toys.populations.answering.answers`.

    Raises:
        OSError: there is no such file.
        Damaged: it does not hold what `save_parameters` writes.
    """
    params: dict[str, dict[str, np.ndarray]] = {}
    for key, leaf in read_arrays(path, path.read_bytes()).items():
        layer, _, name = key.partition("/")
        params.setdefault(layer, {})[name] = leaf
    return params


def kept(results: xr.Dataset) -> xr.Dataset:
    """The results without the seeds that diverged."""
    return results.isel(seed=~results.diverged.values)


def family_rmse(results: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Each seed's root mean squared error over all curves of a family, for each family.

    A sequence is held against the input, a vector against the true parameters.
    """
    truth = results.truth if "truth" in results else results.input
    squared = np.square(results.answer - truth).mean(
        [axis for axis in ("time", "feature", "asked") if axis in truth.dims]
    )
    return {
        str(family): np.sqrt(squared.isel(curve=results.family.values == family).mean("curve").values)
        for family in dict.fromkeys(results.family.values)
    }


def steps_to_goal(results: xr.Dataset, goal: Goal) -> Float[np.ndarray, " S"]:
    """The first recorded step from which on a seed stays at a goal; infinite where it has not by the last step."""
    if goal.features:
        measured = results.train_rmse.sel({results.train_rmse.dims[-1]: list(goal.features)}).values.max(axis=-1)
    else:
        measured = results.train_loss.values
    stays = np.logical_and.accumulate((measured <= goal.limit)[:, ::-1], axis=1)[:, ::-1]
    stays &= ~results.diverged.values[:, None]
    return np.where(stays.any(axis=1), results.step.values[stays.argmax(axis=1)], np.inf)


def summary(results: xr.Dataset, goal: Goal) -> dict[str, tuple[intervals.Estimate, str]]:
    """The closing table: by name the estimate over seeds that did not diverge, and what its interval is."""
    fit = kept(results)
    rows = {"train MSE": (intervals.median_quartiles(fit.train_loss.values[:, -1]), "quartiles")}
    last = fit.train_rmse.isel(step=-1)
    for name in last[last.dims[-1]].values:
        rows[f"train RMSE of {name}"] = (
            intervals.median_quartiles(last.sel({last.dims[-1]: name}).values),
            "quartiles",
        )
    rows["steps until learned"] = (intervals.median_quartiles(steps_to_goal(fit, goal)), "quartiles")
    against = "truth" if "truth" in results else "input"
    for family, rmse in family_rmse(fit).items():
        rows[f"{family}, RMSE to {against}"] = (intervals.median_bootstrap(rmse), "95 % bootstrap")
    return rows


def metrics(results: xr.Dataset, goal: Goal) -> dict[str, Any]:
    """The summary of a run as JSON has it; a number that is not finite is null."""
    flags = json.loads(results.attrs["flags"])
    return {
        "experiment": flags["experiment"],
        "seeds": flags["seeds"],
        "steps": flags["steps"],
        "train_mse": [finite(loss) for loss in results.train_loss.values[:, -1].astype(float).tolist()],
        "diverged_seeds": results.seed.values[results.diverged.values].tolist(),
        "last_sound_steps": results.sound_step.values[results.diverged.values].tolist(),
        "goal": str(goal),
        "steps_to_goal": [finite(step) for step in steps_to_goal(results, goal).tolist()],
        "converged": int(np.isfinite(steps_to_goal(results, goal)).sum()),
        "summary": {
            name: {**as_json(estimate), "interval": interval}
            for name, (estimate, interval) in summary(results, goal).items()
        },
        "flags": flags,
        "fingerprint": json.loads(results.attrs["fingerprint"]),
        "earlier_fingerprints": json.loads(results.attrs["earlier_fingerprints"]),
    }


def as_json(estimate: intervals.Estimate) -> dict[str, float | None]:
    """A median and its interval; a number that is not finite is None."""
    return {name: finite(value) for name, value in zip(("median", "low", "high"), estimate, strict=True)}


def finite(value: float) -> float | None:
    """A number as JSON has it: None if it is not finite."""
    return float(value) if np.isfinite(value) else None
