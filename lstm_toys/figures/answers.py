"""Figures of the training curve, and of answers to curves."""

from collections.abc import Mapping, Sequence

import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.needs import needs
from lstm_toys.figures.panels import Curve, curve_panels, labeled
from lstm_toys.figures.style import COLORS, INPUT, answers_of, canvas, legend_entries
from lstm_toys.results.arrays import axis_label, kept


@needs("train_target/time", feature="y")
def target(results: xr.Dataset, title: str) -> Figure:
    """Draws the first training curve."""
    curve = results.train_target.sel(feature="y")
    with canvas(title, xlabel=axis_label(results.time)) as (figure, (axes,)):
        first = curve.isel(example=0) if "example" in curve.dims else curve
        axes.plot(results.time, first, color=COLORS["b"], linewidth=1.2)
    return figure


@needs("train_answer/time", "train_target/time", "diverged", feature="y")
def training_answer(results: xr.Dataset, title: str) -> Figure:
    """Draws the training curve and the networks' answers to it, in the (x, y) plane if they also answer x."""
    fit = kept(results)
    with canvas(title, xlabel=axis_label(results.time)) as (figure, (axes,)):
        answers_of(axes, fit.train_answer, COLORS["r"])
        axes.plot(results.time, results.train_target.sel(feature="y"), color=COLORS["b"], **INPUT)
        handles = [
            *legend_entries(fit, COLORS["r"]),
            Line2D([], [], color=COLORS["b"], label="training curve", **INPUT),
        ]
        axes.legend(handles=handles, loc="best")
    return figure


@needs("family", "answer/time", "input", "diverged", feature="y")
def family_answers(
    results: xr.Dataset,
    curves: Mapping[str, Mapping[str, str] | Sequence[str]],
    *titles: str,
    show_input: bool = True,
    overlay: bool = False,
) -> Figure:
    """Draws the networks' answers to the curves of some families.

    Up to three curves of a family share a panel; more have one each, and at most twelve are drawn.

    Args:
        results: labeled results of a run.
        curves: for each family the labels of its curves in order. They have the colors of `COLORS`, or, if there are
            more than six, shades of one scale; labels by letter, such as ``{"r": "A = 1"}``, have the letters' colors.
        titles: one title per family.
        show_input: draw the inputs as thin dashed lines.
        overlay: also draw the median answers to all curves of a family in one panel, without the inputs.

    Raises:
        ValueError: a family is unknown, or the number of titles or labels does not match.
    """
    there = dict.fromkeys(results.family.values.tolist())
    if unknown := [family for family in curves if family not in there]:
        raise ValueError(f"unknown probe {unknown[0]!r}; available: {', '.join(there) or 'none'}")
    fit = kept(results)
    parts = []
    for title, (family, labels) in zip(titles, curves.items(), strict=True):
        chosen = fit.isel(curve=fit.family.values == family)
        if len(labels) != chosen.sizes["curve"]:
            raise ValueError(f"{family} has {chosen.sizes['curve']} curves, but {len(labels)} labels were given")
        drawn = [
            Curve(
                label,
                color,
                chosen.answer.isel(curve=index),
                chosen.input.isel(curve=index).sel(feature="y").values if show_input else None,
            )
            for index, (label, color) in enumerate(labeled(labels))
        ]
        parts.append((title, drawn))
    return curve_panels(fit, parts, overlay=overlay)
