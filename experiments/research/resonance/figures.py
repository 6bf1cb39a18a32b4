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
    TURNED: ("the mode turned", lt.figures.COLORS["b"], "o"),
    RANDOM: (f"{RANDOM} with equal damage", lt.figures.COLORS["r"], "s"),
    OTHER: ("the next mode turned instead", lt.figures.COLORS["k"], "^"),
    REST_OF: ("all other modes turned", lt.figures.COLORS["g"], "D"),
    CLOCK: ("whole network sped up", lt.figures.COLORS["y"], "v"),
}
"""By edit, its label, color and marker."""


def resonance(metrics: Mapping[str, Any]) -> Figure:
    """Draws how far waves follow the mode when its frequency is changed, and how far they follow other edits."""
    population = next(iter(metrics["populations"].values()))
    moved, unmoved = (metrics["verdicts"][f"frequency, {edit}"] for edit in (TURNED, RANDOM))
    lines = sum(moved.values())
    titles = (
        "Median over lines and networks",
        f"On the {lines - moved['not judged']} of {lines} lines that can be judged",
    )
    with lt.figures.canvas(*titles, size=(9.6, 5.2)) as (figure, (waves, slopes)):
        _waves(waves, population, np.array(population["factors"]))
        _slopes(slopes, population)
        figure.legend(loc="outside lower center", ncols=3)
        figure.suptitle(
            f"Waves follow the frequency of a mode ({_supported(moved)} judged lines), "
            f"but not random edits ({_supported(unmoved)})"
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
    axes.plot(factors, factors, color=lt.figures.GRAY, linestyle="--", linewidth=0.9)
    axes.text(factors[-1], 0.77 * factors[-1], "waves follow", ha="right", fontsize=8)
    label = f"bands and bars: quartiles of {population['networks']} networks"
    axes.fill_between([], [], color=lt.figures.GRAY, alpha=0.15, label=label)
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
            height = place + 0.14 * (shift - 2)
            if enough(summary := slopes[edit][line], networks):
                axes.plot(summary["quartiles"], [height] * 2, color=color, linewidth=1.4)
                axes.plot(summary["median"], height, color=color, marker=marker, markersize=4)
            else:
                axes.text(0, height, "not judged", color=color, fontsize=7, ha="center", va="center")
    for value, words in enumerate((" waves stay", " waves follow")):
        axes.axvline(value, color=lt.figures.GRAY, linestyle="--", linewidth=0.9)
        axes.text(value, -0.5, words, fontsize=8)
    axes.set(xlabel="slope of log frequencies", ylabel="line", ylim=(len(lines) - 0.5, -0.8))
    axes.set_yticks(range(len(lines)), lines)
