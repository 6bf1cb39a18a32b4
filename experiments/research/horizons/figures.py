"""Draws horizons against predictions, what shifted biases do to horizons, and which gates carry parity."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import lstm_toys as lt

from .hypotheses import COUNTERS, COUNTING, LENGTHS, PARITY, PREDICTED, RANGES, parities
from .measures import numbers

EDITS = {"counter": ("counter's forget gate", "b"), "other": ("another bias", "r")}


def counting(metrics: Mapping[str, Any]) -> Figure:
    """Draws how far LSTMs count against predictions from their counters, and how horizons follow shifts of biases."""
    recipes = metrics["verdicts"]["H4"]["recipes"]
    titles = "each network", "biases shifted from −1 to 1 (bands: hypothesis)"
    with lt.figures.canvas(*titles, ylabel="", size=(9.5, 4.8)) as (figure, (scatter, slopes)):
        shades = [*colormaps["Blues"](np.linspace(0.7, 1, 3)), *colormaps["Oranges"](np.linspace(0.75, 1, 3))]
        _predicted(scatter, metrics, COUNTERS, COUNTING, shades)
        scatter.set(xlabel="n predicted by its counter (P)", ylabel="n up to which it counts (H)")
        for edit, (label, color) in EDITS.items():
            limits = RANGES[edit]
            slopes.axvspan(*limits, color=lt.figures.COLORS[color], alpha=0.08, linewidth=0)
            words = f"{label}\nis shifted"
            slopes.text(sum(limits) / 2, -1, words, ha="center", va="center", color=lt.figures.COLORS[color])
            for place, recipe in enumerate(recipes.values()):
                slopes.plot([recipe[edit]["low"], recipe[edit]["high"]], 2 * [place], color=lt.figures.COLORS[color])
                slopes.plot(recipe[edit]["value"], place, "o", color=lt.figures.COLORS[color], markersize=4)
        slopes.set_yticks(range(len(recipes)), COUNTING)
        slopes.set(ylim=(len(recipes) - 0.5, -1.6), xlabel="median slope of log H on log P, 95 % bootstrap interval")
        met = sum(recipe["met"] for recipe in recipes.values())
        figure.suptitle(
            "How far an LSTM counts follows shifts of its counter's forget gate, and not of another bias,\n"
            f"in {met} of {len(recipes)} recipes"
        )
    return figure


def parity(metrics: Mapping[str, Any]) -> Figure:
    """Draws how far linear recurrences track parity, against predictions and by gate."""
    titles = "each network with sigmoid gates", f"all networks trained on {' or '.join(map(str, PREDICTED))} bits"
    ylabel = "% of networks whose horizon is at least as long"
    with lt.figures.canvas(*titles, ylabel=ylabel, size=(9.5, 4.8)) as (figure, (scatter, shares)):
        shades = lt.figures.colors(LENGTHS, "")
        labels = [
            f"trained on {length} bits" if not place else None for length in LENGTHS for place in range(len(PARITY))
        ]
        colors = np.repeat([*shades.values()], len(PARITY))
        _predicted(scatter, metrics, parities("sigmoid", LENGTHS), labels, colors)
        scatter.set(xlabel="length predicted from the weights (P, bits)", ylabel="horizon (H, bits)")
        places = np.geomspace(1, 40, 200)
        for gates, color in lt.figures.colors(("hard", "sigmoid")).items():
            populations = [(length, name) for length in PREDICTED for name in parities(gates, [length])]
            horizons = [numbers(metrics["populations"][name]["horizon"]) / length for length, name in populations]
            reached = np.nan_to_num(np.concatenate(horizons))
            values = 100 * (reached[:, None] >= places).mean(axis=0)
            shares.step(places, values, where="post", color=color, label=f"{gates} gates ({len(reached)} networks)")
        shares.set(xscale="log", ylim=(-3, 109), xlabel="sequence length / trained length")
        shares.set_xticks([1, 2, 5, 10, 20, 40], ["1", "2", "5", "10", "20", "40"])
        shares.legend(loc="lower left")
        hard, sigmoid = (metrics["verdicts"]["H5"]["reach K"][gates]["networks"] for gates in ("hard", "sigmoid"))
        figure.suptitle(
            f"{hard[0]} of {hard[1]} networks with hard gates carry parity to 40 times the trained length,\n"
            f"but {sigmoid[0]} of {sigmoid[1]} with sigmoid gates"
        )
    return figure


def _predicted(axes: Axes, metrics: Any, names: Sequence[str], labels: Sequence[str | None], colors: Any) -> None:
    """Draws each eligible network's horizon against its prediction, and least horizons as triangles."""
    least = False
    for name, label, color in zip(names, labels, colors, strict=True):
        results = metrics["populations"][name]
        chosen = numbers(results["eligible"]) > 0
        horizon, predicted = numbers(results["horizon"])[chosen], numbers(results["predicted"]["P"])[chosen]
        beyond = horizon >= results["largest"]
        for group, marker in ((~beyond, "o"), (beyond, "^")):
            axes.plot(predicted[group], horizon[group], marker, color=color, markersize=3.5, alpha=0.8)
        axes.plot([], [], "o", color=color, markersize=3.5, label=label)
        least |= bool(beyond.any())
    if least:
        axes.plot([], [], "^", color=lt.figures.GRAY, markersize=3.5, label="at least this far")
    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    ends = [choose(*axes.get_xlim(), *axes.get_ylim()) for choose in (max, min)]
    axes.plot(ends, ends, color=lt.figures.GRAY, linewidth=0.9, linestyle="--", label="as predicted (H = P)")
    axes.legend(fontsize=7, loc="upper left")
