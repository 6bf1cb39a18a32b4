"""Figures of the search for the recipe, and of the timeline."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby, product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

import lstm_toys as lt

UNBEATEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
CHOSEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 11, "fillstyle": "none"}

OTHERS = "#b5b5bd"
"""The color of recipes that others beat."""

LAST = 3_000
"""Steps beyond this are not drawn in the timeline, since nothing visible happens there."""


def scores(metrics: dict[str, Any]) -> Figure:
    """Draws the score of every setting over steps: a column of panels per optimizer, a row per kind of gates.

    Lines are gray, except those with settings that no other beats.
    """

    def line(row: dict[str, Any]) -> tuple[str, str, float, tuple[int, ...]]:
        setting = row["setting"]
        return setting["gates"], setting["optimizer"], setting["learning_rate"], tuple(setting["hidden"])

    rows = [row for row in metrics["settings"] if row["score"] is not None]
    rows.sort(key=lambda row: (line(row), row["setting"]["steps"]))
    gates, optimizers, *_ = (sorted({*values}) for values in zip(*map(line, rows), strict=True))
    shades = lt.figures.colors(sorted({line(row)[2:] for row in rows if row["unbeaten"]}))
    unbeaten = {line(row) for row in rows if row["unbeaten"]}
    chosen = metrics["settings"][metrics["chosen"]]
    places, columns = [*product(gates, optimizers)], len(optimizers)
    titles, inches = [f"{name}, {gate} gates" for gate, name in places], (1.4 + 2.1 * columns, 2.3 + 2.0 * len(gates))
    look: dict[str, Any] = {"size": inches, "subplots": {"sharex": True, "sharey": True}, "axes.titlesize": 9}
    with lt.figures.canvas(*titles, xlabel="", ylabel="", columns=columns, **look) as (figure, panels):
        for setting, group in groupby(rows, line):
            axes = panels[places.index(setting[:2])]
            axes.set(xscale="log", yscale="log")
            color, width = (shades[setting[2:]], 1.4) if setting in unbeaten else (OTHERS, 0.7)
            points = [(row["setting"]["steps"], row["score"], row) for row in group]
            axes.plot(*zip(*(point[:2] for point in points), strict=True), color=color, linewidth=width)
            for steps, score, row in points:
                if row["unbeaten"]:
                    axes.plot(steps, score, color=color, **UNBEATEN)
                if row is chosen:
                    axes.vlines(steps, row["low"], row["high"], color="black", linewidth=1)
                    axes.plot(steps, score, color="black", **CHOSEN)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:,g}")
            axis.set_minor_formatter(NullFormatter())
        for axes in panels[-columns:]:
            axes.set_xlabel("steps")
        figure.supylabel("energy score in units of y, smaller is better")
        best = f"{sum(row['unbeaten'] for row in rows)} of {len(metrics['settings'])} recipes are beaten by no other"
        title = f"{best} at explaining the published answers;\nchosen: {chosen['name']}"
        figure.suptitle(f"{title} (the timeline then chooses the steps)")
        entry = partial(Line2D, [], [])
        handles = [entry(label="other learning rates and sizes", color=OTHERS, linewidth=0.7)]
        for (rate, size), shade in shades.items():
            units = " and ".join(map(str, size)) or "no"
            handles.append(entry(label=f"learning rate {rate:g}, {units} hidden units", color=shade, linewidth=1.4))
        handles += [
            entry(label="beaten by no other", color=lt.figures.GRAY, **UNBEATEN),
            entry(label="chosen, 95 % bootstrap interval", color="black", **CHOSEN),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def timeline(metrics: dict[str, Any]) -> Figure:
    """Draws the distances of networks to each published figure over steps, the best steps, and the first answers."""
    steps = np.array(metrics["steps"])
    drawn = steps <= LAST
    published = metrics["published"]
    shades = lt.figures.colors(published, "rbgcy")
    criteria = {"curves": metrics["by_curves"], "first answers": metrics["by_first_answers"]}
    titles = (
        f"How far {metrics['seeds']:,} networks are from each published figure (bands: 95 % bootstrap)",
        "Best fits (colored: 5 to 95 % if each network were the published one; black: not excluded)",
        "Published first answers, which depend on the first input alone",
    )
    subplots = {"sharex": True, "height_ratios": (3, 1.8, 2.6)}
    look: dict[str, Any] = {"columns": 1, "size": (7.4, 8.6), "subplots": subplots}
    with lt.figures.canvas(*titles, xlabel="", ylabel="", **look) as (figure, panels):
        distances, fits, first = panels
        for place, (name, fit) in enumerate(published.items()):
            color = shades[name]
            score, low, high = (np.array(fit[part], float)[drawn] for part in ("score", "low", "high"))
            distances.plot(steps[drawn], score, color=color, linewidth=1.5)
            distances.fill_between(steps[drawn], low, high, color=color, alpha=0.12, linewidth=0)
            _draw_fit(fits, place, fit["best"], fit["interval"], color)
        for place, fit in enumerate(criteria.values(), len(published)):
            _draw_fit(fits, place, fit["best"], (min(fit["steps"]), max(fit["steps"])), "black")
        distances.set(ylabel="energy score in units of y", xlim=(0, LAST), ylim=(0, None))
        names = [*published, *criteria]
        fits.title.set_fontsize(8.5)
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
        first.set(
            ylabel="standard deviations\nabove the networks' mean",
            xlabel="steps of training",
            ylim=(-12, 18),
        )
        chosen: dict[str, Any] = {"linestyle": ":", "label": f"chosen: {metrics['chosen']:,} steps"}
        for axes in panels:
            axes.axvline(metrics["chosen"], color=lt.figures.GRAY, linewidth=1, **chosen)
            axes.xaxis.set_major_formatter("{x:,.0f}")
        first.legend(ncols=2, loc="upper right")
        curves, firsts = (f"{min(fit['steps']):,} to {max(fit['steps']):,}" for fit in criteria.values())
        title = f"Curves fit best after {curves} steps, first answers after {firsts}"
        figure.suptitle(f"{title}: {metrics['chosen']:,} are chosen")
    return figure


def _draw_fit(axes: Axes, row: int, best: float, ends: Sequence[float], color: str) -> None:
    """Draws the best number of steps as a dot, and the range of steps that also fit as a line."""
    axes.plot(ends, [row, row], color=color, linewidth=2.5, solid_capstyle="butt", clip_on=False)
    axes.plot([best], [row], "o", color=color, markersize=5, clip_on=False)
