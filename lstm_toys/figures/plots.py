"""Figures, drawn from labeled results alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lstm_toys.files import replacing
from lstm_toys.results.arrays import kept
from lstm_toys.statistics import intervals

Drawing = Figure | FuncAnimation

COLORS = {"r": "#e8000b", "b": "#1f3fd6", "g": "#007f00", "c": "#00a5b5", "y": "#b8a500", "k": "#000000"}
"""The post's six colors, by matplotlib's letters, in shades that can be told apart on the grid."""

GRAY = "#555555"

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
def canvas(
    *titles: str, xlabel: str = "x", ylabel: str = "y", columns: int | None = None, **style: Any
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure in the house style, with one pair of axes for each title, side by side or in so many columns."""
    columns = columns or len(titles)
    rows = -(-len(titles) // columns)
    with mpl.rc_context(STYLE | style):
        figure = Figure(figsize=(6.8, 4.2) if len(titles) == 1 else (4.6 * columns, 0.4 + 3.6 * rows))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, title in zip(panels, titles, strict=True):
            axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        yield figure, list(panels)


def target(results: xr.Dataset, title: str) -> Figure:
    """The training curve."""
    with canvas(title) as (figure, (axes,)):
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1.2)
    return figure


def training_answer(results: xr.Dataset, title: str) -> Figure:
    """The training curve, and what the networks answer to it; in the plane, where they answer x too."""
    fit = kept(results)
    with canvas(title) as (figure, (axes,)):
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1.2)
        _dots_and_band(axes, fit.train_answer, COLORS["r"])
        handles = [Line2D([], [], color=COLORS["b"], linewidth=1.2, label="target"), *_encoding(fit, COLORS["r"])]
        axes.legend(handles=handles, loc="best")
    return figure


def family_answers(
    results: xr.Dataset,
    curves: dict[str, dict[str, str]],
    *titles: str,
    show_input: bool = True,
    view: Literal["answers", "everything"] = "answers",
) -> Figure:
    """What the networks answer to the curves of some families, one panel a family.

    Args:
        results: of a run.
        curves: by family and, for each of its curves in order, by its letter in `COLORS`, its label.
        titles: of the panels.
        show_input: draw what was shown as thin lines.
        view: what the y axis holds; with ``"answers"`` inputs may leave it.
    """
    fit = kept(results)
    with canvas(*titles) as (figure, panels):
        for axes, (family, labels) in zip(panels, curves.items(), strict=True):
            chosen = fit.isel(curve=fit.family.values == family)
            for index, color in enumerate(labels):
                _dots_and_band(axes, chosen.answer.isel(curve=index), COLORS[color])
            limits = axes.get_ylim()
            if show_input:
                for index, color in enumerate(labels):
                    shown = chosen.input.isel(curve=index).sel(feature="y")
                    axes.plot(results.time, shown, color=COLORS[color], linewidth=0.9)
                if view == "answers" and fit.sizes["seed"]:
                    axes.set_ylim(limits)
            handles: list[Artist] = [
                Line2D([], [], linestyle="", marker="o", color=COLORS[color], label=label)
                for color, label in labels.items()
            ]
            if len(panels) == 1:
                handles += [Line2D([], [], linestyle="", label=""), *_encoding(fit, GRAY)]
                if show_input:
                    handles.append(Line2D([], [], color=GRAY, linewidth=0.9, label="input"))
                axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
            else:
                axes.legend(handles=handles, loc="best", fontsize=7)
        if len(panels) > 1:
            handles = [*_encoding(fit, GRAY), Line2D([], [], color=GRAY, linewidth=0.9, label="input")]
            figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def loss(results: xr.Dataset, title: str, references: dict[str, float] | None = None) -> Figure:
    """The training loss of every seed, and its median.

    Args:
        results: of a run.
        title: of the figure.
        references: levels to mark, by what they are.
    """
    fit = kept(results)
    diverged = results.isel(seed=results.diverged.values)
    with canvas(title, xlabel="step", ylabel="train MSE") as (figure, (axes,)):
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
        for name, level in (references or {}).items():
            axes.axhline(level, color=COLORS["g"], linewidth=1, linestyle="--")
            handles.append(Line2D([], [], color=COLORS["g"], linewidth=1, linestyle="--", label=f"{name}: {level:g}"))
        axes.set_yscale("log")
        axes.legend(handles=handles, loc="upper right")
    return figure


def error_histories(populations: dict[str, xr.Dataset], title: str, limit: float) -> Figure:
    """The error of y over the steps, of several populations: medians with bands, and the level that counts as learned.

    Args:
        populations: results by what they are.
        title: of the figure.
        limit: the level.
    """
    with canvas(title, xlabel="step", ylabel="train RMSE of y over x ≥ 0.1") as (figure, (axes,)):
        handles: list[Artist] = []
        for (name, results), color in zip(populations.items(), "bry", strict=False):
            fit = kept(results)
            history = fit.train_rmse.sel(feature="y").values
            if not len(history):
                continue
            low, high = intervals.band(history)
            axes.fill_between(fit.step, low, high, color=COLORS[color], alpha=0.2, linewidth=0)
            axes.plot(fit.step, np.median(history, axis=0), color=COLORS[color], linewidth=1.6)
            label = f"{name}: median and 5–95 % of {len(history)} seeds"
            handles.append(Line2D([], [], color=COLORS[color], linewidth=1.6, label=label))
        axes.axhline(limit, color="black", linewidth=1, linestyle="--")
        handles.append(
            Line2D([], [], color="black", linewidth=1, linestyle="--", label=f"counts as learned: {limit:g}")
        )
        axes.set_yscale("log")
        axes.legend(handles=handles, loc="upper right")
    return figure


def film(populations: dict[str, xr.Dataset]) -> FuncAnimation:
    """The answers to the training curve as they form, of several populations side by side.

    Args:
        populations: results with the same frames, by what they are.
    """
    fits = {name: kept(results) for name, results in populations.items()}
    first = next(iter(fits.values()))
    style: dict[str, Any] = {"figure.dpi": 72, "figure.constrained_layout.use": False}
    with canvas(*fits, **style) as (figure, panels):
        figure.subplots_adjust(left=0.07, right=0.985, bottom=0.2, top=0.88, wspace=0.18)
        low, high = float(first.train_target.sel(feature="y").min()), float(first.train_target.sel(feature="y").max())
        figure.legend(
            handles=[Line2D([], [], color=COLORS["b"], linewidth=1, label="target"), *_encoding(first, COLORS["r"])],
            loc="lower center",
            ncols=3,
        )

        def show(index: int) -> list[Artist]:
            for axes, (name, fit) in zip(panels, fits.items(), strict=True):
                axes.clear()
                axes.set(title=f"{name}: step {int(fit.frame_step[index]):,}", xlabel="x", ylabel="y")
                axes.grid(color="white")
                axes.set(xlim=(-0.15, 1.05), ylim=(low - 0.35, high + 0.1))
                axes.plot(fit.time, fit.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1)
                _dots_and_band(axes, fit.frame.isel(frame_step=index), COLORS["r"])
            return []

        return FuncAnimation(figure, show, frames=first.sizes["frame_step"], init_func=list)


def training_set(results: xr.Dataset, title: str) -> Figure:
    """The training curves, of seed-drawn sets an exemplary one."""
    colors = ["#4c72b0", "#55a868", "#c44e52", "#8172b2", "#ccb974", "#64b5cd"]
    with canvas(title) as (figure, (axes,)):
        for index, curve in enumerate(results.train_input.sel(feature="y").values):
            axes.plot(results.time, curve, color=colors[index % len(colors)], linewidth=1)
    return figure


def read_off_curves(
    results: xr.Dataset,
    rebuild: Callable[[Float[np.ndarray, " T"], Float[np.ndarray, "*S A"]], Float[np.ndarray, "*S T"]],
    published: Float[np.ndarray, "C A"],
    labels: dict[str, str],
    titles: tuple[str, str],
) -> Figure:
    """The curves that the read-off parameters describe, over the true ones; beside them those of the post.

    Args:
        results: of a run with a probe ``post`` of C curves.
        rebuild: from time points and parameters to y.
        published: the parameters that the post's network read off.
        labels: for each curve, its letter in `COLORS` and its label.
        titles: of the panel of the run and of the panel of the post.
    """
    fit = kept(results)
    chosen = fit.isel(curve=fit.family.values == "post")
    x = results.time.values
    with canvas(*titles) as (figure, panels):
        for index, color in enumerate(labels):
            answers = xr.DataArray(
                rebuild(x, chosen.answer.values[:, index])[:, :, None],
                dims=("seed", "time", "feature"),
                coords={"seed": fit.seed, "time": results.time, "feature": ["y"]},
            )
            _dots_and_band(panels[0], answers, COLORS[color])
            panels[1].plot(
                x, rebuild(x, published[index]), linestyle="", marker="o", markersize=2.8, color=COLORS[color]
            )
            for axes in panels:
                axes.plot(x, chosen.input.values[index, :, 0], color=COLORS[color], linewidth=0.9)
        panels[1].sharey(panels[0])
        handles: list[Artist] = [
            Line2D([], [], linestyle="", marker="o", color=COLORS[color], label=label)
            for color, label in labels.items()
        ]
        handles += [*_encoding(fit, GRAY), Line2D([], [], color=GRAY, linewidth=0.9, label="truth")]
        figure.legend(handles=handles, loc="outside right center")
    return figure


def read_off_axis(
    results: xr.Dataset, name: str, title: str, trained_to: float, published: dict[float, float]
) -> Figure:
    """One read-off parameter against the true one.

    Args:
        results: of a run with a probe ``sweep``.
        name: of the parameter.
        title: of the figure.
        trained_to: the end of the training range, which begins at zero.
        published: what the post's network read off, by the true values.
    """
    fit = kept(results)
    chosen = fit.isel(curve=fit.family.values == "sweep")
    true = chosen[name].values
    with canvas(title, xlabel=f"true {name}", ylabel=f"read-off {name}") as (figure, (axes,)):
        axes.axvspan(0, trained_to, color="white", alpha=0.6, linewidth=0)
        axes.plot(true, true, color=GRAY, linewidth=0.9, label="truth")
        axes.axhline(1, color=GRAY, linewidth=0.9, linestyle=":", label="bound of an LSTM's answer")
        if fit.sizes["seed"]:
            answers = chosen.answer.sel(asked=name).values
            low, high = intervals.band(answers)
            label = f"5–95 % of {fit.sizes['seed']} seeds"
            axes.fill_between(true, low, high, color=COLORS["b"], alpha=0.25, linewidth=0, label=label)
            axes.plot(true, np.median(answers, axis=0), color=COLORS["b"], linewidth=1.6, label="median over seeds")
        axes.plot(
            *zip(*published.items(), strict=True), "o", color=COLORS["r"], markersize=4, label="the post's network"
        )
        axes.set_xlim(true.min(), true.max())
        handles, _ = axes.get_legend_handles_labels()
        axes.legend(
            handles=[Patch(facecolor="#f6f6f9", edgecolor="#cccccc", label="training range"), *handles],
            loc="upper left",
        )
    return figure


def read_off_plane(
    results: xr.Dataset, names: tuple[str, str], title: str, square: tuple[float, float, float, float]
) -> Figure:
    """Heat maps of the error of two read-off parameters over the plane of the true ones, medians over seeds.

    Args:
        results: of a run with a probe ``plane`` on a full grid.
        names: of the parameters, horizontal and vertical.
        title: said before the names.
        square: left, bottom, width and height of the training range.
    """
    fit = kept(results)
    chosen = fit.isel(curve=fit.family.values == "plane")
    grid = [np.unique(chosen[name].values) for name in names]
    titles = [f"{title} {name}" for name in names]
    with canvas(*titles, xlabel=f"true {names[0]}", ylabel=f"true {names[1]}") as (figure, panels):
        if not fit.sizes["seed"]:
            return figure
        error = np.abs(chosen.answer - chosen.truth).median("seed")
        for axes, name in zip(panels, names, strict=True):
            columns = np.searchsorted(grid[0], chosen[names[0]].values)
            rows = np.searchsorted(grid[1], chosen[names[1]].values)
            values = np.full((len(grid[1]), len(grid[0])), np.nan)
            values[rows, columns] = error.sel(asked=name).values
            image = axes.pcolormesh(*grid, values, cmap="viridis", vmin=0, vmax=float(error.max()), shading="nearest")
            axes.add_patch(Rectangle(square[:2], *square[2:], fill=False, edgecolor="white", linewidth=1.6))
            axes.text(square[0] + 0.04, square[1] + 0.06, "training range", color="white", fontsize=8)
            axes.grid(visible=False)
            axes.set_aspect("equal")
        figure.colorbar(image, ax=panels, label=f"absolute error, median of {fit.sizes['seed']} seeds")
    return figure


def save(drawing: Drawing, path: Path) -> None:
    """Writes a figure as PNG, or an animation as GIF, as a whole or not at all."""
    with replacing(path) as temporary:
        if isinstance(drawing, Figure):
            drawing.savefig(temporary, format="png", metadata={"Software": None})
        else:
            named = temporary.with_suffix(".gif")
            drawing.save(named, writer=PillowWriter(fps=4))
            named.replace(temporary)


def _dots_and_band(axes: Axes, answers: xr.DataArray, color: str) -> None:
    """Answers ``seed, time, feature``: the first seed's as dots, and the band over seeds.

    Where x is answered too, the dots stand at the answered x, and the band at the median of it.
    """
    if not answers.sizes["seed"]:
        return
    y = answers.sel(feature="y").values
    across = "x" in answers.feature.values
    x = answers.sel(feature="x").values if across else np.broadcast_to(answers.time.values, y.shape)
    low, high = intervals.band(y)
    axes.fill_between(np.median(x, axis=0), low, high, color=color, alpha=0.22, linewidth=0)
    axes.plot(x[0], y[0], linestyle="", marker="o", markersize=2.8, color=color)


def _encoding(fit: xr.Dataset, color: str) -> list[Artist]:
    """Legend entries for the dots and the band."""
    if not fit.sizes["seed"]:
        return [Line2D([], [], linestyle="", label="every seed diverged")]
    return [
        Line2D(
            [], [], linestyle="", marker="o", markersize=2.8, color=color, label=f"answer of seed {int(fit.seed[0])}"
        ),
        Patch(color=color, alpha=0.22, linewidth=0, label=f"5–95 % of {fit.sizes['seed']} seeds"),
    ]
