"""Parameters that were read off curves."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lstm_toys.figures.style import COLORS, GRAY, canvas, dots_and_band, legend_entries
from lstm_toys.results.arrays import axis_label, kept
from lstm_toys.statistics import intervals


def training_set(results: xr.Dataset, title: str) -> Figure:
    """The training curves, of seed-drawn sets an exemplary one."""
    colors = ["#4c72b0", "#55a868", "#c44e52", "#8172b2", "#ccb974", "#64b5cd"]
    with canvas(title, xlabel=axis_label(results.time)) as (figure, (axes,)):
        for index, curve in enumerate(results.train_input.sel(feature="y").values):
            axes.plot(results.time, curve, color=colors[index % len(colors)], linewidth=1)
    return figure


def read_off_curves(
    results: xr.Dataset,
    family: str,
    rebuild: Callable[[Float[np.ndarray, " T"], Float[np.ndarray, "*S A"]], Float[np.ndarray, "*S T"]],
    published: Float[np.ndarray, "C A"],
    labels: dict[str, str],
    titles: tuple[str, str],
) -> Figure:
    """The curves that the read-off parameters describe, over the true ones; beside them published ones.

    Args:
        results: of a run.
        family: name of a probe of C curves.
        rebuild: from time points and parameters to y.
        published: the parameters that were published for them.
        labels: for each curve, its letter in `COLORS` and its label.
        titles: of the panel of the run and of that of what was published.
    """
    fit = kept(results)
    chosen = fit.isel(curve=fit.family.values == family)
    x = results.time.values
    with canvas(*titles, xlabel=axis_label(results.time)) as (figure, panels):
        for index, color in enumerate(labels):
            answers = xr.DataArray(
                rebuild(x, chosen.answer.values[:, index])[:, :, None],
                dims=("seed", "time", "feature"),
                coords={"seed": fit.seed, "time": results.time, "feature": ["y"]},
            )
            dots_and_band(panels[0], answers, COLORS[color])
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
        handles += [*legend_entries(fit, GRAY), Line2D([], [], color=GRAY, linewidth=0.9, label="truth")]
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
        published: what was published, by the true values.
    """
    fit = kept(results)
    chosen = fit.isel(curve=fit.family.values == "sweep")
    true = chosen[name].values
    with canvas(title, xlabel=f"true {axis_label(chosen[name])}", ylabel=f"read-off {name}") as (figure, (axes,)):
        axes.axvspan(0, trained_to, color="white", alpha=0.6, linewidth=0)
        axes.plot(true, true, color=GRAY, linewidth=0.9, label="truth")
        axes.axhline(1, color=GRAY, linewidth=0.9, linestyle=":", label="bound of an LSTM's answer")
        if fit.sizes["seed"]:
            answers = chosen.answer.sel(asked=name).values
            low, high = intervals.band(answers)
            label = f"5–95 % of {fit.sizes['seed']} seeds"
            axes.fill_between(true, low, high, color=COLORS["b"], alpha=0.25, linewidth=0, label=label)
            axes.plot(true, np.median(answers, axis=0), color=COLORS["b"], linewidth=1.6, label="median over seeds")
        axes.plot(*zip(*published.items(), strict=True), "o", color=COLORS["r"], markersize=4, label="published")
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
    with canvas(
        *titles, xlabel=f"true {axis_label(chosen[names[0]])}", ylabel=f"true {axis_label(chosen[names[1]])}"
    ) as (figure, panels):
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
