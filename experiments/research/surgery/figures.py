"""Draws horizons against the distance of transitions from -1 and 1."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import lstm_toys as lt

from ..horizons.hypotheses import numbers
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

CARRIED = 3
"""H times the distance, of the line."""


def doses(metrics: Mapping[str, Any]) -> Figure:
    """Draws each network's horizon over the distance of its transitions from -1 and 1, at each dose."""
    ylabel = "symbols until half of the strings are wrong (H)"
    with lt.figures.canvas(*TITLES.values(), ylabel=ylabel, size=(9.5, 4.8)) as (figure, panels):
        for task, axes in zip(TASKS, panels, strict=True):
            for population in ALL_POPULATIONS:
                if population.task == task:
                    _dots(axes, population, metrics["populations"][population.name])
            ends = np.array([3e-5, 0.5])
            axes.plot(ends, CARRIED / ends, color=lt.figures.GRAY, linewidth=0.9, linestyle="--", label="3 / distance")
            axes.set(xscale="log", yscale="log", ylim=(5, 1.5 * K), xlim=ends)
            axes.set(xlabel="distance of the nearest unit's transitions from −1 and 1")
        panels[0].legend(fontsize=7, loc="lower left", markerscale=1.6)
        judged = [metrics["verdicts"][task][name]["recipes"] for task in TASKS for name in ("D1", "D2")]
        met = [recipe["met"] for recipes in judged for recipe in recipes.values()]
        figure.suptitle(
            "How far a recurrence carries a sign follows the distance of its transitions from −1 and 1:\n"
            f"horizons go with what is predicted from the weights, dose by dose, in {sum(met)} of {len(met)} recipes"
        )
    return figure


def _dots(axes: Axes, population: Population, results: Mapping[str, Any]) -> None:
    label, color, marker = KINDS[population.kind]
    by_dose = results[population.kind if population.kind in results else "unmoved"]
    chosen = right(results)
    distance, horizon = (numbers(by_dose[name])[chosen] for name in ("distance", "horizon"))
    shown = (horizon > 0) & (horizon < K)
    first = label not in [line.get_label() for line in axes.lines]
    style: dict[str, Any] = {"color": lt.figures.COLORS[color], "markersize": 2.5, "markeredgewidth": 0}
    axes.plot(distance[shown], horizon[shown], marker, alpha=0.5, label=label if first else None, **style)
