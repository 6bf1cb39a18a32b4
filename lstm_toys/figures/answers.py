"""Answers to curves, and the training curve."""

from typing import Literal

import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import COLORS, GRAY, canvas, dots_and_band, legend_entries
from lstm_toys.results.arrays import axis_label, kept


def target(results: xr.Dataset, title: str) -> Figure:
    """The training curve."""
    with canvas(title, xlabel=axis_label(results.time)) as (figure, (axes,)):
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1.2)
    return figure


def training_answer(results: xr.Dataset, title: str) -> Figure:
    """The training curve, and what the networks answer to it; in the plane, where they answer x too."""
    fit = kept(results)
    with canvas(title, xlabel=axis_label(results.time)) as (figure, (axes,)):
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], linewidth=1.2)
        dots_and_band(axes, fit.train_answer, COLORS["r"])
        handles = [Line2D([], [], color=COLORS["b"], linewidth=1.2, label="target"), *legend_entries(fit, COLORS["r"])]
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

    Raises:
        ValueError: there is no family of a name.
    """
    there = dict.fromkeys(results.family.values.tolist())
    if unknown := [family for family in curves if family not in there]:
        raise ValueError(f"there are no answers to {unknown[0]!r}; the probes are {', '.join(there)}")
    fit = kept(results)
    with canvas(*titles, xlabel=axis_label(results.time)) as (figure, panels):
        for axes, (family, labels) in zip(panels, curves.items(), strict=True):
            chosen = fit.isel(curve=fit.family.values == family)
            for index, color in enumerate(labels):
                dots_and_band(axes, chosen.answer.isel(curve=index), COLORS[color])
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
                handles += [Line2D([], [], linestyle="", label=""), *legend_entries(fit, GRAY)]
                if show_input:
                    handles.append(Line2D([], [], color=GRAY, linewidth=0.9, label="input"))
                axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
            else:
                axes.legend(handles=handles, loc="best", fontsize=7)
        if len(panels) > 1:
            handles = [*legend_entries(fit, GRAY), Line2D([], [], color=GRAY, linewidth=0.9, label="input")]
            figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure
