"""Figures of answers to sets of curves, and of their errors."""

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lstm_toys import output
from lstm_toys.figures.answers import Curve, curve_panels, labeled
from lstm_toys.figures.needs import needs
from lstm_toys.figures.style import (
    GRAY,
    MOST_BANDS,
    band,
    band_entry,
    band_name,
    bars,
    canvas,
    colors,
    entry,
    legend,
    plain,
    whole_ticks,
)
from lstm_toys.results.arrays import axis_label, kept

NAMED = 30
LONGEST = 24
MOST_NUMBERS = 36
"""Most names along an axis, most characters of a name, and most curves in a figure of numbers."""


@needs("family", "answer/time", "input", "name", "diverged")
def set_answers(results: xr.Dataset, family: str, feature: str, title: str) -> Figure:
    """Draws the networks' answers and the correct answers to the curves of a set; see `curve_panels`."""
    fit = kept(results)
    chosen = fit.isel(curve=fit.family.values == family)
    right = (chosen.truth if "truth" in chosen else chosen.input).sel(feature=feature).values
    names = list(map(shortened, chosen.name.values))
    few = len(names) <= MOST_BANDS
    shades = [color for _, color in labeled(names)] if few else [_colors(results)[family]] * len(names)
    answers = chosen.answer.sel(feature=[feature]).assign_coords(feature=["y"])
    drawn = [
        Curve(name, color, answers.isel(curve=index), right[index])
        for index, (name, color) in enumerate(zip(names, shades, strict=True))
    ]
    return curve_panels(fit, [(title, drawn)], shown="true curve", ylabel=feature)


def _colors(results: xr.Dataset) -> dict[str, str]:
    return colors(map(str, results.family.values))


@needs("family", "answer/time", "input", "diverged")
def errors_over_time(results: xr.Dataset, feature: str, title: str) -> Figure:
    """Draws the error of each set at each time point: medians and 5th to 95th percentiles over seeds."""
    fit = kept(results)
    with canvas(title, xlabel=axis_label(results.time), ylabel=f"RMSE of {feature} over curves") as (figure, (axes,)):
        handles: list[Artist] = []
        for family, color in _colors(results).items():
            squared = np.square(_missed(fit, family).sel(feature=feature).values)
            error = np.sqrt(squared.mean(axis=1))
            if not len(error):
                continue
            label = f"{family}: {_curves(squared.shape[1])}"
            handles.append(band(axes, fit.time, error, color, label, line={"linewidth": 1.6}))
            whole_ticks(axes, fit.time.values)
        axes.set_ylim(bottom=0)
        legend(figure, [*handles, _explained(fit)])
    return figure


@needs("family", "answer/time", "input", "name", "diverged")
def errors_over_curves(results: xr.Dataset, feature: str, title: str) -> Figure:
    """Draws the error of each curve: median and 5th to 95th percentile over seeds, and of repeating the last value."""
    fit = kept(results)
    with canvas(title, xlabel="curves of a set, sorted by their error", ylabel=f"RMSE of {feature}") as (
        figure,
        (axes,),
    ):
        handles: list[Artist] = []
        first = 0
        ticks: dict[int, str] = {}
        for family, color in _colors(results).items():
            error = np.sqrt((_missed(fit, family).sel(feature=feature) ** 2).mean("time").values)
            if not len(error):
                continue
            order = np.argsort(np.median(error, axis=0))
            places = first + np.arange(len(order))
            names = results.name.values[results.family.values == family][order]
            ticks |= dict(zip(places.tolist(), map(shortened, names), strict=True))
            handles.append(bars(axes, places, error[:, order], color, f"{family}: {_curves(len(order))}"))
            if "ahead" in results.attrs:
                chosen = fit.isel(curve=fit.family.values == family)
                missed = (chosen.input - chosen.truth).sel(feature=feature)
                again = np.sqrt((missed**2).mean("time").values)
                axes.plot(places, again[order], "_", color=GRAY, markersize=5)
            first += len(order) + 1
        if "ahead" in results.attrs:
            handles.append(entry("repeating the last value", linestyle="", marker="_"))
        axes.set_ylim(bottom=0)
        labels = ticks if len(ticks) <= NAMED else {}
        axes.set_xticks([*labels], [*labels.values()], rotation=45, ha="right", parse_math=False)
        legend(figure, [*handles, _explained(fit)])
    return figure


@needs("family", "answer/output_feature", "truth", "diverged")
def set_numbers(results: xr.Dataset, title: str) -> Figure:
    """Draws the numbers that networks answer to whole curves against the true numbers, if known."""
    fit = kept(results)
    names = list(map(str, fit.output_feature.values))
    with canvas(*names, xlabel="true value", ylabel="answer", columns=min(3, len(names))) as (figure, panels):
        figure.suptitle(plain(title))
        handles: list[Artist] = []
        for family, color in _colors(results).items():
            chosen = fit.isel(curve=fit.family.values == family)
            if np.isnan(chosen.truth.values).all() or not fit.sizes["seed"]:
                continue
            for axes, name in zip(panels, names, strict=True):
                right, answers = (chosen[each].sel(output_feature=name).values for each in ("truth", "answer"))
                dots = bars(axes, right, answers, color, f"{family}: {_curves(chosen.sizes['curve'])}")
            handles.append(dots)
        for axes in panels:
            ends = axes.get_xlim()
            axes.plot(ends, ends, color=GRAY, linewidth=0.9, zorder=0)
        handles.append(entry("true value", linewidth=0.9))
        legend(figure, [*handles, _explained(fit)])
    return figure


@needs("family", "answer/output_feature", "name", "diverged")
def numbers_of_curves(results: xr.Dataset, family: str, title: str) -> Figure:
    """Draws the numbers that networks answer to whole curves without a truth, one panel per number."""
    fit, color = kept(results), _colors(results)[family]
    curves = np.flatnonzero(fit.family.values == family)
    chosen = fit.isel(curve=curves[:MOST_NUMBERS])
    if len(curves) > MOST_NUMBERS:
        title += f", the first {MOST_NUMBERS} of {len(curves):,}"
    names = list(map(str, fit.output_feature.values))
    with canvas(*names, xlabel="", ylabel="answer", columns=1) as (figure, panels):
        figure.set_size_inches(6.8, 0.8 + 2.6 * len(names))
        figure.suptitle(plain(title))
        places = np.arange(chosen.sizes["curve"])
        for axes, name in zip(panels, names, strict=True):
            axes.set_xticks(places, [])
            if fit.sizes["seed"]:
                bars(axes, places, chosen.answer.sel(output_feature=name).values, color)
        names = [*map(shortened, chosen.name.values)]
        panels[-1].set_xticks(places, names, rotation=45, ha="right", parse_math=False)
        legend(figure, [_explained(fit)])
    return figure


def shortened(name: str) -> str:
    """Shortens the name of a curve to `LONGEST` characters."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _missed(fit: xr.Dataset, family: str) -> xr.DataArray:
    chosen = fit.isel(curve=fit.family.values == family)
    return chosen.answer - (chosen.truth if "truth" in chosen else chosen.input)


def _curves(count: int) -> str:
    return output.counted(count, "curve")


def _explained(fit: xr.Dataset) -> Patch:
    return band_entry(f"median and {band_name(fit.sizes['seed'])}", alpha=0.3)
