"""Draws how well models of networks predict claims, and the resonance frequencies of trained networks."""

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import lstm_toys as lt

from ...post.sentences import SENTENCES

MODELS = {
    "clipped copy": ("the input, clipped to the range of answers at rest", "g", "D"),
    "static curve": ("the answer at rest under each input", "r", "s"),
    "linear at the mean": ("the network linearized at the mean input", "y", "v"),
    "LPV": ("the network linearized at each input", "b", "o"),
}
"""The models that are drawn, and their meanings, colors and markers, as in the figures of a study of dynamics."""

FEW = 30
"""Fewest networks whose numbers are drawn."""


def claims_by_model(metrics: dict[str, Any]) -> Figure:
    """Draws, for each claim, the rank correlation between networks and their models.

    Correlations that 5 % of permutations of the models exceed in absolute value are open. Correlations of fewer than
    `FEW` networks are left out.
    """
    rows, size = metrics["claims"], (7.4, 2.3 + 0.4 * len(metrics["claims"]))
    ordered = dict.fromkeys(MODELS, 0)
    with lt.figures.canvas("", ylabel="", size=size) as (figure, (axes,)):
        gray: dict[str, Any] = {"color": lt.figures.GRAY}
        for shift, (model, (label, letter, marker)) in enumerate(MODELS.items()):
            style: dict[str, Any] = {"color": lt.figures.COLORS[letter], "marker": marker, "markersize": 4.5}
            axes.plot([], [], label=label, linestyle="", **style)
            for row, by_model in enumerate(rows.values()):
                comparison, height = by_model.get(model), row + 0.18 * (shift - (len(MODELS) - 1) / 2)
                if comparison is None or comparison["networks"] < FEW or not comparison["spread"]:
                    continue
                if comparison["correlation"] is not None and (value := comparison["correlation"]["value"]) is not None:
                    beyond = abs(value) > comparison["permuted"]
                    ordered[model] += beyond and value > 0
                    ends = comparison["correlation"]["low"], comparison["correlation"]["high"]
                    axes.plot(ends, [height] * 2, color=style["color"], linewidth=0.9)
                    axes.plot(value, height, **style, markerfacecolor=style["color"] if beyond else "white")
        axes.plot([], [], "o", **gray, fillstyle="none", markersize=4.5, label="open: within 95 % of permutations")
        axes.plot([], [], **gray, linewidth=0.9, label="95 % bootstrap interval")
        axes.axvline(0, **gray, linewidth=0.9, linestyle="--")
        axes.set(xlabel=f"rank correlation of networks with their models ({FEW} to {metrics['seeds']} networks)")
        axes.set(xlim=(-1.05, 1.05), xticks=[-1, -0.5, 0, 0.5, 1], ylim=(len(rows) - 0.5, -0.5))
        stated = {sentence.id: textwrap.fill(sentence.statement, 36) for sentence in SENTENCES}
        axes.set_yticks(range(len(rows)), [stated[name] for name in rows], fontsize=8)
        figure.legend(loc="outside lower center", ncols=2)
        most = max(ordered.values())
        best = ",\nand by ".join(words for model, (words, *_) in MODELS.items() if ordered[model] == most)
        count = f"{most} of {len(rows)} claims"
        figure.suptitle(f"Which networks have the larger number is predicted for {count},\nby {best}")
    return figure


def tuning(metrics: dict[str, Any]) -> Figure:
    """Draws the gain of networks by frequency, and their resonance frequencies against the training frequency."""
    rows = [row for name, row in metrics["tuning"].items() if name.startswith("frequency")]
    rows.sort(key=lambda row: row["frequency"])
    with lt.figures.canvas("", "", xlabel="frequency (rad per x)") as (figure, (left, right)):
        _gains(left, rows)
        _tuned(right, rows, metrics["tuning"]["untrained"]["mode_frequency"]["median"])
        (low, first), *_, (high, last) = ((row["frequency"], row["mode_frequency"]["median"]) for row in rows)
        resting = [row["resting"] for row in rows]
        figure.suptitle(
            f"Networks trained on {low:g} rad per x oscillate at {first:.3g}, those trained on {high:g} at {last:.3g}"
        )
        among = f"of the {min(resting)} to {max(resting)} of {metrics['seeds']} networks that rest"
        figure.supxlabel(f"medians {among}, and middle 90 %, in the left panel for {low:g} and {high:g}", fontsize=8)
    return figure


def _gains(axes: Axes, rows: list[dict[str, Any]]) -> None:
    shades = lt.figures.colors((row["frequency"] for row in rows), "")
    for color, row in zip(shades.values(), rows, strict=True):
        names = "frequency", "median", "low", "high"
        frequency, median, low, high = (np.array(row["resonance"][name], float) for name in names)
        if row in (rows[0], rows[-1]):
            axes.fill_between(frequency, low, high, color=color, alpha=0.13, linewidth=0)
        axes.plot(frequency, median, color=color, linewidth=1.3, label=f"{row['frequency']:g}")
        axes.plot(row["frequency"], np.interp(row["frequency"], frequency, median), "o", color=color, markersize=4)
    axes.axhline(1, color=lt.figures.GRAY, linewidth=0.9, linestyle="--")
    axes.set(ylabel="gain of the answer", title="Gain at rest; dots: at the training frequency", ylim=(0, None))
    axes.legend(loc="upper right", title="trained on (rad per x)", ncols=2)


def _tuned(axes: Axes, rows: list[dict[str, Any]], untrained: float) -> None:
    trained = np.array([row["frequency"] for row in rows])
    for name, label, color, shift in (
        ("mode_frequency", "leading mode", lt.figures.COLORS["b"], 0.0),
        ("peak_frequency", "largest gain", lt.figures.COLORS["r"], 0.5),
    ):
        places = trained + shift
        axes.plot(places, [row[name]["median"] for row in rows], "o-", color=color, markersize=4, label=label)
        axes.vlines(places, *zip(*(row[f"{name}_band"] for row in rows), strict=True), color=color, linewidth=1)
    ends = [0, 1.05 * trained.max()]
    axes.plot(ends, ends, color=lt.figures.GRAY, linewidth=0.9, linestyle="--", label="the training frequency")
    axes.axhline(untrained, color=lt.figures.COLORS["b"], linewidth=0.9, linestyle=":", label="leading mode, untrained")
    axes.set(xlabel="training frequency (rad per x)", ylabel="frequency (rad per x)")
    axes.set(title="Resonance frequencies at rest (0: no oscillation)")
    axes.legend(loc="upper left")
