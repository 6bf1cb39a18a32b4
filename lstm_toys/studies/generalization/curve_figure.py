"""Draws a population's answers to the user's curves."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys.figures.style import BAND, GRAY, INPUT, MEDIAN, MOST_BANDS, band_name, canvas, colors, counted, plain
from lstm_toys.results.arrays import axis_label
from lstm_toys.statistics import intervals
from lstm_toys.studies.generalization.ask import SHOWN_CURVES

DRAWN_POINTS = 2_000
"""Most places along x at which a figure draws a curve; a figure has fewer pixels."""

LEGEND_CHARACTERS = 110
"""Most characters in a row of the legend."""


def draw(labeled: xr.Dataset) -> Figure:
    """Draws the user's curves and the answers: the median, and the band from the 5th to the 95th percentile of seeds.

    A few curves share a panel; more have separate panels with separate y axes. Numbers that networks read off have a
    second panel. Only the first `SHOWN_CURVES` curves are drawn, and long curves as ranges over several time points.
    """
    fit = labeled.isel(seed=labeled.diverged.values == 0, curve=slice(SHOWN_CURVES))
    vector = "time" not in fit.answer.dims
    title = "Curves" if vector else "Answers to curves of your own"
    if (count := labeled.sizes["curve"]) > SHOWN_CURVES:
        title += f", the first {SHOWN_CURVES} of {count:,}"
    time, curves = fit.time.values, fit.sizes["curve"]
    starts = np.arange(0, len(time), -(-len(time) // DRAWN_POINTS))

    def line(axes: Axes, values: Float[np.ndarray, " T"], style: dict[str, Any], **options: Any) -> None:
        if len(starts) == len(time):
            axes.plot(time, values, **style, **options)
        else:
            # A rapidly oscillating line would hide everything below it.
            ends = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
            axes.fill_between(time[starts], *ends, linewidth=0, alpha=style["linewidth"] / 2, **options)

    if len(starts) < len(time):
        title += f": ranges of {starts[1]:,} time points each"
    apart = curves > MOST_BANDS and not vector
    titles = [title, "What was read off them"] if vector else [""] * curves if apart else [title]
    with canvas(*titles, xlabel=axis_label(fit.time), columns=3 if apart else None) as (figure, panels):
        if apart:
            figure.set_size_inches(9.0, 0.9 + 2.4 * -(-curves // 3))
            figure.suptitle(title)
        handles: list[Artist] = []
        for (index, color), curve in zip(colors(range(curves)).items(), fit.curve.values, strict=True):
            chosen, axes = fit.isel(curve=index), panels[index if apart else 0]
            name = plain(str(curve) if len(str(curve)) <= 40 else f"{str(curve)[:39]}…")
            line(axes, chosen.input.values, INPUT, color=color)
            if apart:
                axes.set_title(name, fontsize=9)
            else:
                handles.append(Line2D([], [], color=color, label=name))
            if not fit.sizes["seed"]:
                continue
            low, high = intervals.band(chosen.answer.values)
            middle = np.median(chosen.answer.values, axis=0)
            if vector:
                across = np.arange(len(middle)) + 0.12 * (index - (curves - 1) / 2)
                panels[1].vlines(across, low, high, color=color, linewidth=4, alpha=0.35)
                panels[1].plot(across, middle, "o", color=color, markersize=4)
            else:
                low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
                axes.fill_between(time[starts], low, high, color=color, **BAND)
                line(axes, middle, MEDIAN, color=color)
        if vector:
            names = [plain(str(name)) for name in fit.output_feature.values]
            panels[1].set(xlabel="", ylabel="", xticks=range(fit.sizes["output_feature"]), xticklabels=names)
            panels[1].set_xlim(-0.6, fit.sizes["output_feature"] - 0.4)
        median = f"median of {counted(fit.sizes['seed'])}"
        handles += [
            Line2D([], [], color=GRAY, marker="o" if vector else None, label=median, **MEDIAN),
            Patch(color=GRAY, label=band_name(fit.sizes["seed"]), **BAND),
            Line2D([], [], color=GRAY, label="curve they were shown", **INPUT),
        ]
        longest = max(len(str(handle.get_label())) for handle in handles)
        columns = max(1, min(5, len(handles), LEGEND_CHARACTERS // (longest + 6)))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    return figure
