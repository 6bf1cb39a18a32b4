"""Figures of the search for the recipe, and of the timeline."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import lstm_toys as lt

OPTIMIZERS = {"rmsprop": "RMSprop", "rmsprop_keras": "Keras's RMSprop", "adam": "Adam", "sgd": "SGD"}
"""The optimizers that were tried, in words."""

UNBEATEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
CHOSEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 11, "fillstyle": "none"}

OTHERS = "#b5b5bd"
"""The color of all recipes."""

LAST = 3_000
"""Steps beyond this are not drawn in the timeline, since nothing visible happens there."""


def scores(metrics: dict[str, Any]) -> Figure:
    """Draws scores over steps for the recipes that no other beats, and the range of all recipes."""

    def line(row: dict[str, Any]) -> str:
        optimizer, rate, gates, units = (
            row["setting"][name] for name in ("optimizer", "learning_rate", "gates", "hidden")
        )
        return f"{OPTIMIZERS[optimizer]} {rate:g}, {gates} gates, {' + '.join(map(str, units))} units"

    rows = sorted((row for row in metrics["settings"] if row["score"] is not None), key=_steps)
    chosen, lines = metrics["settings"][metrics["chosen"]], sorted({line(row) for row in rows if row["unbeaten"]})
    look: dict[str, Any] = {"xlabel": "steps of training", "ylabel": "energy score in units of y, smaller is better"}
    with lt.figures.canvas("", size=(8.4, 4.4), **look) as (figure, (axes,)):
        steps, scores = zip(
            *((each, [row["score"] for row in group]) for each, group in groupby(rows, _steps)), strict=True
        )
        low, high = np.array([np.quantile(each, (0.05, 0.95)) for each in scores]).T
        axes.fill_between(
            steps, low, high, color=OTHERS, alpha=0.4, linewidth=0, label="middle 90 % of all recipes (cut at 0.1)"
        )
        ends = {}
        for name, color in lt.figures.colors(lines).items():
            points = np.array([(_steps(row), row["score"], row["unbeaten"]) for row in rows if line(row) == name])
            axes.plot(*points[:, :2].T, color=color, linewidth=1.4)
            axes.plot(*points[points[:, 2] > 0, :2].T, color=color, clip_on=False, **UNBEATEN)
            ends[name] = points[-1, 1], color
        lt.figures.label_ends(axes, float(steps[-1]), ends, 0.006)
        axes.plot([], [], color=lt.figures.GRAY, label="not significantly worse than any", **UNBEATEN)
        axes.vlines(_steps(chosen), chosen["low"], chosen["high"], color="black", linewidth=1)
        axes.plot(_steps(chosen), chosen["score"], color="black", label="chosen, 95 % bootstrap interval", **CHOSEN)
        axes.set(xlim=(0, steps[-1]), ylim=(0, 0.1))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        best = f"{sum(row['unbeaten'] for row in rows)} of {len(metrics['settings'])} recipes"
        figure.suptitle(f"{best} are not significantly worse than any other at explaining the published answers")
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def _steps(row: dict[str, Any]) -> int:
    return int(row["setting"]["steps"])


def timeline(metrics: dict[str, Any]) -> Figure:
    """Draws the distances of networks to each published figure over steps, the best steps, and the first answers."""
    steps = np.array(metrics["steps"])
    drawn = steps <= LAST
    published = metrics["published"]
    shades = lt.figures.colors(published, "rbgcy")
    criteria = {"curves": metrics["by_curves"], "first points": metrics["by_first_answers"]}
    titles = (
        f"How far {metrics['seeds']:,} networks are from each published figure (bands: 95 % bootstrap)",
        "Steps that fit best (dots)",
        "First points of published answers, which depend on the first input alone",
    )
    subplots = {"sharex": True, "height_ratios": (3, 1.8, 2.6)}
    look: dict[str, Any] = {"columns": 1, "size": (8.2, 8.6), "subplots": subplots}
    with lt.figures.canvas(*titles, xlabel="", ylabel="", **look) as (figure, panels):
        distances, fits, first = panels
        ends = {}
        for place, (name, fit) in enumerate(published.items()):
            color = shades[name]
            score, low, high = (np.array(fit[part], float)[drawn] for part in ("score", "low", "high"))
            distances.plot(steps[drawn], score, color=color, linewidth=1.5)
            distances.fill_between(steps[drawn], low, high, color=color, alpha=0.12, linewidth=0)
            ends[name] = score[-1], color
            _draw_fit(fits, place, fit["best"], fit["interval"], color)
        lt.figures.label_ends(distances, float(steps[drawn][-1]), ends, 0.003)
        for place, fit in enumerate(criteria.values(), len(published)):
            _draw_fit(fits, place, fit["best"], (min(fit["steps"]), max(fit["steps"])), "black")
        distances.set(ylabel="energy score in units of y", xlim=(0, LAST), ylim=(0, None))
        names = [*published, *criteria]
        fits.plot([], [], color=lt.figures.GRAY, linewidth=2.5, label="5–95 % of networks")
        fits.plot([], [], color="black", linewidth=2.5, label="not excluded (95 %)")
        fits.legend(loc="upper right")
        fits.set_yticks(range(len(names)), names, fontsize=8)
        for label, name in zip(fits.get_yticklabels(), names, strict=True):
            label.set_color(shades.get(name, "black"))
        fits.set(ylim=(len(names) - 0.5, -0.5))
        table = metrics["table"]
        low, high = np.array([row["first_answers"] for row in table], float)[drawn].T
        sine_first = np.array([row["sine_first"] for row in table], float)[drawn]
        band: dict[str, Any] = {"alpha": 0.35, "linewidth": 0, "label": "sines.png, from A = 0.1 to A = 1"}
        first.fill_between(steps[drawn], low, high, color=shades["sines.png"], **band)
        first.plot(steps[drawn], sine_first, color=shades["sine.png"], label="sine.png")
        first.axhline(0, color="black", linewidth=1, linestyle="--")
        first.axhspan(-2, 2, color=lt.figures.GRAY, alpha=0.1, linewidth=0, label="within 2 standard deviations")
        first.set(ylabel="standard deviations\nabove the networks' mean", xlabel="steps of training")
        chosen, look = metrics["chosen"], {"color": lt.figures.GRAY, "linewidth": 1, "linestyle": ":"}
        for axes in panels:
            axes.axvline(chosen, label=f"chosen: {chosen:,} steps", **look)
            axes.xaxis.set_major_formatter("{x:,.0f}")
        first.legend(loc="lower left")
        others = [name for name, fit in published.items() if not min(fit["interval"]) <= chosen <= max(fit["interval"])]
        allowed = all(chosen in fit["steps"] for fit in criteria.values())
        fitted = f"{chosen:,} steps fit" if allowed else "No number of steps fits"
        but = f", but not {' and '.join(others)}" * bool(allowed and others)
        figure.suptitle(f"{fitted} both the published curves and their first points{but}")
    return figure


def _draw_fit(axes: Axes, row: int, best: float, ends: Sequence[float], color: str) -> None:
    """Draws the best number of steps as a dot, and the range of steps that also fit as a line."""
    axes.plot(ends, [row, row], color=color, linewidth=2.5, solid_capstyle="butt", clip_on=False)
    axes.plot([best], [row], "o", color=color, markersize=5, clip_on=False)
