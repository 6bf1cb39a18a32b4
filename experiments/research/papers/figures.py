"""Draws the findings about papers: how far networks count, and for how long they remember."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

import lstm_toys as lt

from .languages import RECIPE, TRAINED
from .populations import recipe
from .tracking import LONGEST

STYLES: tuple[Any, ...] = ("-", (0, (4, 2)), (2, (4, 2)), (0, (1, 1)))
"""Styles of lines that may overlap."""

SHADES = {"lstm": "b", "lstm_hard": "y", "lstm_3": "g", "gru": "r", "rnn": "k"}
SHADES |= {"slstm": "y", "hard": "g", "sigmoid": "c", "positive": "r"}
"""The colors of populations, by letter."""

CONTEXT = "context_"
"""Prefix of the populations that learn a context-sensitive language."""

BANDS = "\n(bands: 95 % Wilson)"
"""In labels of axes: bands are Wilson's 95 % intervals at each point."""

FEW = 200
"""Below this largest number, an axis has three ticks a decade."""

APART = 7.0
"""Least distance of labels at the ends of lines, in percent of networks."""


def survival(
    axes: Axes,
    lines: Mapping[str, tuple[Sequence[float | None], str]],
    places: Float[np.ndarray, " N"],
    bars: float | None = None,
) -> None:
    """Draws shares of networks that reach each place, with 95 % Wilson intervals; diverged ones reach none.

    ``lines`` are the numbers of networks, and a color, by the label at the end of the line. Intervals are bands, or
    bars to the right of the place ``bars``.
    """
    ends = {}
    for style, (label, (values, color)) in zip(cycle(STYLES), lines.items(), strict=False):
        reached = np.array([value or 0.0 for value in values], float)
        shares = [lt.statistics.wilson(int((reached >= place).sum()), len(reached)) for place in places]
        value, low, high = 100 * np.array(shares).T
        axes.step(places, value, where="post", color=color, linestyle=style, linewidth=1.4)
        ends[label] = value[-1], color
        if bars is None:
            axes.fill_between(places, low, high, step="post", color=color, alpha=0.15, linewidth=0)
        else:
            at = np.searchsorted(places, bars)
            axes.vlines(bars * 1.1 ** len(ends), low[at], high[at], color=color, linewidth=1.4)
    axes.set(xlim=(places[0], places[-1]), ylim=(-2, 102))
    lt.figures.label_ends(axes, places[-1], ends, APART)


def counting(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    """Draws the share of networks that accept every string up to each n, by language."""
    numbers = metrics["numbers"]
    context = {name: words for name, words in names.items() if name.startswith(CONTEXT)}
    shown = {name: words for name, words in names.items() if name not in context}, context
    with lt.figures.canvas("aⁿbⁿ", "aⁿbⁿcⁿ", columns=1, size=(7.4, 6.4)) as (figure, panels):
        for axes, language in zip(panels, shown, strict=True):
            most = max([TRAINED, *(n for name in language for n in numbers[name] if n is not None)])
            survival(axes, _lines(numbers, language), np.arange(1, most + 1.0))
            axes.axvline(TRAINED, color=lt.figures.GRAY, linewidth=0.9, linestyle="--")
            axes.set(xlabel="n (dashed: largest n in training)", ylabel=f"% of networks that accept all up to n{BANDS}")
        figure.suptitle(f"{_ends(numbers, shown[0], TRAINED)},\naccept every aⁿbⁿ up to n = {TRAINED}")
    return figure


def memory(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    """Draws the share of networks that keep all memories for each number of time steps without a pulse."""
    numbers = metrics["numbers"]
    most = max(steps or 0 for values in numbers.values() for steps in values)
    ends = f"{_ends(numbers, names, most)},\nkeep all memories for {most:,.0f} time steps without a pulse"
    return _lasting(numbers, names, ("time steps without a pulse", "% of networks that keep all memories"), ends)


def tracking(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    """Draws the share of networks that answer parity right up to each length."""
    numbers = metrics["numbers"]
    alike = recipe(str(RECIPE["optimizer"]), float(str(RECIPE["learning_rate"])))
    ends = f"{_ends(numbers, names, LONGEST)},\nare right about parity up to {LONGEST} times the trained length"
    labels = f"sequence length / trained length (all networks: {alike})", "% of networks that are right"
    return _lasting(numbers, names, labels, ends)


def _lasting(numbers: Mapping[str, Any], names: Mapping[str, str], labels: tuple[str, str], title: str) -> Figure:
    """Draws the share of networks whose number is as large, from 1 to the largest."""
    most = max([2.0, *(number for values in numbers.values() for number in values if number is not None)])
    with lt.figures.canvas("", size=(7.4, 3.6)) as (figure, (axes,)):
        survival(axes, _lines(numbers, names), np.geomspace(1, most, 200))
        axes.set(xscale="log", xlabel=labels[0], ylabel=labels[1] + BANDS)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if most < FEW else (1,)))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        figure.suptitle(title)
    return figure


def _lines(numbers: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """The lines of populations for `survival`, by label."""
    shades = {name: lt.figures.COLORS[SHADES[name.removeprefix(CONTEXT)]] for name in names}
    return {words: (numbers[name], shades[name]) for name, words in names.items()}


def _ends(numbers: Mapping[str, Sequence[float | None]], names: Mapping[str, str], least: float) -> str:
    """Names the populations with the largest and the smallest share of networks that reach a number, with shares."""
    met = {name: [(number or 0) >= least for number in numbers[name]] for name in names}
    ends = (choose(met, key=lambda name: np.mean(met[name])) for choose in (max, min))
    return ", but ".join(f"{sum(met[name])} of {len(met[name])} {names[name]}" for name in ends)
