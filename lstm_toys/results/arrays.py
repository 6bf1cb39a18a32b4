"""Results as labeled arrays.

>>> results = lt.Results({"answer": (("seed", "time"), [[0.1, 0.2], [0.3, 0.4]])})
>>> results.answer.isel(seed=1).values.tolist()
[0.3, 0.4]
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys import arguments
from lstm_toys.populations.trained import Networks
from lstm_toys.tasks.goal import counted_over
from lstm_toys.tasks.parameters import PARAMETER, Parameter, Span, label
from lstm_toys.tasks.probes import SHARED, Probe, by_points, curves_of
from lstm_toys.tasks.sets import Scaling, scaling_of
from lstm_toys.tasks.supervision import BINARY, CROSS_ENTROPY, MSE, Examples, Task, measured

Results: TypeAlias = xr.Dataset
"""Labeled results: `dataset` makes them, and figures and tables are made from them."""

OWN_POINTS = "own_points"
"""The coordinate with the names of probes that have their own time points."""

TimePoints = Float[np.ndarray, " T"]
FirstAnswer = Float[np.ndarray, "S T A"] | Float[np.ndarray, "S A"]
Answers = Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]
AnswersBySet = Mapping[str, Float[np.ndarray, "S _ ..."]]
"""Answers to the first training curve, to C curves, and to each set of probes, see `probes.by_points`."""


def dataset(
    networks: Networks,
    task: Task,
    x: TimePoints,
    span: Span,
    examples: Examples,
    train_answer: FirstAnswer,
    probes: Sequence[Probe],
    answers: AnswersBySet,
    attributes: dict[str, Any],
) -> xr.Dataset:
    """Labels all results that figures and tables are made from.

    Answers are sequences, with the axes ``time, feature``, or ``time, output_feature`` if inputs have different
    features, or vectors, with the axis ``output_feature``.

    Args:
        examples: a training set, or an exemplary one if each seed draws its own.
        train_answer: answers to its first curve.
        answers: answers to the C curves of each set of probes, see `lstm_toys.tasks.probes.by_points`.
        attributes: stored as JSON, one attribute each.
    """
    described = {name: json.dumps(value) for name, value in attributes.items()}
    shown, records = answered(task, x, span, probes, answers), networks.results.drop_dims(["example", "input_feature"])
    learned = training_answers(task, examples, train_answer)
    return shown.merge(records).assign(learned).assign_attrs(shown.attrs | described)


def training_answers(task: Task, examples: Examples, train_answer: FirstAnswer) -> dict[str, Any]:
    """Labels a training set and the answers to its first curve; the arguments are those of `dataset`.

    For sequences, only the first curve's target is kept, and its input if that differs from the target. Targets are NaN
    after the end of a sequence.
    """
    variables: dict[str, Any] = {"train_answer": (("seed", *task.axes), train_answer, _logits(task))}
    inputs, targets = np.asarray(examples.inputs), np.asarray(examples.targets)
    if task.sequence and examples.lengths is not None:
        targets = np.where(np.asarray(examples.within)[..., None], targets, np.nan)
    axes, targets = task.labeled(targets)
    if task.sequence:
        variables["train_target"] = (axes, targets[0])
        if not np.array_equal(inputs[0], targets[0]):
            variables["train_input"] = (("time", "feature"), inputs[0])
    else:
        variables["train_input"] = (("example", "time", "feature"), inputs)
        variables["train_target"] = (("example", *axes), targets)
    return variables


def answered(task: Task, x: TimePoints, span: Span, probes: Sequence[Probe], answers: AnswersBySet) -> xr.Dataset:
    """Labels probes and the networks' answers to them, in the form that `dataset` takes.

    Where a probe has its own time points, the names of its variables, coordinates and axes end in its name, as in
    ``answer_long [seed, curve_long, time_long, feature]``; `probed` selects the results of one probe. The coordinate
    `OWN_POINTS` has the names of these probes.
    """
    labeled, sets = xr.Dataset(), by_points(probes, x)
    for name, own in sets.items():
        points = own[0].points(x) if own else x
        each = _named(_answered(task, points, span, own, answers[name]), name)
        labeled = labeled.merge(each).assign_attrs(labeled.attrs | each.attrs)  # `merge` keeps those of the first.
    others = [name for name in sets if name != SHARED]
    return labeled.assign_coords({OWN_POINTS: others} if others else {})


def _answered(task: Task, x: TimePoints, span: Span, probes: Sequence[Probe], answer: Answers) -> xr.Dataset:
    """Labels one set of probes; without ``truth``, the correct answers of sequences are their inputs."""
    axes, declared = task.axes, {each.name: each for p in probes for each in p.declared}
    columns = {
        name: np.concatenate([np.broadcast_to(p.parameters.get(name, np.nan), len(p.inputs)) for p in probes])
        for name in dict.fromkeys(name for p in probes for name in p.parameters)
    }
    variables: dict[str, Any] = {
        "input": (("curve", "time", "feature"), curves_of(task, {SHARED: probes}, len(x))[SHARED]),
        "answer": (("seed", "curve", *axes), answer, _logits(task)),
    }
    if any(p.targets is not None for p in probes):
        known = [_usual(task, p, answer.shape[2:]) if p.targets is None else p.targets for p in probes]
        own, targets = task.labeled(np.concatenate(known))
        variables["truth"] = (("curve", *own), targets)
    elif not task.sequence:
        parameters = np.stack([columns.get(name, np.empty(0)) for name in task.output_features], -1)
        variables["truth"] = (("curve", "output_feature"), parameters)
    if any(p.names for p in probes):
        every = [name for p in probes for name in p.names or [""] * len(p.inputs)]
        variables["name"] = ("curve", every)
    coordinates = {
        "seed": np.arange(len(answer)),
        "time": ("time", x, {"long_name": span.name, "units": span.unit}),
        "feature": list(task.input_features),
        "family": ("curve", np.array([p.name for p in probes for _ in p.inputs], str)),
        **{
            f"{PARAMETER}{name}": ("curve", each, described(name, declared.get(name))) for name, each in columns.items()
        },
        **({axes[-1]: list(task.output_features)} if axes[-1] != "feature" else {}),
    }
    return xr.Dataset(variables, coordinates, {"ahead": task.ahead} if task.ahead else None)


def _usual(task: Task, probe: Probe, shape: Sequence[int]) -> Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"]:
    """What `Probe` says is correct without targets, NaN where nothing is known; ``shape`` is that of one answer."""
    count, names = len(probe.inputs), task.output_features
    if not measured(task.loss):
        if not task.sequence:
            every = [np.broadcast_to(probe.parameters.get(name, np.nan), count) for name in names]
            return np.stack(every, -1).astype(np.float32)
        if task.axes[-1] == "feature" and not task.ahead:
            return probe.inputs
    *points, values = shape
    return np.full((count, *points, 1 if task.loss == CROSS_ENTROPY else values), np.nan, np.float32)


def _logits(task: Task) -> dict[str, Any]:
    """The attributes of answers: the loss, if they are logits of classes or bits."""
    return {"loss": task.loss} if measured(task.loss) else {}


def _named(results: xr.Dataset, probe: str) -> xr.Dataset:
    if probe == SHARED:
        return results
    alone = results.drop_vars("family")  # It is the name of the probe.
    return alone.rename({name: f"{name}_{probe}" for name in _along(alone, "curve", "time")})


def _along(results: xr.Dataset, *axes: str) -> list[str]:
    return [*dict.fromkeys([*axes, *(str(n) for n, each in results.variables.items() if {*axes} & {*each.dims})])]


def own_points(results: xr.Dataset) -> list[str]:
    """The names of the probes with their own time points."""
    return [str(name) for name in results[OWN_POINTS].values] if OWN_POINTS in results.coords else []


def probed(results: xr.Dataset, name: str) -> xr.Dataset:
    """Selects the results of one probe.

    Args:
        results: labeled results of a run, or of `lt.load`.
        name: what the probe is called, such as the ``name`` of `lt.probe`.

    Returns:
        The results with the curves of this probe alone along ``curve``; variables without this axis stay as they are.
        If the probe has time points of its own, its curves and answers get the same names as those of other probes,
        and variables on the training's time points are left out.

    Raises:
        ValueError: there is no such probe; the message lists those that there are.

    Example:
        >>> answers = {"answer_long": (("seed", "curve_long", "time_long"), [[[0.1, 0.2, 0.3]]])}
        >>> shown = lt.Results(answers, {"own_points": ["long"]})
        >>> lt.probed(shown, "long").answer.dims
        ('seed', 'curve', 'time')
    """
    arguments.kinds(locals(), results=xr.Dataset, name=str)
    families = results.family.values if "family" in results.variables else np.empty(0, str)
    if name in families:
        return results.isel(curve=families == name)
    if name not in own_points(results):
        known = ", ".join([*dict.fromkeys(families.tolist()), *own_points(results)]) or "none"
        raise ValueError(f"there are no answers to {name!r}; the probes are {known}")
    axes = f"curve_{name}", f"time_{name}"
    others = results.drop_dims([axis for axis in ("curve", "time") if axis in results.dims])
    renamed = others.rename({each: each.removesuffix(f"_{name}") for each in _along(others, *axes)})
    return renamed.assign_coords(family=("curve", np.full(renamed.sizes["curve"], name)))


def parts(results: xr.Dataset) -> list[xr.Dataset]:
    """Splits results into all probes with the training's time points, and each probe with its own."""
    return [results, *(probed(results, name) for name in own_points(results))]


def in_units(results: xr.Dataset, scaling: Scaling | None) -> xr.Dataset:
    """Converts results to the file's units, except losses, which stay scaled. Without a scaling nothing changes."""
    if scaling is None:
        return results
    ends = ("", *(f"_{probe}" for probe in own_points(results)))
    inputs = ("train_input", *(f"input{end}" for end in ends))
    answers = (
        "train_answer",
        "train_target",
        "frame",
        *(f"{name}{end}" for name in ("answer", "truth") for end in ends),
    )
    changed: dict[str, Any] = {
        name: (results[name].dims, scaling.undone(results[name].values.astype(float), outputs=name in answers))
        for name in (*inputs, *answers)
        if name in results
    }
    if "train_rmse" in results:
        rmse = results.train_rmse
        changed["train_rmse"] = (rmse.dims, rmse.values * scaling.units, rmse.attrs)
    return results.assign(changed).assign_attrs(scaling=json.dumps(asdict(scaling)))


def recorded(results: xr.Dataset) -> xr.DataArray:
    """Returns the errors by feature, or the accuracies, that were recorded with the loss."""
    return results.train_accuracy if "train_accuracy" in results else results.train_rmse


def measures_of(results: xr.Dataset) -> tuple[Float[np.ndarray, "S R E"], list[str]]:
    """Returns the recorded errors or accuracies in scaled units, and their names."""
    measures, scaling = recorded(results), scaling_of(results)
    names = results[measures.dims[-1]].values.tolist()
    return measures.values / (1 if scaling is None else scaling.units), names


def counted_of(results: xr.Dataset) -> dict[str, str]:
    """What each recorded accuracy counts, in words, by name; empty unless networks answer classes or bits."""
    if "train_accuracy" not in results:
        return {}
    return counted_over(results.counted.values.tolist(), weighted=bool(results.train_accuracy.attrs["weighted"]))


def recorded_on(results: xr.Dataset) -> str:
    """The name of the set that losses, errors and accuracies were recorded on: ``train``, or ``validation``."""
    return str(results.train_loss.attrs.get("recorded_on", "train")) if "train_loss" in results else "train"


def loss_name(results: xr.Dataset) -> str:
    """The name of the recorded loss."""
    name = str(results.train_loss.attrs.get("loss", MSE))
    known = {MSE: "MSE", CROSS_ENTROPY: "cross-entropy", BINARY: "binary cross-entropy"}
    scaled = " of scaled values" if "scaling" in results.attrs else ""
    return f"{recorded_on(results)} {known.get(name, name)}{scaled}"


def after_of(results: xr.Dataset) -> float | None:
    """Returns the share that recorded measures leave out at the beginning; None for numbers of whole curves."""
    after = recorded(results).attrs.get("after")
    return None if after is None else float(after)


def described(name: str, parameter: Parameter | None) -> dict[str, str]:
    """The attributes of a parameter's coordinate: names of the CF conventions, and its symbol if it is declared."""
    if parameter is None:
        return {"long_name": name.replace("_", " ")}
    return {"long_name": parameter.words, "units": parameter.unit, "symbol": parameter.symbol}


def axis_label(coordinate: xr.DataArray) -> str:
    """The axis label of a coordinate: its name, symbol and unit."""
    attrs = coordinate.attrs
    return label(attrs.get("long_name", str(coordinate.name)), attrs.get("units", ""), attrs.get("symbol", ""))


def not_diverged(results: xr.Dataset) -> xr.Dataset:
    """Drops the seeds that diverged from results."""
    return results.isel(seed=~results.diverged.values)
