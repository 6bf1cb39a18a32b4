"""Figures of scored recipes."""

from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import patheffects as path_effects
from matplotlib.artist import Artist
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from lstm_toys import figures
from lstm_toys.figures.style import house

from ... import sine
from .. import readings

OPTIMIZERS = {"rmsprop": "RMSprop", "rmsprop_keras": "RMSprop of Keras", "adam": "Adam", "sgd": "SGD"}

UNBEATEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3}
CHOSEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 8, "fillstyle": "none"}
"""Marks of settings."""

SETTING = ("optimizer", "gates", "hidden", "learning_rate", "steps")
"""The settings that distinguish the panels, rows and columns of the figure of scores."""


def scores(told: dict[str, Any]) -> Figure:
    """Draws the score of every setting: steps by rate, a column of panels per optimizer, a row per gates and size."""
    rows = {tuple(map(_text, _values(each))): each for each in told["settings"]}
    optimizers, gates, sizes, rates, steps = (
        list(dict.fromkeys(map(_text, sorted({_values(each)[place] for each in told["settings"]}))))
        for place in range(len(SETTING))
    )
    kinds = [kind for kind in product(gates, sizes) if any(key[1:3] == kind for key in rows)]
    rates_of = {
        name: [rate for rate in rates if any((key[0], key[3]) == (name, rate) for key in rows)] for name in optimizers
    }
    finite = [each["score"] for each in told["settings"] if each["score"] is not None]
    norm = LogNorm(min(finite), max(finite))
    chosen = told["settings"][told["chosen"]]
    with house():
        figure = Figure(figsize=(1.6 + 2.1 * len(optimizers), 1.7 + 0.72 * len(kinds)))
        panels = figure.subplots(len(kinds), len(optimizers), squeeze=False)
        for number, (line, kind) in enumerate(zip(panels, kinds, strict=True)):
            for axes, optimizer in zip(line, optimizers, strict=True):
                own = rates_of[optimizer]
                keys = [[(optimizer, *kind, rate, step) for step in steps] for rate in own]
                values = np.array([[_score(rows.get(key)) for key in across] for across in keys], float)
                image = axes.imshow(values, norm=norm, cmap="viridis", origin="lower", aspect="auto")
                for y, x in product(range(len(own)), range(len(steps))):
                    row = rows.get(keys[y][x])
                    if row is not None and row["unbeaten"]:
                        axes.plot(x, y, color="white", **UNBEATEN)
                    if row is chosen:
                        axes.plot(x, y, color="white", **CHOSEN)
                axes.grid(visible=False)
                axes.set_yticks(range(len(own)), own)
                ticks = range(0, len(steps), max(1, (len(steps) - 1) // 3))
                axes.set_xticks(ticks, [steps[tick] for tick in ticks] if number == len(kinds) - 1 else [])
                axes.tick_params(labelsize=7)
                if number == 0:
                    axes.set_title(OPTIMIZERS.get(optimizer, optimizer), fontsize=9)
            line[-1].yaxis.set_label_position("right")
            line[-1].set_ylabel(f"{kind[0]} gates\n{kind[1]} units", fontsize=8, rotation=0, ha="left", va="center")
        figure.suptitle("How well a recipe explains the published answers")
        for axes in panels[-1]:
            axes.set_xlabel("steps")
        figure.supylabel("learning rate")
        bar = figure.colorbar(image, ax=panels, location="bottom", shrink=0.6, aspect=50, pad=0.01)
        bar.set_label("energy score in units of y, smaller is better; the white line: 95 % interval of the chosen one")
        ends = [max(each, norm.vmin) for each in (chosen["low"], chosen["high"])]
        bar.ax.plot(ends, [0.5, 0.5], color="white", linewidth=1.4, marker="|", markersize=9)
        bar.ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
        bar.ax.xaxis.set_major_formatter("{x:g}")
        bar.ax.xaxis.set_minor_formatter(NullFormatter())
        figure.legend(handles=_entries(), loc="outside lower center", ncols=2)
    return figure


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    """The values that distinguish a setting, sortable; sizes in numerical order."""
    setting = row["setting"]
    return tuple(tuple(setting[name]) if name == "hidden" else setting[name] for name in SETTING)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " and ".join(map(str, value)) or "no hidden"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _score(row: dict[str, Any] | None) -> float:
    return np.nan if row is None or row["score"] is None else row["score"]


def _entries() -> list[Artist]:
    """Legend entries for the marks of settings, on a background on which they are visible."""
    ground = path_effects.withStroke(linewidth=3, foreground=figures.GRAY)
    return [
        Line2D([], [], color="white", label="no other is better", path_effects=[ground], **UNBEATEN),
        Line2D([], [], color="white", label="chosen", path_effects=[ground], **CHOSEN),
    ]


def claims(told: dict[str, Any]) -> Figure:
    """Draws the share of networks that meet each claim, for every unbeaten setting, the best first."""
    every = told["claims"]
    numbers = [each["setting"] for each in next(iter(every.values()))]
    shares = np.array([[each["share"] for each in under] for under in every.values()], float)
    with figures.canvas(
        "Networks that meet a claim, under the settings that no other beats, the best first", xlabel="", ylabel=""
    ) as (
        figure,
        (axes,),
    ):
        figure.set_size_inches(3.2 + 1.1 * len(numbers), 1.6 + 0.3 * len(every))
        image = axes.imshow(shares, vmin=0, vmax=1, cmap="cividis", aspect="auto")
        for row, under in enumerate(every.values()):
            for column, each in enumerate(under):
                axes.text(
                    column,
                    row,
                    f"{each['share']:.0%}" + {"supported": "", "refuted": " ✗", "undecided": " ?"}[each["verdict"]],
                    color="black" if each["share"] > 0.5 else "white",
                    size=7,
                    ha="center",
                    va="center",
                )
        axes.set_yticks(range(len(every)), list(every))
        names = [told["settings"][number]["name"].replace(", ", "\n") for number in numbers]
        axes.set_xticks(range(len(numbers)), names, size=7)
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, label="share of networks; ✗ refuted, ? undecided")
        bar.ax.yaxis.set_major_formatter("{x:.0%}")
    return figure


def answers(setting: xr.Dataset, row: dict[str, Any]) -> Figure:
    """Draws the published answers over one setting's answers, in the colors of the figures of `experiments.sine`."""
    fit = setting.isel(seed=~setting.diverged.values)
    drawn: dict[str, list[figures.Curve]] = {"line": [], "line_origin": [], "amplitude": [], "phase": []}
    for family, curve, index in readings.published_curves(fit):
        if family in drawn:
            letter, label = [*sine.LABELS[family].items()][len(drawn[family])]
            mine, published = fit.answer.isel(curve=index), np.array(curve["output"], float)
            drawn[family].append(figures.Curve(label, figures.COLORS[letter], mine, published=published))
    titles = {
        "line": "m x + m",
        "line_origin": "m x",
        "amplitude": "A + A sin(10 x)",
        "phase": "A + A sin(10 x + φ), which had no say in the choice",
    }
    parts = [(titles[family], curves) for family, curves in drawn.items()]
    return figures.curve_panels(fit, parts, title=f"{row['name']}: the score is {row['score']:.4f}")
