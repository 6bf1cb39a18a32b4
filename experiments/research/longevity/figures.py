"""Draws how long memories last."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import lstm_toys as lt

from ..papers.figures import BANDS, survival
from .hypotheses import CELLS, CENSORED, CHOOSES, LASTING, LIFETIME, RATES


def longevity(metrics: Mapping[str, Any]) -> Figure:
    """Draws for how long networks that learned keep all memories, by constant learning rate and cell."""
    populations, shades = metrics["populations"], lt.figures.colors(RATES)
    networks = sum(next(iter(populations.values()))[name] for name in ("networks", "diverged"))
    options: dict[str, Any] = {"columns": 1, "size": (7.4, 6.4), "subplots": {"sharex": True}}
    with lt.figures.canvas("", "", xlabel="", ylabel=f"% that keep all memories {BANDS}", **options) as (
        figure,
        panels,
    ):
        for axes, cell in zip(panels, CELLS.values(), strict=True):
            rows = {rate: populations[f"{cell}, RMSprop, constant, {rate:g}"] for rate in RATES}
            learned = {rate: population for rate, population in rows.items() if population["learned"]}
            lines = {
                f"rate {rate:g} ({population['learned']} of {networks} learned)": (population[LIFETIME], shades[rate])
                for rate, population in learned.items()
            }
            survival(axes, lines, np.unique(np.geomspace(10, CENSORED, 200).round()))
            axes.axvline(LASTING, color=lt.figures.GRAY, linewidth=0.9, linestyle=":")
            none = ", ".join(f"{rate:g}" for rate in rows if rate not in learned)
            axes.set(xscale="log", title=f"{cell}s that learned{f' (none at the rate {none})' * bool(none)}")
        panels[1].set_xlabel("time steps without a pulse, after training by RMSprop at a constant rate")
        panels[1].xaxis.set_major_formatter("{x:,.0f}")
        chosen = [f"{cell}s" for cell in CELLS.values() if metrics["verdicts"][f"{cell}: {CHOOSES}"]["supported"]]
        kinds, depends = " and ".join(chosen) or "networks", " depends on the learning rate" * bool(chosen)
        figure.suptitle(f"How long {kinds} keep three bits{depends}")
    return figure
