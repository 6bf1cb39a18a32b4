"""Draws what turned modes do to waves and claims."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullFormatter

import lstm_toys as lt

from .edits import CLOCK, OTHER, RANDOM, REST_OF, TURNED, enough

STYLES = {
    TURNED: (TURNED, lt.figures.COLORS["b"], "o"),
    RANDOM: (f"{RANDOM} with equal damage", lt.figures.COLORS["r"], "s"),
    OTHER: (OTHER, lt.figures.COLORS["k"], "^"),
    REST_OF: (REST_OF, lt.figures.COLORS["g"], "D"),
    CLOCK: ("every step, by the clock", lt.figures.COLORS["y"], "v"),
}
"""By edit, its label, color and marker."""


LINES: dict[str, Literal["-", ":"]] = {TURNED: "-", RANDOM: ":"}
"""Line styles of the edits under which claims are tested."""


def resonance(metrics: Mapping[str, Any]) -> Figure:
    """Draws how waves, and claims, follow the mode when it is turned, and how they follow other edits."""
    found = next(iter(metrics["populations"].values()))
    factors = np.array(found["factors"])
    titles = (
        "Frequency of the waves",
        "How far they follow, on each line (pale: few fits)",
        "Claims that networks meet",
    )
    with lt.figures.canvas(*titles, columns=2, size=(9.6, 8.0)) as (figure, (waves, slopes, claims)):
        _waves(waves, found, factors)
        _slopes(slopes, found)
        _claims(claims, found, factors)
        gray = lt.figures.GRAY
        handles: list[Line2D | Patch] = [
            Line2D([], [], label=label, color=color, marker=marker, markersize=4)
            for label, color, marker in STYLES.values()
        ]
        handles += [
            Line2D([], [], label="follows the mode, or stays", color=gray, linewidth=0.9, linestyle="--"),
            Patch(label="quartiles of networks, medians over lines", color=gray, alpha=0.22, linewidth=0),
            *(
                Line2D([], [], label=f"claims, {STYLES[edit][0]}", color=gray, linestyle=line)
                for edit, line in LINES.items()
            ),
        ]
        figure.legend(handles=handles, loc="center", bbox_to_anchor=(0.81, 0.27), title="what is turned or changed")
        judged = [each["median"] for each in found["slopes"][TURNED].values() if enough(each, found["networks"])]
        low, high = min(judged, default=np.nan), max(judged, default=np.nan)
        figure.suptitle(
            "Turn the mode in which networks oscillate at rest, and the waves in answers to lines turn with it: "
            f"slopes of {low:.2f} to {high:.2f}\non the {len(judged)} of {len(found['decay'])} lines with enough fits "
            f"({found['networks']} networks)"
        )
    return figure


def _waves(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    for edit, rows in found["waves"].items():
        _, color, marker = STYLES[edit]
        median = np.array([each["median"] for each in rows], float)  # None becomes NaN.
        low, high = np.array([each["quartiles"] for each in rows], float).T
        axes.fill_between(factors, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(factors, median, color=color, marker=marker, markersize=4)
    axes.plot(factors, factors, color=lt.figures.GRAY, linestyle="--", linewidth=0.9)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="factor of the mode's frequency",
        ylabel="frequency of the waves / unedited",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0]))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def _slopes(axes: Axes, found: Mapping[str, Any]) -> None:
    lines = list(found["decay"])
    for shift, (edit, (_, color, marker)) in enumerate(STYLES.items()):
        for place, line in enumerate(lines):
            each = found["slopes"][edit][line]
            if each["median"] is not None:
                height, alpha = place + 0.16 * (shift - 2), 1.0 if enough(each, found["networks"]) else 0.3
                axes.plot(each["quartiles"], [height] * 2, color=color, linewidth=1.4, alpha=alpha)
                axes.plot(each["median"], height, color=color, marker=marker, markersize=4, alpha=alpha)
    for value in (0, 1):
        axes.axvline(value, color=lt.figures.GRAY, linestyle="--", linewidth=0.9)
    axes.set(xlabel="slope of logarithms (0: unmoved, 1: follows), quartiles", ylabel="")
    axes.set_yticks(range(len(lines)), lines)
    axes.invert_yaxis()


def _claims(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    shades, ends = lt.figures.colors(found["claims"], ""), {}
    for claim, every in found["claims"].items():
        shares = {edit: 100 * np.array([each["value"] for each in every[edit]], float) for edit in LINES}
        for edit, line in LINES.items():
            axes.plot(factors, shares[edit], color=shades[claim], linestyle=line, marker="o", markersize=3)
        if np.isfinite(shares[TURNED]).any():  # Where no network has a number, there is no share.
            ends[claim] = shares[TURNED][np.isfinite(shares[TURNED])][-1], shades[claim]
    lt.figures.label_ends(axes, factors[-1], ends, 5.0)
    for label in axes.texts:  # They lie where there is no panel.
        label.set_in_layout(False)
    axes.set(xlabel="factor of the mode's frequency", ylabel="% of networks", ylim=(-8, 103))
