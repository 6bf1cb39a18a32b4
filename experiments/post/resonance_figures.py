"""The figure of turned modes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from lstm_toys.figures.style import COLORS, GRAY, canvas, counted, scale

from .predictions import OTHER, RANDOM, TURNED, enough

STYLES = {
    TURNED: (TURNED, COLORS["b"], "o"),
    RANDOM: (f"{RANDOM} with equal damage", COLORS["r"], "s"),
    OTHER: (OTHER, COLORS["k"], "^"),
}
"""By edit, its label, color and marker."""


def resonance(metrics: Mapping[str, Any]) -> Figure:
    """Draws how waves, and claims, follow the mode when it is turned, and how they follow other edits."""
    found = next(iter(metrics["populations"].values()))
    factors = np.array(found["factors"])
    titles = (
        "Frequency of the waves",
        "Slope on each line (pale: few fits)",
        "Claims that networks meet",
    )
    with canvas(*titles, columns=2) as (figure, (waves, slopes, claims)):
        figure.set_size_inches(10, 8.4)
        _waves(waves, found, factors)
        _slopes(slopes, found)
        _claims(claims, found, factors)
        judged = [each["median"] for each in found["slopes"][TURNED].values() if enough(each, found["networks"])]
        low, high = min(judged, default=np.nan), max(judged, default=np.nan)
        figure.suptitle(
            "Turn the mode in which networks oscillate at rest, and the waves in answers to lines turn with it: "
            f"slopes of {low:.2f} to {high:.2f}\non the {len(judged)} of {len(found['decay'])} lines with enough fits "
            f"({counted(found['networks'])})"
        )
    return figure


def _waves(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    for edit, (label, color, marker) in STYLES.items():
        rows = found["waves"][edit]
        median = np.array([each["median"] for each in rows], float)  # None becomes NaN.
        low, high = np.array([each["quartiles"] for each in rows], float).T
        axes.fill_between(factors, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(factors, median, color=color, marker=marker, markersize=4, label=label)
    axes.plot(factors, factors, color=GRAY, linestyle="--", linewidth=0.9, label="follows")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="factor of the mode's frequency",
        ylabel="frequency of the waves / unedited",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.legend(loc="upper left", title="median over lines; band: quartiles of networks")


def _slopes(axes: Axes, found: Mapping[str, Any]) -> None:
    lines = list(found["decay"])
    for shift, (edit, (_, color, marker)) in enumerate(STYLES.items()):
        for place, line in enumerate(lines):
            each = found["slopes"][edit][line]
            if each["median"] is not None:
                height, alpha = place + 0.22 * (shift - 1), 1.0 if enough(each, found["networks"]) else 0.3
                axes.plot(each["quartiles"], [height] * 2, color=color, linewidth=1.4, alpha=alpha)
                axes.plot(each["median"], height, color=color, marker=marker, markersize=4, alpha=alpha)
    for value in (0, 1):
        axes.axvline(value, color=GRAY, linestyle="--", linewidth=0.9)
    axes.set(xlabel="slope of logarithms (0: unmoved, 1: follows), quartiles", ylabel="")
    axes.set_yticks(range(len(lines)), lines)
    axes.invert_yaxis()


def _claims(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    shades = scale(found["claims"])
    for (claim, every), marker in zip(found["claims"].items(), "osDPX", strict=True):
        for edit, line in ((TURNED, "-"), (RANDOM, ":")):
            shares, label = [100 * each["value"] for each in every[edit]], claim if edit == TURNED else None
            style: dict[str, Any] = {"color": shades[claim], "marker": marker, "markersize": 4, "linestyle": line}
            axes.plot(factors, shares, label=label, **style)
    axes.set(xlabel="factor of the mode's frequency", ylabel="% of networks", ylim=(-3, 103))
    told = "solid: the mode is turned\ndotted: a random edit with equal damage"
    axes.legend(loc="upper left", bbox_to_anchor=(1.1, 1.0), title=told).set_in_layout(False)
