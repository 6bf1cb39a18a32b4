"""Draws horizons against what the weights predict, at each dose."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

import lstm_toys as lt

from ..horizons.measures import numbers
from .hypotheses import right
from .measurements import K
from .populations import ALL_POPULATIONS, TASKS

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
    longer = []
    with lt.figures.canvas(*TITLES.values(), size=(9.5, 5.0), xlabel=xlabel, ylabel=ylabel) as (figure, panels):
        for task, axes in zip(TASKS, panels, strict=True):
            for kind, (label, color, marker) in KINDS.items():
                drawn = [each for each in ALL_POPULATIONS if (each.task, each.kind) == (task, kind)]
                found = [_by_dose(metrics["populations"][each.name], kind) for each in drawn]
                predicted, horizon = np.concatenate([np.empty((2, 0)), *found], axis=1)
                axes.plot(predicted, horizon, marker, color=lt.figures.COLORS[color], markersize=1.2, label=label)
                longer.extend(horizon > predicted)
            ends = 5, 1.5 * K
            axes.plot(ends, ends, color="black", linewidth=1)
            axes.text(10, 8, "as predicted", rotation=45, rotation_mode="anchor", va="top", fontsize=8)
            axes.set(xscale="log", yscale="log", ylim=ends, xlim=ends, aspect="equal")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter("{x:,.0f}")
        panels[0].legend(loc="upper left", markerscale=2, title="a network at one dose", alignment="left")
        judged = [[metrics["verdicts"][task][name]["recipes"].values() for name in ("D1", "D2")] for task in TASKS]
        met = [lower["met"] and closed["met"] for both in judged for lower, closed in zip(*both, strict=True)]
        figure.suptitle(
            f"Horizons grow about in proportion to predictions in {sum(met)} of {len(met)} recipes,\n"
            f"but {100 * np.mean(longer):.0f} % are longer than predicted"
        )
    return figure


def _by_dose(results: Mapping[str, Any], kind: str) -> Float[np.ndarray, "2 N"]:
    """The predictions and the horizons of all networks that are right, at all doses."""
    by_dose = results.get(kind, results.get("unmoved"))
    return np.array([numbers(by_dose[name])[right(results)].ravel() for name in ("predicted", "horizon")])
