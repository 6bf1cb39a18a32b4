"""Results as labeled arrays in netCDF, parameters as npz, and the summary of a run.

>>> import lstm_toys as lt
>>> results = lt.Results({"answer": (("seed", "time"), [[0.1, 0.2], [0.3, 0.4]])})
>>> results.answer.isel(seed=1).values.tolist()
[0.3, 0.4]
"""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.networks import training
from lstm_toys.populations.train import Population
from lstm_toys.tasks.probes import Probe
from lstm_toys.tasks.supervision import Examples, Task

Results: TypeAlias = xr.Dataset
"""Labeled results: what `dataset` makes, and what figures and tables are made of."""

PARAMETERS = ("amplitude", "frequency", "phase", "offset", "slope", "intercept", "height", "base")
"""The coordinates that describe a curve; NaN where a curve's family does not have one."""


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
    axes = task.axes
    variables: dict[str, Any] = {"train_answer": (("seed", *axes), train_answer)}
    if task.sequence:
        variables["train_target"] = (axes, np.asarray(examples.targets[0]))
    else:
        variables["train_input"] = (("example", "time", "feature"), np.asarray(examples.inputs))
        variables["train_target"] = (("example", "asked"), np.asarray(examples.targets))
    described = {name: json.dumps(value) for name, value in attributes.items()}
    shown = answered(task, x, probes, answer)
    return shown.merge(histories(population)).assign(variables).assign_attrs(described)


def histories(population: Population) -> xr.Dataset:
    """Labels what the records of a training told."""
    task = population.task
    axes = task.axes
    variables: dict[str, Any] = {
        "train_loss": (("seed", "step"), population.train_loss),
        "train_rmse": (("seed", "step", axes[-1]), population.train_rmse),
        "diverged": ("seed", population.diverged),
        "sound_step": ("seed", population.sound_steps),
    }
    coordinates: dict[str, Any] = {
        "seed": np.arange(len(population.train_loss)),
        "step": population.steps,
        axes[-1]: list(task.asked),
    }
    if len(population.frame_steps):
        variables["frame"] = (("seed", "frame_step", *axes), population.frames)
        coordinates["frame_step"] = population.frame_steps
    return xr.Dataset(variables, coordinates)


def trained(population: Population) -> xr.Dataset:
    """Labels the histories of networks, and a training set of their task: of seed 0, at a training amplitude of 1."""
    task = population.task
    key = training.purpose_key(training.seed_key(jnp.uint32(0), jnp.uint32(0)), "examples")
    inputs, targets = task.examples(key, jnp.float32(1))
    variables = {
        "train_input": (("example", "time", "shown"), np.asarray(inputs)),
        "train_target": (("example", *task.axes), np.asarray(targets)),
    }
    return histories(population).assign(variables).assign_coords(shown=list(task.shown))


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
    axes = task.axes
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


def kept(results: xr.Dataset) -> xr.Dataset:
    """The results without the seeds that diverged."""
    return results.isel(seed=~results.diverged.values)
