"""Figures of scored recipes."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.post import readings
from lstm_toys import figures
from lstm_toys.statistics import intervals
from lstm_toys.studies.sweep.figures import PALETTE, panels, plain

TITLES = {
    "sine": "the training sine",
    "amplitude": "A + A sin(10 x), A from 0.1 (red) to 1 (black)",
    "line": "m x + m, m from 0.1 (red) to 1.2 (yellow)",
    "line_origin": "m x, m from 0.1 (red) to 1.2 (black)",
}


def scores(found: xr.Dataset, rows: list[dict[str, Any]]) -> Figure:
    """The score of every setting over the learning rate, a panel for each optimizer and number of steps.

    Args:
        found: the labeled results of the sweep.
        rows: for each setting its score, interval, and whether it is unbeaten.
    """
    kinds = [
        f"{h}, {r}" if r != "cell" else str(h) for h, r in zip(found.hidden.values, found.readout.values, strict=True)
    ]
    colors = dict(zip(dict.fromkeys(kinds), PALETTE, strict=False))
    numbered = found.assign_coords(number=("setting", np.arange(len(rows))), kind=("setting", kinds))
    best = min(row["score"] for row in rows if row["score"] is not None)
    with panels(numbered, ["optimizer", "steps"], "How well a recipe explains the published answers", []) as (
        figure,
        places,
    ):
        for axes, part in places:
            for kind, color in colors.items():
                chosen = part.isel(setting=part.kind.values == kind).sortby("learning_rate")
                rates, of = chosen.learning_rate.values, [rows[number] for number in chosen.number.values]
                score, low, high = (np.array([row[name] for row in of], float) for name in ("score", "low", "high"))
                axes.fill_between(rates, low, high, color=color, alpha=0.15, linewidth=0)
                axes.plot(rates, score, color=color, linewidth=1.2, marker="o", markersize=2.5)
                top = np.array([row["unbeaten"] for row in of], bool)
                axes.plot(rates[top], score[top], color=color, linestyle="", marker="*", markersize=10)
            axes.axhline(best, color="black", linewidth=0.8, linestyle=":")
            axes.set(xscale="log", yscale="log")
        plain(places[0][0])
        figure.supxlabel("learning rate", fontsize=9)
        figure.supylabel("energy score (units of y; smaller is better)", fontsize=9)
        handles: list[Artist] = [
            Line2D([], [], color=color, marker="o", markersize=3, label=f"hidden {kind}")
            for kind, color in colors.items()
        ]
        handles += [
            Patch(color=figures.GRAY, alpha=0.2, linewidth=0, label="95 % bootstrap"),
            Line2D([], [], color=figures.GRAY, linestyle="", marker="*", markersize=10, label="no other beats it"),
            Line2D([], [], color="black", linewidth=0.8, linestyle=":", label="the best"),
        ]
        figure.legend(handles=handles, loc="outside right center")
    return figure


def answers(setting: xr.Dataset, row: dict[str, Any]) -> Figure:
    """The published answers over those of one setting's seeds.

    Args:
        setting: the labeled results of the setting.
        row: what is known of it.
    """
    fit = setting.isel(seed=~setting.diverged.values)
    with figures.canvas(*TITLES.values(), columns=2) as (figure, axes_of):
        for axes, family in zip(axes_of, TITLES, strict=True):
            drawn = [(curve, index) for name, curve, index in readings.published_curves(fit) if name == family]
            for (curve, index), color in zip(drawn, figures.COLORS.values(), strict=False):
                low, high = intervals.band(fit.answer.values[:, index, :, 0])
                axes.fill_between(fit.time, low, high, color=color, alpha=0.25, linewidth=0)
                output = np.array(curve["output"], float)
                axes.plot(fit.time, output, color=color, linestyle="", marker="o", markersize=2)
        handles = [
            Line2D([], [], color=figures.GRAY, linestyle="", marker="o", markersize=2, label="published answer"),
            Patch(color=figures.GRAY, alpha=0.25, linewidth=0, label=f"5–95 % of {fit.sizes['seed']} seeds"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
        figure.suptitle(f"{row['name']}: the score is {row['score']:.4f}", fontsize=10)
    return figure
