"""The figures of an experiment that declares none: the answers to its curves, and the loss."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lstm_toys.figures.answers import Curve, curve_panels, labeled
from lstm_toys.figures.histories import loss
from lstm_toys.figures.sets import set_numbers, shortened
from lstm_toys.results.arrays import kept, own_points, probed
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.supervision import BINARY, CROSS_ENTROPY

MOST = 6
"""Most sets of curves in a figure, and most output features that have one."""


def usual(results: xr.Dataset, goal: Goal | None = None) -> dict[str, Figure]:
    """Draws answers to the training curve and to each set of probes, and the training loss; returns figures by name.

    Networks that answer at every time point have a figure of answers for each output feature; of classes and bits it
    shows probabilities. Numbers of whole curves are drawn against the true ones.

    Args:
        results: labeled results of a training.
        goal: marked in the figure of the loss, with the error that it limits.

    Example:
        To add a figure to the usual ones:

        >>> def draw(results, companions):
        ...     return {**lt.figures.usual(results), "target.png": lt.figures.target(results, "Training curve")}
    """
    drawn = {"loss.png": loss(results, "Training", goal=goal)}
    features = results.train_answer.dims[-1]
    if "time" in results.train_answer.dims:
        for number, feature in enumerate(results[features].values[:MOST].tolist(), 1):
            name = f"answers_{number}.png" if results.sizes[features] > 1 else "answers.png"
            drawn[name] = _answers(results, number - 1, str(feature))
    elif "loss" not in results.answer.attrs and results.sizes["curve"]:
        drawn["answers.png"] = set_numbers(results, "Numbers of whole curves")
    return drawn


def _answers(results: xr.Dataset, index: int, feature: str) -> Figure:
    fit = kept(results)
    families = [*dict.fromkeys(map(str, results.family.values)), *own_points(results)]
    sets = {"training curve": _trained(fit), **{f"curves: {name}": probed(fit, name) for name in families}}
    parts = [(title, [*_curves(each, index, feature)]) for title, each in [*sets.items()][:MOST]]
    title = f"{MOST} of {len(sets)} sets of curves" if len(sets) > MOST else ""
    probability = f"probability of {feature}" if "loss" in results.answer.attrs else feature
    return curve_panels(fit, parts, shown="correct answer", title=title, ylabel=probability)


def _trained(fit: xr.Dataset) -> xr.Dataset:
    """The training curve as a set of one curve."""
    names = {"train_answer": "answer", "train_target": "truth"}
    only = fit[[*names]].rename(names).expand_dims(curve=1)
    return only.assign(answer=only.answer.transpose("seed", "curve", ...).assign_attrs(fit.answer.attrs))


def _curves(chosen: xr.Dataset, index: int, feature: str) -> Iterator[Curve]:
    """The curves of a set, with the answers of an output feature and, if known, what would be correct."""
    answer, loss = chosen.answer, chosen.answer.attrs.get("loss")
    known = "truth" in chosen or (loss is None and "ahead" not in chosen.attrs)  # Otherwise inputs are no answers.
    truth: xr.DataArray = chosen.truth if "truth" in chosen else chosen.input
    features, axis = str(answer.dims[-1]), str(truth.dims[-1])
    if loss == CROSS_ENTROPY and known:
        correct = xr.where(truth.notnull(), truth == index, np.nan)
    elif known := known and feature in truth[axis].values:
        correct = truth.sel({axis: feature})
    if loss == CROSS_ENTROPY:
        powers = np.exp(answer - answer.max(features))
        answer = powers / powers.sum(features)
    if loss == BINARY:
        answer = 1 / (1 + np.exp(-answer))
    answer = answer.isel({features: [index]}).rename({features: "feature"} if features != "feature" else {})
    for number, (label, color) in enumerate(labeled(_labels(chosen))):
        shown = correct.isel(curve=number).values if known else None
        yield Curve(label, color, answer.isel(curve=number).assign_coords(feature=["y"]), shown)


def _labels(chosen: xr.Dataset) -> list[str]:
    """The names of curves, or the parameters in which they differ, or their numbers."""
    if "name" in chosen:
        return [shortened(str(name)) for name in chosen.name.values]
    columns = [
        [f"{each.attrs.get('long_name', name)} {value:g}" for value in each.values]
        for name, each in chosen.coords.items()
        if each.dims == ("curve",) and each.dtype.kind == "f" and len(np.unique(each.values)) > 1
    ]
    count = chosen.sizes["curve"]
    return [", ".join(words) for words in zip(*columns, strict=True)] or [f"curve {number}" for number in range(count)]
