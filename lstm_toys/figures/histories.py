"""Figures of training: losses and errors over its steps, and an animation of the answers."""

import textwrap
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lstm_toys.figures import elements, style
from lstm_toys.figures.style import COLORS, GOAL, INPUT
from lstm_toys.output import listed
from lstm_toys.results import arrays
from lstm_toys.results.summary import goal_error, steps_to_goal
from lstm_toys.tasks.goal import Goal, after_which
from lstm_toys.tasks.parameters import TRAINING
from lstm_toys.tasks.scaling import scaling_of

LEARNED = "counts as learned"

LONGEST, WIDEST = 45, 84
"""Most characters in a line of an axis label, and in a line of a title."""

SHARES = (-0.02, 1.02)
"""Limits of an axis of accuracies."""


def loss(
    results: xr.DataTree, title: str, references: dict[str, float] | None = None, goal: Goal | None = None
) -> Figure:
    """Draws the training loss of every network over the steps, and the median.

    Args:
        results: labeled results of a training.
        title: title of the figure, to which a goal adds how many networks meet it at the last record.
        references: levels of the loss to mark by a line, by label; None: there are none.
        goal: a second panel draws the error, or accuracy, that it limits, with a dashed line. None: no goal is drawn.

    Raises:
        ValueError: the goal leaves out another share of sequences than what was recorded.

    Example:
        >>> training = xr.Dataset({"train_loss": (("seed", "step"), [[0.1, 0.01], [0.2, 0.03]])}, {"step": [0, 100]})
        >>> networks = xr.Dataset({"diverged": ("seed", [False, False])})
        >>> results = lt.Results.from_dict({"/": networks, "training": training})
        >>> lt.figures.loss(results, "Training", {"published": 0.02}).axes[0].get_ylabel()
        'train MSE'
    """
    training = arrays.probed(results, TRAINING)
    parts = [(arrays.loss_name(training), training.train_loss.values, dict(references or {}))]
    if goal is not None:
        error = goal_error(training, goal)
        parts.append((goal_label(training, goal), error, {LEARNED: goal.limit}))
        learned = np.count_nonzero(goal.met(error[:, -1]) & ~training.diverged.values)
        title += f": learned by {learned} of {elements.counted(len(error))}"
    with style.canvas(*([title] if len(parts) == 1 else [""] * len(parts)), xlabel="step") as (figure, panels):
        if len(parts) > 1:
            figure.suptitle(style.plain(title))
        for axes, (name, values, levels) in zip(panels, parts, strict=True):
            axes.set_ylabel(style.plain(textwrap.fill(name, LONGEST)))
            _networks(axes, training, values)
            for label, level in levels.items():
                look: dict[str, Any] = GOAL if label == LEARNED else GOAL | {"color": COLORS["g"]}
                axes.axhline(level, label=style.plain(f"{label}: {level:.3g}"), **look)
        if goal is not None and goal.accuracy is not None:
            panels[-1].set(yscale="linear", ylim=SHARES)
        style.legend(figure, columns=5 if len(parts) > 1 else 3)
    return figure


def goal_label(training: xr.Dataset, goal: Goal) -> str:
    """The name of the error, or accuracy, that a goal limits, as it was recorded."""
    several = len(goal.among(arrays.measures_of(training)[1])) > 1
    size = "largest " if goal.accuracy is None else "smallest "
    scaled, over, of = scaling_of(training) is not None, arrays.counted_of(training), arrays.recorded_on(training)
    measured = goal.measured(scaled=scaled, over=over, of=of, joint=" or ")
    return f"{size * several}{measured} {after_which(arrays.after_of(training) or 0)}".rstrip()


def error_histories(populations: dict[str, xr.DataTree], title: str, goal: Goal) -> Figure:
    """Draws the error that a goal limits over the steps, for several populations in one panel.

    Lines are medians over the networks that did not diverge, and bands go from the 5th to the 95th percentile.

    Args:
        populations: labeled results, by the label of each population's line.
        title: beginning of the title, such as ``"Steps until half of the networks learned the hill"``, which these
            steps follow: those after which half of a population always meets the goal.
        goal: marked by a dashed line.

    Raises:
        ValueError: the goal leaves out another share of sequences than what was recorded.

    Example:
        >>> variables = {
        ...     "train_loss": (("seed", "step"), [[0.1, 0.01]]),
        ...     "train_rmse": (("seed", "step", "feature"), [[[0.3], [0.1]]], {"after": 0.1}),
        ... }
        >>> training = xr.Dataset(variables, {"step": [0, 100], "feature": ["y"]})
        >>> networks = xr.Dataset({"diverged": ("seed", [False])})
        >>> results = lt.Results.from_dict({"/": networks, "training": training})
        >>> lt.figures.error_histories({"LSTM": results}, "Half learned", lt.Goal(rmse=0.05)).axes[0].get_ylabel()
        'train RMSE after the first tenth'
    """
    ends, learned, counts = dict[str, tuple[float, str]](), list[tuple[float, str]](), dict[int, str]()
    with style.canvas("", xlabel="step") as (figure, (axes,)):
        for (name, results), color in zip(populations.items(), style.colors(populations).values(), strict=True):
            training = arrays.probed(results, TRAINING)
            fit, steps = arrays.not_diverged(training), np.sort(steps_to_goal(training, goal))
            learned.append((float(steps[(len(steps) - 1) // 2]), name))
            history = goal_error(fit, goal)
            axes.set_ylabel(style.plain(textwrap.fill(goal_label(fit, goal), LONGEST)))
            if len(history):
                elements.band(axes, fit.step, history, color, **_points(fit))
                ends[name] = float(np.median(history[:, -1])), color
                counts[len(history)] = f"median and {elements.band_name(len(history))}"
        axes.axhline(goal.limit, label=f"{LEARNED}: {goal.limit:.3g}", **GOAL)
        axes.set(yscale="log") if goal.accuracy is None else axes.set(ylim=SHARES)
        axes.set_xlim(right=float(fit.step[-1]))
        height = np.ptp(axes.yaxis.get_transform().transform(axes.get_ylim()))
        elements.label_ends(axes, float(fit.step[-1]), ends, 0.06 * height)
        elements.whole_ticks(axes, fit.step.values)
        halves = (f"{step:,.0f} ({name})" if step < np.inf else f"never ({name})" for step, name in sorted(learned))
        found = ", ".join(half.replace(" ", "\u00a0") for half in halves)  # Lines end after commas.
        axes.set_title(style.plain(textwrap.fill(f"{title}: {found}", WIDEST)))
        spread = [elements.band_entry(label) for label in counts.values()]
        style.legend(axes, *spread, loc="upper right" if goal.accuracy is None else "lower right")
    return figure


def _points(results: xr.Dataset) -> dict[str, Any]:
    """The style of markers at records, if there are few."""
    return {"marker": "o", "markersize": 2.5} if results.sizes["step"] <= 25 else {}


ONE: dict[str, Any] = {"color": COLORS["b"], "alpha": 0.5, "linewidth": 0.7}
LOST: dict[str, Any] = {"color": COLORS["r"], "linewidth": 0.7, "linestyle": ":"}
MIDDLE: dict[str, Any] = {"color": "black", "linewidth": 1.8}


def _networks(axes: Axes, results: xr.Dataset, values: Float[np.ndarray, "S K"]) -> None:
    lost, points = results.diverged.values, _points(results)
    for history in values[~lost]:
        axes.plot(results.step, history, label="one network", **ONE, **points)
    if not lost.all():
        median = f"median of {elements.counted(int(sum(~lost)))}"
        axes.plot(results.step, np.median(values[~lost], axis=0), label=median, **MIDDLE, **points)
    for history in values[lost]:
        axes.plot(results.step, history, label=f"{elements.counted(int(sum(lost)))} diverged", **LOST, **points)
    if (values > 0).any():
        axes.set_yscale("log")
    elements.whole_ticks(axes, results.step.values)


LARGE: dict[str, Any] = {"figure.dpi": 100, "font.size": 13, "axes.titlesize": 14, "legend.fontsize": 13}
"""Larger text, since animations are shown small."""


def film(populations: dict[str, xr.DataTree]) -> FuncAnimation:
    """Animates the answers to the training curve during training, with one panel per population.

    All frames have the same axes, which fit all answers.

    Args:
        populations: by the title of each panel, labeled results of an experiment whose ``frames`` are above 0. All have
            the same number of frames.

    Returns:
        An animation, which `save` writes as a GIF.

    Raises:
        ValueError: the numbers of frames differ.

    Example:
        >>> variables = {
        ...     "frame": (("seed", "frame_step", "time", "feature"), [[[[0.0], [0.1]], [[0.1], [0.2]]]]),
        ...     "truth": (("curve", "time", "feature"), [[[0.1], [0.3]]]),
        ... }
        >>> training = xr.Dataset(variables, {"frame_step": [0, 100], "time": [0.0, 1.0], "feature": ["y"]})
        >>> networks = xr.Dataset({"diverged": ("seed", [False])}, {"seed": [0]})
        >>> film = lt.figures.film({"LSTM": lt.Results.from_dict({"/": networks, "training": training})})
        >>> isinstance(film, lt.figures.Drawing)
        True
    """
    fits = {
        name: arrays.probed(arrays.not_diverged(results), TRAINING).isel(curve=0)
        for name, results in populations.items()
    }
    example = next(iter(fits.values()))
    if len(counts := {fit.sizes["frame_step"] for fit in fits.values()}) > 1:
        raise ValueError(f"populations have different numbers of frames: {listed(sorted(counts))}")
    look = LARGE | {"size": (3.4 * len(fits), 4.0), "subplots": {"sharex": True, "sharey": True}}
    with style.canvas(*fits, xlabel=arrays.axis_label(example.time), **look) as (figure, panels):
        style.legend(figure, *elements.training_entries(example), columns=2)
        for axes in panels:
            axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_locator(MaxNLocator(5))
            axes.label_outer()

        def add(index: int) -> None:
            for axes, fit in zip(panels, fits.values(), strict=True):
                elements.answers_of(axes, fit.frame.isel(frame_step=index), COLORS["r"])
                axes.plot(fit.time, fit.truth.sel(feature="y"), color=COLORS["b"], **INPUT)

        def show(index: int) -> list[Artist]:
            for axes, (name, fit) in zip(panels, fits.items(), strict=True):
                for before in (*axes.lines, *axes.collections):
                    before.remove()
                axes.title.set_text(style.plain(f"{name}, step {int(fit.frame_step[index]):,}"))
            add(index)
            return []

        for index in range(example.sizes["frame_step"]):
            add(index)
        panels[0].set(xlim=panels[0].get_xlim(), ylim=panels[0].get_ylim())  # They fit all frames.
        show(0)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # All frames share one layout.
        return FuncAnimation(figure, show, frames=example.sizes["frame_step"], init_func=list)
