"""The figures of an experiment that declares none."""

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from lstm_toys.figures import style
from lstm_toys.figures.answers import curve_panels
from lstm_toys.figures.histories import loss
from lstm_toys.figures.sets import (
    NAMED,
    called,
    curves_of,
    each_set,
    explained,
    feature_of,
    labels,
    set_numbers,
)
from lstm_toys.results.arrays import names_of, not_diverged, probed
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import TRAINING

MOST = 6
"""Most sets of curves in a figure, and most output features that have one."""


def usual(results: xr.DataTree, goal: Goal | None = None) -> dict[str, Figure]:
    """Draws answers to the training curve and to each set of probes, and the training loss; returns figures by name.

    Networks that answer at every time point have a figure of answers for each output feature; of classes and bits it
    shows probabilities. Of networks that answer once per curve, numbers are drawn against the true ones, and classes
    and bits as one probability per sequence.

    Args:
        results: labeled results of a training; diverged networks are left out of the answers.
        goal: marked in the figure of the loss, with the error that it limits; None: no goal is drawn.

    Raises:
        ValueError: the goal leaves out another share of sequences than what was recorded.

    Example:
        To add a figure to the usual ones:

        >>> def draw(results, companions):
        ...     return {**lt.figures.usual(results), "target.png": lt.figures.target(results, "Training curve")}
    """
    drawn = {"loss.png": loss(results, "Training", goal=goal)}
    answer = results[TRAINING].answer
    features = answer[answer.dims[-1]].values.tolist()
    if "time" in answer.dims:
        for number, feature in enumerate(features[:MOST], 1):
            name = f"answers_{number}.png" if len(features) > 1 else "answers.png"
            drawn[name] = _answers(results, number - 1, str(feature))
    elif names_of(results):
        title = f"Answers to whole {called(results)}s"
        drawn["answers.png"] = (_probabilities if "loss" in answer.attrs else set_numbers)(results, title)
    return drawn


def _answers(results: xr.DataTree, index: int, feature: str) -> Figure:
    fit, one = not_diverged(results), called(results)
    trained = probed(fit, TRAINING)
    sets = {
        f"{style.training(trained)} {one}": trained,
        **{f"{one}s: {name}": probed(fit, name) for name in names_of(fit)},
    }
    parts = [(title, [*curves_of(each, index, one)]) for title, each in [*sets.items()][:MOST]]
    title = f"{MOST} of {len(sets)} sets of {one}s" if len(sets) > MOST else ""
    probability = f"probability of {feature}" if "loss" in trained.answer.attrs else feature
    return curve_panels(trained, parts, shown="correct answer", title=title, ylabel=probability)


def _probabilities(results: xr.DataTree, title: str) -> Figure:
    """Draws the probability of each class or bit that networks answer once per sequence, in one panel per feature."""
    fit = not_diverged(results)
    trained = probed(fit, TRAINING)
    names = [*map(str, trained[trained.answer.dims[-1]].values)]
    if len(names) > MOST:
        title += f", the first {MOST} of {len(names)} features"
    with style.canvas(*[""] * len(names[:MOST]), xlabel="", columns=1) as (figure, panels):
        figure.set_size_inches(6.8, 1.4 + 2.4 * len(panels))
        figure.suptitle(style.plain(title))
        known = False
        for index, (axes, name) in enumerate(zip(panels, names, strict=False)):
            handles, ticks, first = list[Artist](), dict[int, str](), 0
            for label, color, chosen in each_set(fit):
                answer, correct = feature_of(chosen, index)
                right = np.full(chosen.sizes["curve"], np.nan) if correct is None else correct.values
                order = np.lexsort((answer.median("seed").values, right))
                places = first + np.arange(len(order))
                ticks |= dict(zip(places.tolist(), np.array(labels(chosen, "sequence"))[order], strict=True))
                handles.append(style.bars(axes, places, answer.values[:, order], color, label))
                axes.plot(places, right[order], "_", color=style.GRAY, markersize=7, zorder=1.5)
                first += len(order) + 1
                known = known or not np.isnan(right).all()
            axes.set(ylabel=style.plain(f"probability of {name}"), ylim=(-0.05, 1.05), yticks=[0, 0.5, 1])
            named = ticks if len(ticks) <= NAMED else {}
            axes.set_xticks([*named], [*named.values()], rotation=45, ha="right", parse_math=False)
        axes.set_xlabel("sequences of a set, sorted by correct answer and probability")
        if known:
            handles.append(style.entry("correct answer", linestyle="", marker="_"))
        style.legend(figure, [*handles, explained(fit)])
    return figure
