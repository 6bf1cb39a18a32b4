"""Draws how long memories last."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import lstm_toys as lt

from ..papers.figures import survival
from .hypotheses import CELLS, CENSORED, CHOOSES, LASTING, LIFETIME, RATES


def longevity(metrics: Mapping[str, Any]) -> Figure:
    """Draws for how long networks that learned keep all memories, by constant learning rate and cell."""
    populations, shades = metrics["populations"], lt.figures.colors(RATES, "")
    networks = sum(next(iter(populations.values()))[name] for name in ("networks", "diverged"))
    options: dict[str, Any] = {"columns": 1, "size": (7.4, 6.4), "subplots": {"sharex": True}}
    with lt.figures.canvas("", "", xlabel="", ylabel="% that keep all memories", **options) as (figure, panels):
        for axes, cell in zip(panels, CELLS.values(), strict=True):
            rows = {rate: populations[f"{cell}, RMSprop, constant, {rate:g}"] for rate in RATES}
            learned = {rate: population for rate, population in rows.items() if population["learned"]}
            lines = {
                f"rate {rate:g} ({population['learned']} of {networks} learned)": (population[LIFETIME], shades[rate])
                for rate, population in learned.items()
            }
            survival(axes, lines, np.unique([LASTING, *np.geomspace(10, CENSORED, 200).round()]), LASTING)
            axes.axvline(LASTING, color=lt.figures.GRAY, linewidth=0.9, linestyle=":")
            none = ", ".join(f"{rate:g}" for rate in rows if rate not in learned)
            title = f"{cell}s that learned by RMSprop at a constant rate{f' (none at the rate {none})' * bool(none)}"
            axes.set(xscale="log", title=title)
        panels[1].set_xlabel(f"time steps without a pulse (dotted: {LASTING:,}; bars: 95 % Wilson there)")
        panels[1].xaxis.set_major_formatter("{x:,.0f}")
        supported = {f"{cell}s": metrics["verdicts"][f"{cell}: {CHOOSES}"]["supported"] for cell in CELLS.values()}
        depends, rest = (" and ".join(cell for cell in supported if supported[cell] == each) for each in (True, False))
        said = [f"The learning rate decides how long {depends} keep three bits"] * bool(depends)
        figure.suptitle("; ".join([*said, *[f"{rest} differ too little to tell"] * bool(rest)]))
    return figure
