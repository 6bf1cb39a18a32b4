"""Draws horizons against what the weights predict, at each dose."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
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
    "leak": ("hard, trained with a leak", "g", "^"),
    "slope": ("steeper sigmoid, trained", "y", "s"),
}
"""The label, color and marker of each kind of population."""


def doses(metrics: Mapping[str, Any]) -> Figure:
    """Draws each network's horizon against its prediction from the weights, at each dose."""
    xlabel = "symbols predicted from the weights (P)"
    ylabel = f"symbols until half of the strings are wrong (H, at most {K:,})"
    longer: list[bool] = []
    with lt.figures.canvas(*TITLES.values(), size=(9.5, 5.0), xlabel=xlabel, ylabel=ylabel) as (figure, panels):
        for task, axes in zip(TASKS, panels, strict=True):
            for kind, population in product(KINDS, ALL_POPULATIONS):
                if (population.task, population.kind) == (task, kind):
                    longer.extend(_dots(axes, population, metrics["populations"][population.name]))
            ends = 5, 1.5 * K
            axes.plot(ends, ends, color="black", linewidth=1)
            axes.text(10, 8, "as predicted", rotation=45, rotation_mode="anchor", va="top", fontsize=8)
            axes.set(xscale="log", yscale="log", ylim=ends, xlim=ends, aspect="equal")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter("{x:,.0f}")
        panels[0].legend(
            fontsize=8, loc="upper left", markerscale=2, title="dots: a network at one dose", alignment="left"
        )
        judged = [[metrics["verdicts"][task][name]["recipes"].values() for name in ("D1", "D2")] for task in TASKS]
        met = [lower["met"] and closed["met"] for both in judged for lower, closed in zip(*both, strict=True)]
        figure.suptitle(
            f"Horizons grow about in proportion to predictions in {sum(met)} of {len(met)} recipes,\n"
            f"but {100 * np.mean(longer):.0f} % are longer than predicted"
        )
    return figure


def _dots(axes: Axes, population: Population, results: Mapping[str, Any]) -> list[bool]:
    """Draws a population, and returns which of its horizons are longer than predicted."""
    label, color, marker = KINDS[population.kind]
    by_dose = results[population.kind if population.kind in results else "unmoved"]
    chosen = right(results)
    predicted, horizon = (numbers(by_dose[name])[chosen].ravel() for name in ("predicted", "horizon"))
    first = label not in [line.get_label() for line in axes.lines]
    style: dict[str, Any] = {"color": lt.figures.COLORS[color], "markersize": 2, "markeredgewidth": 0}
    axes.plot(predicted, horizon, marker, label=label if first else None, **style)
    return (horizon > predicted).tolist()
