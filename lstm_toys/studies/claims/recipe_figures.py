"""Draws the numbers of a claim over the choices that recipes were drawn from."""

import textwrap
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.style import COLORS, GRAY, canvas, entry, legend, plain
from lstm_toys.studies.claims.exploring import Explored
from lstm_toys.studies.claims.recipes import Drawn, stated

THRESHOLD: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": "--"}

COLUMNS = 3


def draw(explored: Explored, base_seed: int) -> Figure:
    """Draws a panel for each setting: both networks of a recipe above its value, joined by a line."""
    numbers, met = np.where(np.isfinite(explored.numbers), explored.numbers, np.nan), explored.met
    settings = [*explored.recipes.drawn(base_seed, range(len(numbers)))]
    titles = [f"{each.setting.replace('_', ' ')}\n{_words(explored, each.setting)}" for each in settings]
    look: dict[str, Any] = {"axes.titlesize": 8, "xtick.labelsize": 7.5, "ytick.labelsize": 7.5}
    columns = min(COLUMNS, len(settings))
    size = max(6.4, 3.0 * columns), 1.6 + 2.3 * -(-len(settings) // COLUMNS)
    with canvas(*titles, xlabel="", ylabel="", columns=columns, size=size, **look) as (figure, panels):
        for axes, each in zip(panels, settings, strict=True):
            places = np.repeat(_places(axes, each)[:, None], numbers.shape[1], axis=1)
            axes.plot(places.T, numbers.T, color=GRAY, linewidth=0.8, zorder=1)
            for color, own in ((COLORS["b"], met), (COLORS["r"], ~met)):
                axes.plot(places[own], numbers[own], "o", color=color, markersize=3, alpha=0.8, markeredgewidth=0)
            for end in explored.thresholds:
                axes.axhline(end, **THRESHOLD)
        explained = "exploratory: differences of medians and rank correlations, with corrected p"
        figure.suptitle(f"{plain(explored.row.statement)}\n{explained}")
        figure.supylabel(plain(textwrap.fill(explored.statistic, 60)), fontsize=8)
        dots: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4}
        joined = entry("the networks of one recipe", GRAY, linewidth=0.8)
        meets = [entry("meets the claim", COLORS["b"], **dots), entry("does not", COLORS["r"], **dots)]
        legend(figure, *meets, joined, *([entry("threshold", **THRESHOLD)] if explored.thresholds else []))
    return figure


def _places(axes: Axes, drawn: Drawn) -> Float[np.ndarray, " R"]:
    """Prepares the horizontal axis for a setting, and returns the place of each recipe."""
    if drawn.ranges:
        axes.set_xscale("log" if any(each.scale == "log" for each in drawn.ranges) else "linear")
        return np.array(drawn.values, float)
    axes.set_xticks(range(len(drawn.listed)), [plain(_grouped(value)) for value in drawn.listed])
    axes.set_xlim(-0.5, len(drawn.listed) - 0.5)
    places = np.array([drawn.listed.index(stated(value)) for value in drawn.values], float)
    for place in range(len(drawn.listed)):  # Side by side.
        own = np.flatnonzero(places == place)
        places[own] += np.linspace(-0.3, 0.3, len(own)) if len(own) > 1 else 0.0
    return places


def _words(explored: Explored, setting: str) -> str:
    """The rank correlation with a setting, or the largest difference of medians."""
    known = [each for each in explored.findings if each.setting == setting and np.isfinite(each.effect)]
    if not known:
        return ""
    found = min(known, key=lambda each: each.p)
    effect = f"{_grouped(found.value)} − others: {found.effect:+.2g}"
    return f"{effect if found.value else f'rank correlation {found.effect:+.2f}'} (p = {found.corrected:.2g})"


def _grouped(value: str) -> str:
    """A value as figures have it: thousands are separated."""
    return f"{int(value):,}" if value.isdigit() else value
