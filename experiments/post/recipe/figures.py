"""Figures of scored recipes."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments import sine
from experiments.post import readings
from lstm_toys import figures
from lstm_toys.studies.sweep.figures import decades, panels, shift


def scores(found: xr.Dataset, rows: list[dict[str, Any]]) -> Figure:
    """The score of every setting over the learning rate, a panel for each optimizer and number of steps.

    Args:
        found: the labeled results of the sweep.
        rows: for each setting its score, interval, and whether it is unbeaten.
    """
    kinds = [
        f"{h}, {r}" if r != "cell" else str(h) for h, r in zip(found.hidden.values, found.readout.values, strict=True)
    ]
    shades = figures.colors(kinds)
    numbered = found.assign_coords(number=("setting", np.arange(len(rows))), kind=("setting", kinds))
    best = min(row["score"] for row in rows if row["score"] is not None)
    with panels(numbered, ["optimizer", "steps"], "How well a recipe explains the published answers", []) as (
        figure,
        places,
    ):
        for axes, part in places:
            axes.set(xscale="log", yscale="log")
            for index, (kind, color) in enumerate(shades.items()):
                chosen = part.isel(setting=part.kind.values == kind).sortby("learning_rate")
                rates, of = chosen.learning_rate.values, [rows[number] for number in chosen.number.values]
                score, low, high = (np.array([row[name] for row in of], float) for name in ("score", "low", "high"))
                lines: list[Artist] = [axes.vlines(rates, low, high, color=color, linewidth=1.0)]
                lines += axes.plot(rates, score, color=color, linewidth=1.2, marker="o", markersize=2.5)
                top = np.array([row["unbeaten"] for row in of], bool)
                lines += axes.plot(rates[top], score[top], color=color, linestyle="", marker="*", markersize=10)
                shift(axes, lines, index - (len(shades) - 1) / 2)
            axes.axhline(best, color="black", linewidth=0.8, linestyle=":")
        decades(places[0][0])
        figure.supxlabel("learning rate")
        figure.supylabel("energy score (units of y; smaller is better)")
        handles: list[Artist] = [
            Line2D([], [], color=color, marker="o", markersize=3, label=f"hidden {kind}")
            for kind, color in shades.items()
        ]
        handles += [
            Line2D([], [], color=figures.GRAY, linestyle="", marker="|", markersize=11, label="95 % bootstrap"),
            Line2D([], [], color=figures.GRAY, linestyle="", marker="*", markersize=10, label="no other beats it"),
            Line2D([], [], color="black", linewidth=0.8, linestyle=":", label="the best"),
        ]
        figure.legend(handles=handles, loc="outside right center")
    return figure


def answers(setting: xr.Dataset, row: dict[str, Any]) -> Figure:
    """The published answers over those of one setting's seeds, in the colors of the figures of `experiments.sine`.

    Args:
        setting: the labeled results of the setting.
        row: what is known of it.
    """
    fit = setting.isel(seed=~setting.diverged.values)
    trained = {"r": f"A = {sine.TRAIN_AMPLITUDE:g}, the training sine"}
    drawn: dict[str, list[figures.Curve]] = {"sine": [], "amplitude": [], "line": [], "line_origin": []}
    for family, curve, index in readings.published_curves(fit):
        letter, label = [*{"sine": trained, **sine.LABELS}[family].items()][len(drawn[family])]
        published = np.array(curve["output"], float)
        mine = fit.answer.isel(curve=index)
        drawn[family].append(figures.Curve(label, figures.COLORS[letter], mine, published=published))
    parts = [
        ("A + A sin(10 x)", drawn["sine"] + drawn["amplitude"]),
        ("m x + m", drawn["line"]),
        ("m x", drawn["line_origin"]),
    ]
    return figures.curve_panels(fit, parts, title=f"{row['name']}: the score is {row['score']:.4f}")
