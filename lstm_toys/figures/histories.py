"""Losses and errors over the steps of a training."""

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import BAND, COLORS, MEDIAN, canvas, colors, counted, plain
from lstm_toys.results.arrays import after_of, kept
from lstm_toys.statistics import intervals
from lstm_toys.tasks.goal import after_which


def loss(results: xr.Dataset, title: str, references: dict[str, float] | None = None) -> Figure:
    """The training loss of every seed, and its median.

    Args:
        results: of a run.
        title: of the figure.
        references: levels to mark, by what they are.
    """
    fit = kept(results)
    diverged = results.isel(seed=results.diverged.values)
    mse = "train MSE of scaled values" if "scaling" in results.attrs else "train MSE"
    with canvas(title, xlabel="step", ylabel=mse) as (figure, (axes,)):
        for curve in fit.train_loss.values:
            axes.plot(results.step, curve, color=COLORS["b"], alpha=0.35, linewidth=0.7)
        for curve in diverged.train_loss.values:
            axes.plot(results.step, curve, color=COLORS["r"], alpha=0.6, linewidth=0.7, linestyle=":")
        handles = [Line2D([], [], color=COLORS["b"], alpha=0.5, linewidth=0.7, label="one seed")]
        if fit.sizes["seed"]:
            axes.plot(results.step, np.median(fit.train_loss, axis=0), color="black", linewidth=1.8)
            label = f"median of {counted(fit.sizes['seed'])}"
            handles.append(Line2D([], [], color="black", linewidth=1.8, label=label))
        if diverged.sizes["seed"]:
            label = f"{diverged.sizes['seed']} diverged"
            handles.append(Line2D([], [], color=COLORS["r"], linewidth=0.7, linestyle=":", label=label))
        for name, level in (references or {}).items():
            axes.axhline(level, color=COLORS["g"], linewidth=1, linestyle="--")
            label = plain(f"{name}: {level:g}")
            handles.append(Line2D([], [], color=COLORS["g"], linewidth=1, linestyle="--", label=label))
        if (results.train_loss.values > 0).any():
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
    late = after_which(next((after_of(results) or 0 for results in populations.values()), 0))
    with canvas(title, xlabel="step", ylabel=f"train RMSE of y {late}".rstrip()) as (figure, (axes,)):
        handles: list[Artist] = []
        for (name, results), color in zip(populations.items(), colors(populations).values(), strict=True):
            fit = kept(results)
            history = fit.train_rmse.sel(feature="y").values
            if not len(history):
                continue
            low, high = intervals.band(history)
            axes.fill_between(fit.step, low, high, color=color, **BAND)
            axes.plot(fit.step, np.median(history, axis=0), color=color, **MEDIAN)
            label = plain(f"{name}: median and 5–95 % of {counted(len(history))}")
            handles.append(Line2D([], [], color=color, label=label, **MEDIAN))
        axes.axhline(limit, color="black", linewidth=1, linestyle="--")
        handles.append(
            Line2D([], [], color="black", linewidth=1, linestyle="--", label=f"counts as learned: {limit:g}")
        )
        axes.set_yscale("log")
        axes.legend(handles=handles, loc="upper right")
    return figure
