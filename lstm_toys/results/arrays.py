"""Results as a tree of labeled arrays: what holds of networks at its root, and a node for each set of curves.

>>> answers = {"answer": (("seed", "curve", "time"), [[[0.1, 0.2]], [[0.3, 0.4]]])}
>>> networks = xr.Dataset({"diverged": ("seed", [False, True])})
>>> results = lt.Results.from_dict({"/": networks, "lines": xr.Dataset(answers)})
>>> lt.probed(results, "lines").answer.isel(seed=1).values.tolist()
[[0.3, 0.4]]
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias, TypeVar

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys import arguments
from lstm_toys.populations import records
from lstm_toys.statistics.errors import BINARY, CROSS_ENTROPY
from lstm_toys.tasks import asked
from lstm_toys.tasks.goal import counted_over
from lstm_toys.tasks.parameters import PARAMETER, PART, TRAINING, Parameter, Span, label
from lstm_toys.tasks.probes import Probe
from lstm_toys.tasks.scaling import Scaling, scaling_of
from lstm_toys.tasks.supervision import MSE, Examples, Task, accuracies_of

Results: TypeAlias = xr.DataTree
"""Labeled results: the root has ``diverged`` and whatever else holds of a network, the node ``training`` what was
recorded, and the first training curve; every probe has a node of its name. `lt.probed` selects a node."""

TimePoints = Float[np.ndarray, " T"]
FirstAnswer = Float[np.ndarray, "S T A"] | Float[np.ndarray, "S A"]
Answers = Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]
Labeled = TypeVar("Labeled", xr.Dataset, xr.DataTree)


def tree(
    networks: xr.DataTree,
    task: Task,
    x: TimePoints,
    span: Span,
    examples: Examples,
    train_answer: FirstAnswer | None,
    probes: Sequence[Probe],
    answers: Mapping[str, Float[np.ndarray, "S _ ..."]],
) -> xr.DataTree:
    """Labels all results that figures and tables are made from.

    Args:
        networks: what was recorded of them, see `populations.records`.
        examples: a training set, or an exemplary one if each seed draws its own.
        train_answer: answers to its first curve; None: the training set is left out.
        answers: answers to the curves of each probe, by its name.
    """
    training = nodes_of(networks).get(TRAINING, xr.Dataset()).drop_dims("example", errors="ignore")
    if train_answer is not None:
        first = training_curve(task, x, span, examples, train_answer)
        training = training.merge(first, combine_attrs="drop_conflicts")
        if not task.sequence:  # Of sequences, only the first one is kept.
            training = training.assign(records.training_set(task, examples))
    nodes = {"/": networks.to_dataset(inherit=False), TRAINING: training}
    for each in probes:
        nodes[each.name] = curve_set(task, asked.of(task, each, x), answers[each.name], span, each.declared)
    return xr.DataTree.from_dict(nodes)


def training_curve(task: Task, x: TimePoints, span: Span, examples: Examples, train_answer: FirstAnswer) -> xr.Dataset:
    """Labels the first training curve and the answers to it."""
    first = jax.tree.map(lambda each: each[:1], examples)
    return curve_set(task, asked.of(task, first, x), train_answer[:, None], span)


def curve_set(
    task: Task, shown: asked.Asked, answer: Answers, span: Span, declared: Sequence[Parameter] = ()
) -> xr.Dataset:
    """Labels curves, what is right about them, and the networks' answers to them.

    Answers are sequences, with the axes ``time, feature``, or ``time, output_feature`` if inputs have different
    features, or vectors, with the axis ``output_feature``. ``truth`` and ``counts`` are missing if nothing is right.
    """
    axes, known = task.axes, {each.name: each for each in declared}
    variables: dict[str, Any] = {
        "input": (("curve", "time", "feature"), shown.inputs),
        "answer": (("seed", "curve", *axes), answer, {"loss": task.loss} if accuracies_of(task.loss) else {}),
    }
    if shown.truth is not None:
        of_answers = ("curve", *(axes[:-1] if task.loss == CROSS_ENTROPY else axes))
        variables |= {"truth": (of_answers, shown.truth), "counts": (of_answers, shown.counts)}
    if shown.lengths is not None:
        variables["length"] = "curve", shown.lengths
    if shown.names:
        variables["name"] = "curve", list(shown.names)
    coordinates = {
        "time": ("time", shown.x, {"long_name": span.name, "units": span.unit}),
        "feature": list(task.input_features),
        axes[-1]: list(task.output_features),
        **{
            f"{PARAMETER}{name}": ("curve", np.broadcast_to(each, len(shown.inputs)), described(name, known.get(name)))
            for name, each in shown.labels.items()
        },
    }
    repeatable = task.ahead and axes[-1] == "feature"  # Otherwise the last input is not a guess of the next answer.
    return xr.Dataset(variables, coordinates, {"ahead": task.ahead} if repeatable else None)


def probed(results: xr.DataTree, name: str) -> xr.Dataset:
    """Selects the results of one probe, or those of the training.

    Args:
        results: labeled results of a run, or of `lt.load`.
        name: what the probe is called, such as the ``name`` of `lt.probe`; or ``"training"``.

    Returns:
        A dataset with the curves of this probe, ``input``, ``answer``, ``truth`` and ``counts``, next to what holds of
        each network, such as ``diverged``. Where nothing is right about the curves, ``truth`` and ``counts`` are
        missing; ``counts`` is 0 where an answer does not count.

    Raises:
        ValueError: there is no such probe; the message lists those that there are.

    Example:
        >>> answers = {"answer": (("seed", "curve", "time"), [[[0.1, 0.2, 0.3]]])}
        >>> lt.probed(lt.Results.from_dict({"long": xr.Dataset(answers)}), "long").answer.dims
        ('seed', 'curve', 'time')
    """
    arguments.kinds(locals(), results=xr.DataTree, name=str)
    if name not in results.children:
        known = ", ".join(names_of(results)) or "none"
        raise ValueError(f"there are no answers to {name!r}; the probes are {known}")
    node, root = results[name].to_dataset(), results.to_dataset(inherit=False)
    return node.assign_coords(root.coords).assign(root.data_vars).assign_attrs({**root.attrs, **node.attrs})


def names_of(results: xr.DataTree) -> list[str]:
    """The names of all probes."""
    return [name for name in results.children if name != TRAINING]


def nodes_of(results: xr.DataTree) -> dict[str, xr.Dataset]:
    """The dataset of each node by its name, of the root under ``"/"``."""
    children = {name: node.to_dataset(inherit=False) for name, node in results.children.items()}
    return {"/": results.to_dataset(inherit=False), **children}


def parts_of(results: xr.DataTree) -> list[xr.DataTree]:
    """The results of the settings of a sweep by number of time points, if these differ; else all results."""
    every = [node for name, node in results.children.items() if name.startswith(PART)]
    return every or [results]


def of_networks(
    results: xr.DataTree, variables: Mapping[str, Any], coordinates: Mapping[str, Any] | None = None
) -> xr.DataTree:
    """Results with more that holds of each network, along ``seed``, or of all."""
    nodes = nodes_of(results)
    return xr.DataTree.from_dict({**nodes, "/": nodes["/"].assign(variables).assign_coords(coordinates or {})})


def in_units(results: xr.DataTree, scaling: Scaling | None) -> xr.DataTree:
    """Converts results to the file's units, except losses, which stay scaled. Without a scaling nothing changes."""
    if scaling is None:
        return results

    def converted(node: xr.Dataset) -> xr.Dataset:
        of_inputs, of_answers = ("input", "train_input"), ("answer", "truth", "frame", "train_target")
        changed: dict[str, Any] = {
            each: node[each].copy(data=scaling.undone(node[each].values.astype(float), outputs=each in of_answers))
            for each in (*of_inputs, *of_answers)
            if each in node
        }
        if "train_rmse" in node:
            changed["train_rmse"] = node.train_rmse.copy(data=node.train_rmse.values * scaling.units)
        return node.assign(changed)

    nodes = {name: converted(node) for name, node in nodes_of(results).items()}
    return xr.DataTree.from_dict({**nodes, "/": nodes["/"].assign_attrs(scaling=json.dumps(asdict(scaling)))})


def recorded(training: xr.Dataset) -> xr.DataArray:
    """Returns the errors by feature, or the accuracies, that were recorded with the loss."""
    return training.train_accuracy if "train_accuracy" in training else training.train_rmse


def measures_of(training: xr.Dataset) -> tuple[Float[np.ndarray, "*S R E"], list[str]]:
    """Returns the recorded errors or accuracies in scaled units, and their names."""
    measures, scaling = recorded(training), scaling_of(training)
    names = training[measures.dims[-1]].values.tolist()
    return measures.values / (1 if scaling is None else scaling.units), names


def counted_of(training: xr.Dataset) -> dict[str, str]:
    """What each recorded accuracy counts, in words, by name; empty unless networks answer classes or bits."""
    if "train_accuracy" not in training:
        return {}
    return counted_over(training.counted.values.tolist(), weighted=bool(training.train_accuracy.attrs.get("weighted")))


def recorded_on(training: xr.Dataset) -> str:
    """The name of the set that losses, errors and accuracies were recorded on: ``train``, or ``validation``."""
    return str(training.train_loss.attrs.get("recorded_on", "train")) if "train_loss" in training else "train"


def loss_name(training: xr.Dataset) -> str:
    """The name of the recorded loss."""
    name = str(training.train_loss.attrs.get("loss", MSE))
    known = {MSE: "MSE", CROSS_ENTROPY: "cross-entropy", BINARY: "binary cross-entropy"}
    scaled = " of scaled values" if "scaling" in training.attrs else ""
    return f"{recorded_on(training)} {known.get(name, name)}{scaled}"


def after_of(training: xr.Dataset) -> float | None:
    """Returns the share that recorded measures leave out at the beginning; None for numbers of whole curves."""
    after = recorded(training).attrs.get("after")
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


def not_diverged(results: Labeled) -> Labeled:
    """Drops the seeds that diverged from results."""
    return results.isel(seed=~results.diverged.values)


def from_flat(results: xr.Dataset) -> xr.DataTree:
    """The tree of a file that version 0.2 or 0.3 wrote, which has the probes of the same time points along one axis.

    Axes and variables of the other probes end in the probe's name. What is right about a probe without ``truth`` is its
    input, unless networks predict, or answer classes or bits. In version 0.2, parameters have no prefix.
    """
    networks = results.drop_dims([axis for axis in results.dims if axis != "seed"])
    flat = results.drop_vars(networks.variables)
    flat.attrs = {"ahead": networks.attrs.pop("ahead")} if "ahead" in networks.attrs else {}
    of_probes = [str(axis) for axis in flat.dims if str(axis).startswith(("curve", "time_", "own_points"))]
    nodes = {"/": networks, TRAINING: _flat_training(flat.drop_dims(of_probes), results)}
    for axis in of_probes:
        if axis.startswith("curve"):
            nodes |= _flat_probes(flat, axis)
    return xr.DataTree.from_dict(nodes)


def _flat_training(training: xr.Dataset, results: xr.Dataset) -> xr.Dataset:
    """The node of the training, with its first curve, whose variables have no axis of curves in a flat file."""
    if "input_feature" in training.dims:
        inputs = training.train_input.rename(input_feature="feature")
        return training.drop_dims("input_feature").assign(train_input=inputs)
    answer, truth = training.train_answer.assign_attrs(results.answer.attrs), training.train_target
    first = {"answer": answer, "truth": truth, "input": training.get("train_input", truth)}
    for name, each in first.items():
        curve = each.isel(example=0, missing_dims="ignore").expand_dims("curve")
        first[name] = curve.transpose("seed", "curve", ..., missing_dims="ignore")
    single = [name for name, each in training.items() if not {"step", "frame_step", "example"} & {*each.dims}]
    return _counted(training.drop_vars(single).assign(first))


def _flat_probes(flat: xr.Dataset, axis: str) -> dict[str, xr.Dataset]:
    """The nodes of the probes along an axis of curves."""
    end, nodes = axis.removeprefix("curve"), dict[str, xr.Dataset]()
    names = [str(name) for name, each in flat.variables.items() if axis in each.dims]
    bare = {name for name in names if name in flat.coords and not name.startswith(PARAMETER)} - {"family"}
    renamed = {name: PARAMETER * (name in bare) + name.removesuffix(end) for name in (*names, axis, f"time{end}")}
    shown = flat[names].rename(renamed)
    copied = shown.input.dims == shown.answer.dims[1:] and not {"loss", "ahead"} & {*shown.answer.attrs, *shown.attrs}
    if copied and "truth" not in shown:
        shown = shown.assign(truth=shown.input)
    families = shown.family.values if "family" in shown else np.full(shown.sizes["curve"], end[1:])
    for name in dict.fromkeys(families.tolist()):
        own = shown.isel(curve=families == name).drop_vars("family", errors="ignore")
        by_curve = {each: {*map(str, own[each].values)} for each in own.variables if own[each].dims == ("curve",)}
        of_others = [each for each, values in by_curve.items() if values <= {"", "nan"}]
        nodes[name] = _counted(own.drop_vars(of_others))
    return nodes


def _counted(curves: xr.Dataset) -> xr.Dataset:
    """Curves with how much each answer counts: all alike of which the truth is known."""
    if "truth" not in curves or curves.truth.isnull().all():
        return curves.drop_vars("truth", errors="ignore")
    return curves.assign(counts=curves.truth.notnull().astype(np.float32))
