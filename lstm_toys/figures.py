"""Figures, drawn from labeled results alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys import statistics
from lstm_toys.results import kept
from lstm_toys.runs import replacing

COLORS = {"r": "#e8000b", "b": "#1f3fd6", "g": "#007f00", "c": "#00a5b5", "y": "#b8a500", "k": "#000000"}
"""The post's six colors, by matplotlib's letters, in shades that can be told apart on the grid."""

STYLE: Any = {
    "figure.figsize": (6.8, 4.2),
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "axes.facecolor": "#eaeaf2",
    "axes.edgecolor": "white",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "grid.color": "white",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.bottom": False,
    "ytick.left": False,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "font.size": 9,
}


@contextmanager
def canvas(title: str, xlabel: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes in the house style."""
    with mpl.rc_context(STYLE):
        figure = Figure()
        axes = figure.subplots()
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        yield figure, axes


def target(results: xr.Dataset, title: str) -> Figure:
    """The training curve."""
    with canvas(title, "x", "y") as (figure, axes):
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1.2)
    return figure


def training_answer(results: xr.Dataset, title: str) -> Figure:
    """The training curve, and what the networks answer to it."""
    fit = kept(results)
    with canvas(title, "x", "y") as (figure, axes):
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1.2)
        if fit.sizes["seed"]:
            _dots_and_band(axes, fit, fit.train_answer.sel(feature="y").values, COLORS["r"])
        handles = [Line2D([], [], color=COLORS["b"], linewidth=1.2, label="target"), *_encoding(fit, COLORS["r"])]
        axes.legend(handles=handles, loc="upper center")
    return figure


def family_answers(
    results: xr.Dataset,
    family: str,
    curves: dict[str, str],
    title: str,
    *,
    show_input: bool = True,
    view: Literal["answers", "everything"] = "answers",
) -> Figure:
    """What the networks answer to the curves of one family.

    Args:
        results: of a run.
        family: whose curves.
        curves: for each curve of the family, in order, its letter in `COLORS` and its label.
        title: of the figure.
        show_input: draw what was shown as thin lines.
        view: what the y axis holds; with ``"answers"`` inputs may leave it.
    """
    fit = kept(results)
    chosen = np.flatnonzero(results.family.values == family)
    with canvas(title, "x", "y") as (figure, axes):
        if fit.sizes["seed"]:
            for curve, color in zip(chosen, curves, strict=True):
                _dots_and_band(axes, fit, fit.answer.sel(feature="y").values[:, curve], COLORS[color])
        limits = axes.get_ylim()
        if show_input:
            for curve, color in zip(chosen, curves, strict=True):
                axes.plot(results.time, results.input.sel(feature="y")[curve], color=COLORS[color], linewidth=0.9)
            if view == "answers" and fit.sizes["seed"]:
                axes.set_ylim(limits)
        handles: list[Line2D | Patch] = [
            Line2D([], [], linestyle="", marker="o", color=COLORS[color], label=label)
            for color, label in curves.items()
        ]
        handles.append(Line2D([], [], linestyle="", label=""))
        handles += _encoding(fit, "#555555")
        if show_input:
            handles.append(
                Line2D(
                    [],
                    [],
                    color="#555555",
                    linewidth=0.9,
                    label="input, may leave the view" if view == "answers" else "input",
                )
            )
        axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def loss(results: xr.Dataset, title: str, references: dict[str, float]) -> Figure:
    """The training loss of every seed, and its median.

    Args:
        results: of a run.
        title: of the figure.
        references: levels to mark, by what they are.
    """
    fit = kept(results)
    diverged = results.isel(seed=results.diverged.values)
    with canvas(title, "step", "train MSE") as (figure, axes):
        for curve in fit.train_loss.values:
            axes.plot(results.step, curve, color=COLORS["b"], alpha=0.35, linewidth=0.7)
        for curve in diverged.train_loss.values:
            axes.plot(results.step, curve, color=COLORS["r"], alpha=0.6, linewidth=0.7, linestyle=":")
        handles = [Line2D([], [], color=COLORS["b"], alpha=0.5, linewidth=0.7, label="one seed")]
        if fit.sizes["seed"]:
            axes.plot(results.step, np.median(fit.train_loss, axis=0), color="black", linewidth=1.8)
            handles.append(Line2D([], [], color="black", linewidth=1.8, label=f"median of {fit.sizes['seed']} seeds"))
        if diverged.sizes["seed"]:
            label = f"{diverged.sizes['seed']} diverged"
            handles.append(Line2D([], [], color=COLORS["r"], linewidth=0.7, linestyle=":", label=label))
        for name, level in references.items():
            axes.axhline(level, color=COLORS["g"], linewidth=1, linestyle="--")
            handles.append(Line2D([], [], color=COLORS["g"], linewidth=1, linestyle="--", label=f"{name}: {level:g}"))
        axes.set_yscale("log")
        axes.legend(handles=handles, loc="upper right")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Writes a figure as PNG, as a whole or not at all."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _dots_and_band(axes: Axes, fit: xr.Dataset, answers: Float[np.ndarray, "S T"], color: str) -> None:
    low, high = statistics.band(answers)
    axes.fill_between(fit.time, low, high, color=color, alpha=0.22, linewidth=0)
    axes.plot(fit.time, answers[0], linestyle="", marker="o", markersize=2.8, color=color)


def _encoding(fit: xr.Dataset, color: str) -> list[Line2D | Patch]:
    """Legend entries for the dots and the band."""
    if not fit.sizes["seed"]:
        return [Line2D([], [], linestyle="", label="every seed diverged")]
    return [
        Line2D(
            [], [], linestyle="", marker="o", markersize=2.8, color=color, label=f"answer of seed {int(fit.seed[0])}"
        ),
        Patch(color=color, alpha=0.22, linewidth=0, label=f"5–95 % of {fit.sizes['seed']} seeds"),
    ]
