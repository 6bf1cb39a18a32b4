"""Draws the numbers of a claim over the choices that recipes were drawn from."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.style import COLORS, GRAY, canvas, entry, legend, plain
from lstm_toys.studies.claims.exploring import Explored, Finding
from lstm_toys.studies.claims.recipes import Range, Recipes, stated

THRESHOLD: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": "--"}

COLUMNS = 3


def draw(explored: Explored, base_seed: int) -> Figure:
    """Draws a panel for each setting: both networks of a recipe above its value, joined by a line."""
    recipes, numbers = explored.recipes, explored.numbers
    drawn = [recipes.draw(base_seed, recipe) for recipe in range(len(numbers))]
    with canvas(
        *(name.replace("_", " ") for name in drawn[0]), xlabel="", ylabel="", columns=min(COLUMNS, len(drawn[0]))
    ) as (figure, panels):
        rows = -(-len(drawn[0]) // COLUMNS)
        figure.set_size_inches(max(6.4, 3.0 * min(COLUMNS, len(drawn[0]))), 1.6 + 2.3 * rows)
        for axes, name in zip(panels, drawn[0], strict=True):
            _panel(axes, _places(axes, recipes, name, [each[name] for each in drawn]), numbers, explored.met)
            for end in explored.thresholds:
                axes.axhline(end, **THRESHOLD)
            axes.set_title(
                f"{axes.get_title()}\n{plain(_words([each for each in explored.findings if each.setting == name]))}"
            )
            axes.title.set_fontsize(8)
            axes.tick_params(labelsize=7.5)
        explained = "exploratory: differences of medians and rank correlations, with corrected p"
        figure.suptitle(f"{plain(explored.row.statement)}\n{explained}")
        figure.supylabel(plain(textwrap.fill(explored.statistic, 60)), fontsize=8)
        dots: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4}
        joined = entry("the networks of one recipe", GRAY, linewidth=0.8)
        meets = [entry("meets the claim", COLORS["b"], **dots), entry("does not", COLORS["r"], **dots)]
        legend(figure, *meets, joined, *([entry("threshold", **THRESHOLD)] if explored.thresholds else []))
    return figure


def _places(axes: Axes, recipes: Recipes, name: str, column: Sequence[Any]) -> Float[np.ndarray, " R"]:
    """Prepares the horizontal axis for a setting, and returns the place of each recipe."""
    (entries,) = ([row[names.index(name)] for row in rows] for names, rows in recipes.entries.items() if name in names)
    if any(isinstance(each, Range) for each in entries):
        if any(isinstance(each, Range) and each.scale == "log" for each in entries):
            axes.set_xscale("log")
        return np.array(column, float)
    values = [*dict.fromkeys(map(stated, entries))]
    axes.set_xticks(range(len(values)), map(_grouped, values))
    axes.set_xlim(-0.5, len(values) - 0.5)
    places = np.array([values.index(stated(value)) for value in column], float)
    for place in range(len(values)):  # Side by side.
        own = np.flatnonzero(places == place)
        places[own] += np.linspace(-0.3, 0.3, len(own)) if len(own) > 1 else 0.0
    return places


def _panel(
    axes: Axes, places: Float[np.ndarray, " R"], numbers: Float[np.ndarray, "R N"], met: Bool[np.ndarray, "R N"]
) -> None:
    shown = np.where(np.isfinite(numbers), numbers, np.nan)
    for place, both in zip(places, shown, strict=True):
        axes.plot([place] * len(both), both, color=GRAY, linewidth=0.8, zorder=1)
    every = np.repeat(places, numbers.shape[1])
    for color, chosen in ((COLORS["b"], met), (COLORS["r"], ~met)):
        own = chosen.ravel()
        axes.plot(every[own], shown.ravel()[own], "o", color=color, markersize=3, alpha=0.8, markeredgewidth=0)


def _words(findings: Sequence[Finding]) -> str:
    """The rank correlation, or the largest difference of medians."""
    known = [each for each in findings if np.isfinite(each.effect)]
    if not known:
        return ""
    found = min(known, key=lambda each: each.p)
    what = (
        f"{_grouped(found.value)} − others: {found.effect:+.2g}"
        if found.value
        else f"rank correlation {found.effect:+.2f}"
    )
    return f"{what} (p = {found.corrected:.2g})"


def _grouped(value: str) -> str:
    """A value as figures have it: thousands are separated."""
    return f"{int(value):,}" if value.isdigit() else plain(value)
