"""Draws what turned modes do to waves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter

import lstm_toys as lt

from .hypotheses import CLOCK, OTHER, RANDOM, REST_OF, TURNED, enough

STYLES = {
    TURNED: (TURNED, lt.figures.COLORS["b"], "o"),
    RANDOM: (f"{RANDOM} with equal damage", lt.figures.COLORS["r"], "s"),
    OTHER: (OTHER, lt.figures.COLORS["k"], "^"),
    REST_OF: (REST_OF, lt.figures.COLORS["g"], "D"),
    CLOCK: ("every step, by the clock", lt.figures.COLORS["y"], "v"),
}
"""By edit, its label, color and marker."""


def resonance(metrics: Mapping[str, Any]) -> Figure:
    """Draws how far waves follow the mode when its frequency is changed, and how far they follow other edits."""
    population = next(iter(metrics["populations"].values()))
    titles = "Median over lines and networks", "On each line that can be judged"
    with lt.figures.canvas(*titles, size=(9.6, 5.2)) as (figure, (waves, slopes)):
        _waves(waves, population, np.array(population["factors"]))
        _slopes(slopes, population)
        figure.legend(loc="outside lower center", ncols=3)
        moved, unmoved = (_supported(metrics["verdicts"][f"frequency, {edit}"]) for edit in (TURNED, RANDOM))
        lines = sum(metrics["verdicts"][f"frequency, {TURNED}"].values())
        figure.suptitle(
            f"When a mode's frequency is changed, waves move with it on {moved} judged lines (of {lines});\n"
            f"with a random edit of equal damage, they stay on {unmoved} ({population['networks']} networks)"
        )
    return figure


def _supported(counts: Mapping[str, int]) -> str:
    """On how many of the judged lines a hypothesis is supported."""
    return f"{counts['supported']} of {sum(counts.values()) - counts['not judged']}"


def _waves(axes: Axes, population: Mapping[str, Any], factors: Any) -> None:
    for edit, rows in population["waves"].items():
        _, color, marker = STYLES[edit]
        median = np.array([summary["median"] for summary in rows], float)  # None becomes NaN.
        low, high = np.array([summary["quartiles"] for summary in rows], float).T
        axes.fill_between(factors, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(factors, median, color=color, marker=marker, markersize=4)
    axes.plot(factors, factors, color=lt.figures.GRAY, linestyle="--", linewidth=0.9, label="waves follow, or stay")
    axes.fill_between([], [], color=lt.figures.GRAY, alpha=0.15, label="quartiles of networks (right: bars)")
    axes.set(xlabel="new / old frequency of what is changed", ylabel="new / old frequency of the waves")
    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0]))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def _slopes(axes: Axes, population: Mapping[str, Any]) -> None:
    slopes, networks = population["slopes"], population["networks"]
    lines = [line for line, summary in slopes[TURNED].items() if enough(summary, networks)]
    for shift, (edit, (label, color, marker)) in enumerate(STYLES.items()):
        axes.plot([], [], color=color, marker=marker, markersize=4, label=label)
        for place, line in enumerate(lines):
            if enough(summary := slopes[edit][line], networks):
                height = place + 0.14 * (shift - 2)
                axes.plot(summary["quartiles"], [height] * 2, color=color, linewidth=1.4)
                axes.plot(summary["median"], height, color=color, marker=marker, markersize=4)
    for value in (0, 1):
        axes.axvline(value, color=lt.figures.GRAY, linestyle="--", linewidth=0.9)
    axes.set(xlabel="slope of log frequencies (0: waves stay, 1: they follow)", ylabel="line")
    axes.set_yticks(range(len(lines)), lines)
    axes.invert_yaxis()
