"""Results as labeled arrays in netCDF, parameters as npz, and the summary of a run."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys import statistics
from lstm_toys.generalization import Probe
from lstm_toys.population import Population
from lstm_toys.runs import replacing

PARAMETERS = ("amplitude", "frequency", "phase", "offset", "slope", "intercept")
"""The coordinates that describe a curve; NaN where a curve's family does not have one."""


def dataset(
    population: Population,
    x: Float[np.ndarray, " T"],
    train_target: Float[np.ndarray, "T F"],
    train_answer: Float[np.ndarray, "S T F"],
    probes: Sequence[Probe],
    answer: Float[np.ndarray, "S C T F"],
    attributes: dict[str, Any],
) -> xr.Dataset:
    """Labels everything that figures and tables are made of.

    Args:
        population: the trained networks.
        x: time points.
        train_target: the training curve.
        train_answer: the answers to it.
        probes: what the networks were shown afterwards, C curves together.
        answer: the answers to that.
        attributes: written as JSON, one attribute each.
    """
    parameters = {
        name: (
            "curve",
            np.concatenate([np.broadcast_to(p.parameters.get(name, np.nan), len(p.inputs)) for p in probes]),
        )
        for name in PARAMETERS
    }
    features = ["x", "y"][-train_target.shape[-1] :]
    return xr.Dataset(
        {
            "train_loss": (("seed", "step"), population.train_loss),
            "train_target": (("time", "feature"), train_target),
            "train_answer": (("seed", "time", "feature"), train_answer),
            "input": (("curve", "time", "feature"), np.concatenate([p.inputs for p in probes])),
            "answer": (("seed", "curve", "time", "feature"), answer),
            "diverged": ("seed", population.diverged),
        },
        coords={
            "seed": np.arange(len(population.train_loss)),
            "step": population.steps,
            "time": x,
            "feature": features,
            "family": ("curve", np.concatenate([[p.name] * len(p.inputs) for p in probes])),
            **parameters,
        },
        attrs={name: json.dumps(value) for name, value in attributes.items()},
    )


def save(results: xr.Dataset, path: Path) -> None:
    """Writes labeled arrays as netCDF, as a whole or not at all."""
    with replacing(path) as temporary:
        results.to_netcdf(temporary, engine="h5netcdf")


def load(path: Path) -> xr.Dataset:
    """Reads labeled arrays into memory.

    Raises:
        OSError: there is no such file, or it is not netCDF.
    """
    with xr.open_dataset(path, engine="h5netcdf") as results:
        return results.load()


def save_parameters(params: PyTree[Float[np.ndarray, "S ..."]], path: Path) -> None:
    """Writes a tree of parameters as npz, each leaf under its path: ``lstm_0/kernel``."""
    leaves = {f"{layer}/{name}": leaf for layer, group in params.items() for name, leaf in group.items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **leaves)


def load_parameters(path: Path) -> PyTree[Float[np.ndarray, "S ..."]]:
    """Reads a tree of parameters, for `lstm_toys.generalization.answers`.

    Raises:
        OSError: there is no such file.
        ValueError: it holds anything but arrays of numbers.
    """
    params: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path, allow_pickle=False) as leaves:
        for key in leaves:
            layer, name = key.split("/")
            params.setdefault(layer, {})[name] = leaves[key]
    return params


def kept(results: xr.Dataset) -> xr.Dataset:
    """The results without the seeds that diverged."""
    return results.isel(seed=~results.diverged.values)


def family_rmse(results: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Each seed's root mean squared error against the input, over all curves of a family, for each family."""
    squared = np.square(results.answer - results.input)
    return {
        str(family): np.sqrt(
            squared.isel(curve=results.family.values == family).mean(("curve", "time", "feature")).values
        )
        for family in dict.fromkeys(results.family.values)
    }


def summary(results: xr.Dataset) -> list[tuple[str, statistics.Estimate, str]]:
    """The closing table: what, the estimate over seeds that did not diverge, and what its interval is."""
    fit = kept(results)
    rows = [("train MSE", statistics.median_quartiles(fit.train_loss.values[:, -1]), "quartiles of seeds")]
    for family, rmse in family_rmse(fit).items():
        rows.append((f"{family}, RMSE to input", statistics.median_bootstrap(rmse), "95 % bootstrap"))
    return rows


def metrics(results: xr.Dataset, seconds: dict[str, float]) -> dict[str, Any]:
    """The summary of a run as JSON has it; a loss that is not a number is null."""
    flags = json.loads(results.attrs["flags"])
    final = results.train_loss.values[:, -1].astype(float)
    return {
        "experiment": flags["experiment"],
        "seeds": flags["seeds"],
        "steps": flags["steps"],
        "train_mse": [loss if np.isfinite(loss) else None for loss in final.tolist()],
        "diverged_seeds": results.seed.values[results.diverged.values].tolist(),
        "summary": {
            name: {"median": _finite(e.value), "low": _finite(e.low), "high": _finite(e.high), "interval": interval}
            for name, e, interval in summary(results)
        },
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "member_steps_per_second": round(flags["seeds"] * flags["steps"] / seconds["train"]),
        "flags": flags,
        "fingerprint": json.loads(results.attrs["fingerprint"]),
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
