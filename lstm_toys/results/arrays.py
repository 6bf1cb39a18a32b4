"""Results as labeled arrays.

>>> import lstm_toys as lt
>>> results = lt.Results({"answer": (("seed", "time"), [[0.1, 0.2], [0.3, 0.4]])})
>>> results.answer.isel(seed=1).values.tolist()
[0.3, 0.4]
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys import forks
from lstm_toys.networks import training
from lstm_toys.populations.train import Population
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.parameters import Parameter
from lstm_toys.tasks.probes import Probe
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.supervision import Examples, Task

Results: TypeAlias = xr.Dataset
"""Labeled results: what `dataset` makes, and what figures and tables are made of."""


def dataset(
    population: Population,
    x: Float[np.ndarray, " T"],
    span: Span,
    examples: Examples,
    train_answer: Float[np.ndarray, "S T A"] | Float[np.ndarray, "S A"],
    probes: Sequence[Probe],
    answer: Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"],
    attributes: dict[str, Any],
) -> xr.Dataset:
    """Labels everything that figures and tables are made of.

    An answer is either a sequence, with the axes ``time, feature``, or a vector, with the axis ``output_feature``.

    Args:
        population: the trained networks.
        x: time points.
        span: what they cover.
        examples: a training set; of tasks that draw one for each seed, an exemplary one.
        train_answer: the answers to its first curve.
        probes: what the networks were shown afterwards, C curves together.
        answer: the answers to that.
        attributes: written as JSON, one attribute each.
    """
    described = {name: json.dumps(value) for name, value in attributes.items()}
    shown = answered(population.task, x, span, probes, answer)
    learned = training_answers(population.task, examples, train_answer)
    return shown.merge(histories(population)).assign(learned).assign_attrs(shown.attrs | described)


def training_answers(
    task: Task, examples: Examples, train_answer: Float[np.ndarray, "S T A"] | Float[np.ndarray, "S A"]
) -> dict[str, Any]:
    """Labels a training set and the answers to its first curve; the arguments are those of `dataset`.

    Of sequences the first curve's target is kept, and its input where that is not the target.
    """
    variables: dict[str, Any] = {"train_answer": (("seed", *task.axes), train_answer)}
    if task.sequence:
        shown, target = np.asarray(examples.inputs[0]), np.asarray(examples.targets[0])
        variables["train_target"] = (task.axes, target)
        if not np.array_equal(shown, target):
            variables["train_input"] = (("time", "feature"), shown)
    else:
        variables["train_input"] = (("example", "time", "feature"), np.asarray(examples.inputs))
        variables["train_target"] = (("example", "output_feature"), np.asarray(examples.targets))
    return variables


def histories(population: Population) -> xr.Dataset:
    """Labels what the records of a training told.

    An attribute of the errors of sequences, ``after``, is the share at the beginning that they leave out.
    """
    task = population.task
    axes = task.axes
    beginning = {"after": population.after} if task.sequence else {}
    variables: dict[str, Any] = {
        "train_loss": (("seed", "step"), population.train_loss),
        "train_rmse": (("seed", "step", axes[-1]), population.train_rmse, beginning),
        "diverged": ("seed", population.diverged),
        "sound_step": ("seed", population.sound_steps),
    }
    coordinates: dict[str, Any] = {
        "seed": np.arange(len(population.train_loss)),
        "step": population.steps,
        axes[-1]: list(task.output_features),
    }
    if len(population.frame_steps):
        variables["frame"] = (("seed", "frame_step", *axes), population.frames)
        coordinates["frame_step"] = population.frame_steps
    return xr.Dataset(variables, coordinates)


def trained(population: Population) -> xr.Dataset:
    """Labels the histories of networks, and the training set of the first of them."""
    forks.check()
    task = population.task
    key = training.purpose_key(training.seed_key(jnp.uint32(0), jnp.uint32(0)), "examples")
    first = {name: jnp.asarray(values[0]) for name, values in population.numbers.items()}
    inputs, targets = task.made(key, first)
    variables = {
        "train_input": (("example", "time", "input_feature"), np.asarray(inputs)),
        "train_target": (("example", *task.axes), np.asarray(targets)),
    }
    return histories(population).assign(variables).assign_coords(input_feature=list(task.input_features))


def curves_of(task: Task, probes: Sequence[Probe], points: int) -> Float[np.ndarray, "C T F"]:
    """The curves of all probes, one after another; of no probes none, of so many time points."""
    nothing = np.empty((0, points, len(task.input_features)), np.float32)
    return np.concatenate([nothing, *(probe.inputs for probe in probes)])


def answered(
    task: Task,
    x: Float[np.ndarray, " T"],
    span: Span,
    probes: Sequence[Probe],
    answer: Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"],
) -> xr.Dataset:
    """Labels what networks were shown after training, and what they answered.

    An answer is either a sequence, with the axes ``time, feature``, or a vector, with the axis ``output_feature``.
    What would be right is in ``truth``: the targets of probes, else of vectors the true parameters; of other
    sequences it is the input. Time points are those that answers are about; where these are ahead, the attribute of
    that name says by how many time points, and what was shown was so much earlier. Every parameter of a probe's
    family is a coordinate, NaN where a curve's family does not have it, with its name, symbol and unit as
    attributes.

    Args:
        task: that they were trained on.
        x: time points.
        span: what they cover.
        probes: what they were shown, C curves together.
        answer: the answers to that.
    """
    columns = {
        name: np.concatenate([np.broadcast_to(p.parameters.get(name, np.nan), len(p.inputs)) for p in probes])
        for name in dict.fromkeys(name for p in probes for name in p.parameters)
    }
    declared = {each.name: each for p in probes for each in p.declared}
    axes = task.axes
    variables: dict[str, Any] = {
        "input": (("curve", "time", "feature"), curves_of(task, probes, len(x))),
        "answer": (("seed", "curve", *axes), answer),
    }
    if any(p.targets is not None for p in probes):
        nothing = np.full(answer.shape[2:], np.nan, np.float32)
        known = [np.stack([nothing] * len(p.inputs)) if p.targets is None else p.targets for p in probes]
        variables["truth"] = (("curve", *axes), np.concatenate(known))
    elif not task.sequence:
        variables["truth"] = (
            ("curve", "output_feature"),
            np.stack([columns.get(name, np.empty(0)) for name in task.output_features], -1),
        )
    if any(p.names for p in probes):
        every = [name for p in probes for name in p.names or [""] * len(p.inputs)]
        variables["name"] = ("curve", every)
    coordinates = {
        "seed": np.arange(len(answer)),
        "time": ("time", x, {"long_name": span.name, "units": span.unit}),
        "feature": list(task.input_features),
        "family": ("curve", np.array([p.name for p in probes for _ in p.inputs], str)),
        **{name: ("curve", column, described(declared.get(name))) for name, column in columns.items()},
        **({} if task.sequence else {"output_feature": list(task.output_features)}),
    }
    return xr.Dataset(variables, coordinates, {"ahead": task.ahead} if task.ahead else None)


def in_units(results: xr.Dataset, scaling: Scaling | None) -> xr.Dataset:
    """Results in the units of the curves that a scaling was made for; losses stay as they are, of scaled values.

    Without a scaling results are in these units already.
    """
    if scaling is None:
        return results
    changed: dict[str, Any] = {}
    for name in ("input", "train_input"):
        if name in results:
            changed[name] = (results[name].dims, scaling.undone(results[name].values.astype(float), outputs=False))
    for name in ("answer", "truth", "train_answer", "train_target", "frame"):
        if name in results:
            changed[name] = (results[name].dims, scaling.undone(results[name].values.astype(float)))
    if "train_rmse" in results:
        rmse = results.train_rmse
        changed["train_rmse"] = (rmse.dims, rmse.values * scaling.units, rmse.attrs)
    return results.assign(changed).assign_attrs(scaling=json.dumps(asdict(scaling)))


def after_of(results: xr.Dataset) -> float | None:
    """The share of a sequence at its beginning that recorded errors leave out; None of numbers of whole curves."""
    return float(results.train_rmse.attrs.get("after", AFTER)) if "feature" in results.train_rmse.dims else None


def scaling_of(results: xr.Dataset) -> Scaling | None:
    """What networks were shown results under; None: as they are."""
    if "scaling" not in results.attrs:
        return None
    told = json.loads(results.attrs["scaling"])
    inputs, outputs = (tuple((center, unit) for center, unit in told[name]) for name in ("inputs", "outputs"))
    return Scaling(inputs, outputs, tuple(told["names"]))


def described(parameter: Parameter | None) -> dict[str, str]:
    """What a coordinate tells of a parameter, by names of the CF conventions, and its symbol."""
    if parameter is None:
        return {}
    return {"long_name": parameter.words, "units": parameter.unit, "symbol": parameter.symbol}


def axis_label(coordinate: xr.DataArray) -> str:
    """What a coordinate is called along an axis of a figure: its name, symbol and unit."""
    told = coordinate.attrs
    unit = f"({told['units']})" if told.get("units") else ""
    return " ".join(part for part in (told.get("long_name", str(coordinate.name)), told.get("symbol"), unit) if part)


def kept(results: xr.Dataset) -> xr.Dataset:
    """The results without the seeds that diverged."""
    return results.isel(seed=~results.diverged.values)
