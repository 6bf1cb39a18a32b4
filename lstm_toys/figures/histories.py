"""Figures of losses and errors over the steps of a training."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.needs import needs
from lstm_toys.figures.style import BAND, COLORS, GOAL, MEDIAN, band_name, canvas, colors, counted, plain, whole_ticks
from lstm_toys.results.arrays import after_of, kept, loss_name, measures_of, scaling_of
from lstm_toys.statistics import intervals
from lstm_toys.tasks.goal import WEIGHTED, Goal, after_which

LEARNED = "counts as learned"

FEW_RECORDS = 25
"""Histories of at most this many records are marked with points, since a line would not show their number."""


@needs("train_loss", "step", "diverged")
def loss(
    results: xr.Dataset, title: str, references: dict[str, float] | None = None, goal: Goal | None = None
) -> Figure:
    """Draws the training loss of every network and the median.

    If the goal limits another error, this error is drawn next to the loss.

    Args:
        results: labeled results of a run.
        title: title of the figure.
        references: levels of the loss to mark, by label.
        goal: goal of the task, drawn as a level.
    """
    parts = [(loss_name(results), results.train_loss.values, dict(references or {}))]
    if goal is not None:
        name, values, limit = goal_history(results, goal)
        if name != parts[0][0]:
            parts.append((name, values, {}))
        parts[-1][2][LEARNED] = limit
    with canvas(*([title] if len(parts) == 1 else [""] * len(parts)), xlabel="step") as (figure, panels):
        if len(parts) > 1:
            figure.suptitle(plain(title))
        handles = _explained(results)
        for axes, (name, values, levels) in zip(panels, parts, strict=True):
            axes.set_ylabel(plain(name))
            _networks(axes, results, values)
            for label, level in levels.items():
                style: dict[str, Any] = GOAL if label == LEARNED else GOAL | {"color": COLORS["g"]}
                axes.axhline(level, **style)
                handles.append(Line2D([], [], label=plain(f"{label}: {level:g}"), **style))
        figure.legend(handles=handles, loc="outside lower center", ncols=5 if len(parts) > 1 else 3)
    return figure


def goal_history(results: xr.Dataset, goal: Goal) -> tuple[str, Float[np.ndarray, "S K"], float]:
    """The history of the error that a goal limits.

    Returns:
        Its label, its value for each network at each record, and the largest value that counts as learned.
    """
    after, scaling, squared = after_of(results), scaling_of(results), "loss" not in results.train_loss.attrs
    if squared and not goal.features and (after is None or goal.after == 0):  # The loss is the squared error.
        return loss_name(results), results.train_loss.values, goal.limit**2
    measures, names = measures_of(results)
    if goal.accuracy is not None:
        counted = " or ".join(WEIGHTED.get(each, each) for each in goal.features)
        name = f"{'smallest ' if len(goal.features) > 1 else ''}train accuracy over {counted}"
        return f"{name} {after_which(after or 0)}".rstrip(), goal.error(measures, names), goal.limit
    of = f" of {' or '.join(goal.features)}" if goal.features else " of scaled values" if scaling else ""
    name = f"{'largest ' if len(goal.features) > 1 else ''}train RMSE{of} {after_which(after or 0)}".rstrip()
    return name, goal.error(measures, names), goal.limit


@needs("step", "diverged")
def error_histories(populations: dict[str, xr.Dataset], title: str, goal: Goal) -> Figure:
    """Draws the error that a goal limits over the steps, for several populations: medians with bands, and the goal.

    Args:
        populations: results by label.
        title: title of the figure.
        goal: goal of the task.
    """
    with canvas(title, xlabel="step") as (figure, (axes,)):
        handles: list[Artist] = []
        for (name, results), color in zip(populations.items(), colors(populations).values(), strict=True):
            fit = kept(results)
            _, features = measures_of(fit)
            if missing := [each for each in goal.features if each not in features]:
                have = ", ".join(features)
                raise ValueError(
                    f"lt.figures.error_histories needs the feature {missing[0]!r}, but these results have {have}"
                )
            measured, history, limit = goal_history(fit, goal)
            axes.set_ylabel(plain(measured))
            if not len(history):
                continue
            axes.fill_between(fit.step, *intervals.band(history), color=color, **BAND)
            axes.plot(fit.step, np.median(history, axis=0), color=color, **MEDIAN, **_points(fit))
            label = plain(f"{name}: median and {band_name(len(history))}")
            handles.append(Line2D([], [], color=color, label=label, **MEDIAN))
        axes.axhline(limit, **GOAL)
        handles.append(Line2D([], [], label=f"{LEARNED}: {limit:g}", **GOAL))
        axes.set_yscale("log")
        whole_ticks(axes, results.step.values)
        axes.legend(handles=handles, loc="upper right")
    return figure


def _points(results: xr.Dataset) -> dict[str, Any]:
    return {"marker": "o", "markersize": 2.5} if results.sizes["step"] <= FEW_RECORDS else {}


ONE: dict[str, Any] = {"color": COLORS["b"], "alpha": 0.5, "linewidth": 0.7}
LOST: dict[str, Any] = {"color": COLORS["r"], "linewidth": 0.7, "linestyle": ":"}
MIDDLE: dict[str, Any] = {"color": "black", "linewidth": 1.8}
"""Styles of one network, of a diverged network, and of the median of the others."""


def _networks(axes: Axes, results: xr.Dataset, values: Float[np.ndarray, "S K"]) -> None:
    """Draws the histories of all networks, and the median of those that did not diverge."""
    diverged, points = results.diverged.values, _points(results)
    for history, lost in zip(values, diverged, strict=True):
        axes.plot(results.step, history, **(LOST if lost else ONE), **points)
    if not diverged.all():
        axes.plot(results.step, np.median(values[~diverged], axis=0), **MIDDLE, **points)
    if (values > 0).any():
        axes.set_yscale("log")
    whole_ticks(axes, results.step.values)


def _explained(results: xr.Dataset) -> list[Artist]:
    lost = int(results.diverged.sum())
    sound = results.sizes["seed"] - lost
    handles: list[Artist] = []
    if sound:
        handles.append(Line2D([], [], label="one network", **ONE))
        handles.append(Line2D([], [], label=f"median of {counted(sound)}", **MIDDLE))
    if lost:
        handles.append(Line2D([], [], label=f"{counted(lost)} diverged", **LOST))
    return handles
