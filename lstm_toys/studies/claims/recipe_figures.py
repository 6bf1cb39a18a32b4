"""Draws the numbers of a claim over the choices that recipes were drawn from."""

import textwrap
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.elements import entry
from lstm_toys.figures.style import COLORS, GOAL, GRAY, canvas, legend, plain
from lstm_toys.studies.claims.exploring import Explored
from lstm_toys.studies.claims.recipes import Drawn, stated
from lstm_toys.studies.claims.report import number
from lstm_toys.studies.claims.table import percent

DOTS: dict[str, Any] = {"markersize": 3.5, "alpha": 0.8, "markeredgewidth": 0}

NAMES = {
    "hidden": "hidden units",
    "rmsprop": "RMSprop",
    "rmsprop_keras": "Keras's RMSprop",
    "adam": "Adam",
    "sgd": "SGD",
}
"""Settings and values in words."""

COLUMNS = 3


def draw(explored: Explored, base_seed: int) -> Figure:
    """Draws a panel for each setting: both networks of a recipe above its value, joined by a line."""
    numbers, met = np.where(np.isfinite(explored.numbers), explored.numbers, np.nan), explored.met
    settings = [*explored.recipes.drawn(base_seed, range(len(numbers)))]
    titles = [_words(explored, each) for each in settings]
    look: dict[str, Any] = {"axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7.5, "ytick.labelsize": 7.5}
    columns = min(COLUMNS, len(settings))
    size = max(6.4, 3.0 * columns), 1.6 + 2.5 * -(-len(settings) // COLUMNS)
    with canvas(*titles, xlabel="", ylabel="", columns=columns, size=size, **look) as (figure, panels):
        for axes, each in zip(panels, settings, strict=True):
            places = np.repeat(_places(axes, each)[:, None], numbers.shape[1], axis=1)
            axes.plot(places.T, numbers.T, color=GRAY, linewidth=0.8, zorder=1)
            for label, color, own in (("meets the claim", COLORS["b"], met), ("does not meet it", COLORS["r"], ~met)):
                if (drawn := own & ~np.isnan(numbers)).any():
                    axes.plot(places[drawn], numbers[drawn], "o", color=color, label=label, **DOTS)
            for end in explored.thresholds:
                axes.axhline(end, **GOAL, label="threshold")
            axes.set_xlabel(NAMES.get(each.setting, plain(each.setting.replace("_", " "))))
            axes.yaxis.set_major_formatter("{x:,g}")
        (cell,) = explored.row.recipes.values()
        share = (
            f"{percent(cell.share.value)} of pairs" if explored.row.against else f"{cell.met} of {cell.known} networks"
        )
        explained = "exploratory: differences of medians and rank correlations; p is corrected for all comparisons"
        figure.suptitle(plain(f"{share} of new recipes meet the claim: {explored.row.statement}\n{explained}"))
        lines = -(-len(explored.statistic) // 60)
        figure.supylabel(plain(textwrap.fill(explored.statistic, len(explored.statistic) // lines + 8)), fontsize=8)
        legend(figure, entry("the networks of one recipe", GRAY, linewidth=0.8), columns=4)
    return figure


def _places(axes: Axes, drawn: Drawn) -> Float[np.ndarray, " R"]:
    """Prepares the horizontal axis for a setting, and returns the place of each recipe."""
    if drawn.ranges:
        axes.set_xscale("log" if any(each.scale == "log" for each in drawn.ranges) else "linear")
        axes.minorticks_off()
        return np.array(drawn.values, float)
    axes.set_xticks(range(len(drawn.listed)), [plain(_named(value)) for value in drawn.listed])
    axes.set_xlim(-0.5, len(drawn.listed) - 0.5)
    places = np.array([drawn.listed.index(stated(value)) for value in drawn.values], float)
    values, counts = np.unique(places, return_counts=True)
    for place, count in zip(values, counts, strict=True):  # Side by side.
        places[places == place] += 0.8 / counts.max() * (np.arange(count) - (count - 1) / 2)
    return places


def _words(explored: Explored, drawn: Drawn) -> str:
    """The rank correlation with a setting, or the largest difference of medians."""
    known = [each for each in explored.findings if each.setting == drawn.setting and np.isfinite(each.effect)]
    if not known:
        return ""
    found = min(known, key=lambda each: each.p)
    within = " within ranges" * (len({*drawn.ranges}) > 1)
    effect = f"{'+' * (found.effect > 0)}{number(found.effect)} (p = {found.corrected:.2g})"
    return plain(f"{_named(found.value)} − others: {effect}" if found.value else f"rank correlation{within}:\n{effect}")


def _named(value: str) -> str:
    """A value in words; thousands are separated."""
    return f"{int(value):,}" if value.isdigit() else NAMES.get(value, value)
