"""Results as a tree of labeled arrays: values of networks at its root, and a node for each set of curves.

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
from lstm_toys.populations.checkpoints import training_set
from lstm_toys.statistics.errors import BINARY, CROSS_ENTROPY
from lstm_toys.tasks.goal import counted_over
from lstm_toys.tasks.parameters import PARAMETER, PART, TRAINING, Parameter, Span, label
from lstm_toys.tasks.probes import EvaluationSet, Probe, evaluation_set
from lstm_toys.tasks.scaling import Scaling, scaling_of
from lstm_toys.tasks.supervision import MSE, Examples, Task, accuracies_of

Results: TypeAlias = xr.DataTree
"""Labeled results: the root has ``diverged`` and other values of each network, the node ``training`` the records and
the first training curve; every probe has a node of its name. `lt.probed` selects a node."""

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
    """Labels all results of a training, from which figures and tables are made.

    Args:
        networks: the records of their training, see `Group.labeled`.
        examples: a training set, or an exemplary one if each seed draws its own.
        train_answer: answers to its first curve; None: the training set is left out.
        answers: answers to the curves of each probe, by its name.
    """
    training = nodes_of(networks).get(TRAINING, xr.Dataset()).drop_dims("example", errors="ignore")
    if train_answer is not None:
        first = jax.tree.map(lambda leaf: leaf[:1], examples)
        labeled = curve_set(task, evaluation_set(task, first, x), train_answer[:, None], span)
        training = training.merge(labeled, combine_attrs="drop_conflicts")
        if not task.sequence:  # Of sequences, only the first one is kept.
            training = training.assign(training_set(task, examples))
    nodes = {"/": networks.to_dataset(inherit=False), TRAINING: training}
    for probe in probes:
        nodes[probe.name] = curve_set(task, evaluation_set(task, probe, x), answers[probe.name], span, probe.declared)
    return xr.DataTree.from_dict(nodes)


def curve_set(
    task: Task, curves: EvaluationSet, answer: Answers, span: Span, declared: Sequence[Parameter] = ()
) -> xr.Dataset:
    """Labels curves, the correct answers, and the networks' answers to them.

    Answers are sequences, with the axes ``time, feature``, or ``time, output_feature`` if inputs have different
    features, or vectors, with the axis ``output_feature``. ``truth`` and ``counts`` are missing if correct answers are
    unknown.
    """
    axes, parameters = task.axes, {parameter.name: parameter for parameter in declared}
    variables: dict[str, Any] = {
        "input": (("curve", "time", "feature"), curves.inputs),
        "answer": (("seed", "curve", *axes), answer, {"loss": task.loss} if accuracies_of(task.loss) else {}),
    }
    if curves.truth is not None:
        of_answers = ("curve", *(axes[:-1] if task.loss == CROSS_ENTROPY else axes))
        variables |= {"truth": (of_answers, curves.truth), "counts": (of_answers, curves.counts)}
    if curves.lengths is not None:
        variables["length"] = "curve", curves.lengths
    if curves.names:
        variables["name"] = "curve", list(curves.names)
    coordinates = {
        "time": ("time", curves.x, {"long_name": span.name, "units": span.unit}),
        "feature": list(task.input_features),
        axes[-1]: list(task.output_features),
        **{
            f"{PARAMETER}{name}": (
                "curve",
                np.broadcast_to(values, len(curves.inputs)),
                described(name, parameters.get(name)),
            )
            for name, values in curves.labels.items()
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
        A dataset with the curves of this probe, ``input``, ``answer``, ``truth`` and ``counts``, and with the values of
        each network, such as ``diverged``. If correct answers are unknown, ``truth`` and ``counts`` are missing;
        ``counts`` is 0 where an answer does not count.

    Raises:
        ValueError: there is no such probe; the message lists the names of all.

    Example:
        >>> answers = {"answer": (("seed", "curve", "time"), [[[0.1, 0.2, 0.3]]])}
        >>> lt.probed(lt.Results.from_dict({"long": xr.Dataset(answers)}), "long").answer.dims
        ('seed', 'curve', 'time')
    """
    arguments.kinds(locals(), results=xr.DataTree, name=str)
    if name not in results.children:
        names = ", ".join(names_of(results)) or "none"
        raise ValueError(f"there are no answers to {name!r}; the probes are {names}")
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
    """The results of a sweep by number of time points, if settings differ in it; else all results."""
    parts = [node for name, node in results.children.items() if name.startswith(PART)]
    return parts or [results]


def of_networks(
    results: xr.DataTree, variables: Mapping[str, Any], coordinates: Mapping[str, Any] | None = None
) -> xr.DataTree:
    """Adds variables of each network, along ``seed``, or of all, to the root of results."""
    nodes = nodes_of(results)
    return xr.DataTree.from_dict({**nodes, "/": nodes["/"].assign(variables).assign_coords(coordinates or {})})


def in_units(results: xr.DataTree, scaling: Scaling | None) -> xr.DataTree:
    """Converts results to the file's units, except losses, which stay scaled. Without a scaling nothing changes."""
    if scaling is None:
        return results

    def converted(node: xr.Dataset) -> xr.Dataset:
        of_inputs, of_answers = ("input", "train_input"), ("answer", "truth", "frame", "train_target")
        changed: dict[str, Any] = {
            name: node[name].copy(data=scaling.undone(node[name].values.astype(float), outputs=name in of_answers))
            for name in (*of_inputs, *of_answers)
            if name in node
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
    words = {MSE: "MSE", CROSS_ENTROPY: "cross-entropy", BINARY: "binary cross-entropy"}
    scaled = " of scaled values" if "scaling" in training.attrs else ""
    return f"{recorded_on(training)} {words.get(name, name)}{scaled}"


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
