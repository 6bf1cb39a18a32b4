"""Figures of the timeline: distances and first answers over steps, sine.png at its best step, and the checks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys import figures
from lstm_toys.figures.style import canvas, house

from .. import readings
from ..recipe.choice import APART

COLORS = {
    "sine.png": figures.COLORS["r"],
    "sines.png": figures.COLORS["b"],
    "not_identity.png": figures.COLORS["g"],
    "not_identity_2.png": figures.COLORS["c"],
    "phase_displacement.png": figures.COLORS["y"],
    "all but sine.png": figures.COLORS["k"],
}
"""Colors of the published figures."""

LAST = 3_000
"""Steps beyond this are not drawn, since nothing visible happens there."""


def timeline(metrics: dict[str, Any]) -> Figure:
    """Draws the distances of networks to each published figure over steps, the best steps, and the first answers."""
    steps = np.array(metrics["steps"])
    drawn = steps <= LAST
    published = metrics["published"]
    with house():
        figure = Figure(figsize=(7.4, 8.6))
        panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1.5, 2.6))
        distances, fits, first = panels
        for place, (name, told) in enumerate(published.items()):
            color = COLORS[name]
            score, low, high = (np.array(told[part], float)[drawn] for part in ("score", "low", "high"))
            distances.plot(steps[drawn], score, color=color, linewidth=1.5)
            distances.fill_between(steps[drawn], low, high, color=color, alpha=0.12, linewidth=0)
            style: dict[str, Any] = {"color": color, "clip_on": False}
            fits.plot(told["interval"], [place, place], linewidth=2.5, solid_capstyle="butt", **style)
            fits.plot([told["best"]], [place], "o", markersize=5, **style)
        distances.set(title="How far networks are from each published figure", ylabel="energy score in units of y")
        distances.set(xlim=(0, LAST), ylim=(0, None))
        fits.set_title("Steps of the best fit (bars: of 5-95 % of networks in its place)")
        fits.set_yticks(range(len(published)), list(published), fontsize=8)
        for label, name in zip(fits.get_yticklabels(), published, strict=True):
            label.set_color(COLORS[name])
        fits.set(ylim=(len(published) - 0.5, -0.5))
        table = metrics["table"]
        low, high = np.array([row["first_answers"] for row in table], float)[drawn].T
        own = np.array([row["sine_first"] for row in table], float)[drawn]
        first.fill_between(steps[drawn], low, high, color=COLORS["sines.png"], alpha=0.35, linewidth=0)
        first.plot(steps[drawn], own, color=COLORS["sine.png"])
        first.axhline(0, color="black", linewidth=1, linestyle="--")
        first.axhspan(-2, 2, color=figures.GRAY, alpha=0.1, linewidth=0)
        first.set(
            title="Published first answers, which depend on the first input alone",
            ylabel="standard deviations\nabove the networks' mean",
            xlabel="steps of training",
            ylim=(-12, 18),
        )
        handles: list[Artist] = [
            Patch(color=COLORS["sines.png"], alpha=0.35, label="sines.png, from A = 0.1 to A = 1"),
            Line2D([], [], color=COLORS["sine.png"], label="sine.png"),
            Line2D([], [], color=figures.GRAY, linestyle=":", label=f"chosen: {metrics['chosen']:,} steps"),
            Patch(color=figures.GRAY, alpha=0.1, label="within 2 standard deviations"),
        ]
        first.legend(handles=handles, fontsize=8, ncols=2, loc="upper right")
        for axes in panels:
            axes.axvline(metrics["chosen"], color=figures.GRAY, linewidth=1, linestyle=":")
            axes.xaxis.set_major_formatter("{x:,.0f}")
    return figure


def sine(found: xr.Dataset, steps: Mapping[str, int]) -> Figure:
    """Draws the published answer of sine.png over networks at its best step, and at that of the other figures."""
    fit = found.isel(seed=~found.diverged.values.any(axis=0))
    ((curve, index),) = [(curve, index) for family, curve, index in readings.published_curves(found) if family == APART]
    parts = []
    for name, number in steps.items():
        place = int(np.flatnonzero(fit.steps.values == number)[0])
        answers = fit.answer.isel(setting=place, curve=index)
        shown = fit.input.isel(curve=index).sel(feature="y").values
        drawn = figures.Curve(
            f"{number:,} steps", figures.COLORS["b"], answers, shown, np.array(curve["output"], float)
        )
        parts.append((f"after {number:,} steps, where networks fit {name}", [drawn]))
    return figures.curve_panels(fit, parts, title="The published answer of sine.png over networks")


def ordinary(metrics: dict[str, Any]) -> Figure:
    """Draws power against p of each posterior predictive check, for the chosen and the previous number of steps."""
    rows = metrics["ordinary"]
    names = list(dict.fromkeys(row["feature"] for row in rows))
    with canvas("", xlabel="p", ylabel="") as (figure, (axes,)):
        figure.set_size_inches(7.4, 1.6 + 0.36 * len(names))
        colors = {metrics["chosen"]: figures.COLORS["b"], metrics["former"]: figures.COLORS["r"]}
        for row in rows:
            place = len(names) - 1 - names.index(row["feature"])
            offset = 0.12 if row["steps"] == metrics["chosen"] else -0.12
            axes.plot([row["p"]], [place + offset], "o", color=colors[row["steps"]], markersize=6)
            axes.text(1.02, place + offset, f"{row['power']:.0%}", color=colors[row["steps"]], fontsize=7, va="center")
        axes.axvline(0.05, color=figures.GRAY, linestyle="--", linewidth=1)
        axes.set_yticks(range(len(names)), names[::-1], fontsize=8)
        axes.set(
            title="Could the published answers be those of one more network?",
            xlabel="p: share of networks and published answers that are at least as unlike the others;\n"
            "power: share of networks after the other number of steps with p of at most 0.05",
            xlim=(0, 1),
            ylim=(-0.6, len(names) - 0.4),
        )
        axes.text(1.02, len(names) - 0.45, "power", fontsize=7, va="bottom")
        handles = [
            Line2D([], [], linestyle="", marker="o", color=color, label=f"networks after {steps:,} steps")
            for steps, color in colors.items()
        ]
        handles.append(Line2D([], [], color=figures.GRAY, linestyle="--", label="p = 0.05"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
    return figure
