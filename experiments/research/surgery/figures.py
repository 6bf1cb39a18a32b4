"""Draws horizons against what the weights predict, at each dose."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

import lstm_toys as lt

from ..horizons.measures import numbers
from .hypotheses import right
from .measurements import K
from .populations import ALL_POPULATIONS, TASKS, Population

TITLES = {"parity": "parity of bits", "signs": "product of signs, between distractors"}

KINDS = {
    "closed": ("sigmoid, its carriers opened and closed", "r", "o"),
    "lowered": ("hard, all transitions lowered", "b", "o"),
    "leak": ("hard, trained with a leak", "k", "^"),
    "slope": ("steeper sigmoid, trained", "y", "s"),
}
"""The label, color and marker of each kind of population."""


def doses(metrics: Mapping[str, Any]) -> Figure:
    """Draws each network's horizon against its prediction from the weights, at each dose."""
    xlabel, ylabel = "predicted from the weights (P)", "symbols until half of the strings are wrong (H)"
    with lt.figures.canvas(*TITLES.values(), size=(9.5, 5.0), xlabel=xlabel, ylabel=ylabel) as (figure, panels):
        for task, axes in zip(TASKS, panels, strict=True):
            for population in ALL_POPULATIONS:
                if population.task == task:
                    _dots(axes, population, metrics["populations"][population.name])
            ends = 5, 1.5 * K
            axes.plot(ends, ends, color=lt.figures.GRAY, linewidth=0.9, linestyle="--", label="as predicted")
            axes.set(xscale="log", yscale="log", ylim=ends, xlim=ends, aspect="equal")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter("{x:,.0f}")
        panels[0].legend(fontsize=8, loc="upper left", markerscale=1.6)
        judged = [metrics["verdicts"][task][name]["recipes"] for task in TASKS for name in ("D1", "D2")]
        met = [recipe["met"] for recipes in judged for recipe in recipes.values()]
        figure.suptitle(
            "The weights predict how far a recurrence carries a sign, dose by dose, "
            f"under {sum(met)} of {len(met)} recipes"
        )
    return figure


def _dots(axes: Axes, population: Population, results: Mapping[str, Any]) -> None:
    label, color, marker = KINDS[population.kind]
    by_dose = results[population.kind if population.kind in results else "unmoved"]
    chosen = right(results)
    predicted, horizon = (numbers(by_dose[name])[chosen] for name in ("predicted", "horizon"))
    shown = (horizon > 0) & (horizon < K) & (predicted > 0) & (predicted < K)
    first = label not in [line.get_label() for line in axes.lines]
    style: dict[str, Any] = {"color": lt.figures.COLORS[color], "markersize": 2.5, "markeredgewidth": 0}
    axes.plot(predicted[shown], horizon[shown], marker, alpha=0.5, label=label if first else None, **style)
