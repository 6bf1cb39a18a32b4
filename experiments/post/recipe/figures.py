"""Figures of scored recipes."""

from typing import Any, Literal

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments import sine
from experiments.post import readings
from lstm_toys import figures
from lstm_toys.studies.sweep.figures import decades, panels

STYLES: tuple[Literal[":", "-", "--"], ...] = (":", "-", "--")
"""Of learning rates of an optimizer, from the lowest up."""


def scores(found: xr.Dataset, told: dict[str, Any]) -> Figure:
    """The score of every setting over its steps, a panel for each optimizer and kind of gates.

    Args:
        found: the labeled results of the sweep.
        told: what `experiments.post.recipe.execution.summarize` told.
    """
    rows, chosen = told["settings"], told["settings"][told["chosen"]]
    shades = figures.colors(found.hidden.values.tolist())
    steps = np.unique(found.steps.values)
    ticks = steps[[0, len(steps) // 2, -1]].tolist()
    numbered = found.assign_coords(number=("setting", np.arange(len(rows))))
    title = "How well a recipe explains the published answers"
    with panels(numbered, ["gates", "optimizer"], title, []) as (figure, places):
        for axes, part in places:
            axes.set(xscale="log", yscale="log")
            axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
            axes.set_xticks([], minor=True)
            axes.axhspan(chosen["low"], chosen["high"], color=figures.GRAY, alpha=0.2, linewidth=0)
            for style, rate in zip(STYLES, np.unique(part.learning_rate), strict=False):
                for size, color in shades.items():
                    mine = part.isel(setting=(part.learning_rate.values == rate) & (part.hidden.values == size))
                    of = [rows[number] for number in mine.sortby("steps").number.values]
                    after, score = np.array([_point(row) for row in of], float).reshape(-1, 2).T
                    top = np.array([row["unbeaten"] for row in of], bool)
                    axes.plot(after, score, color=color, linewidth=1.2, linestyle=style)
                    axes.plot(after[top], score[top], color=color, linestyle="", marker="o", markersize=3.5)
            if told["chosen"] in part.number:
                axes.plot(
                    *np.array(_point(chosen), float),
                    color="black",
                    marker="o",
                    markersize=9,
                    fillstyle="none",
                    linestyle="",
                )
        decades(places[0][0])
        figure.supxlabel("steps")
        figure.supylabel("energy score (units of y; smaller is better)")
        figure.legend(handles=_entries(found, shades), loc="outside right center")
    return figure


def _point(row: dict[str, Any]) -> tuple[float, float | None]:
    return row["setting"]["steps"], row["score"]


def _entries(found: xr.Dataset, shades: dict[str, str]) -> list[Artist]:
    handles: list[Artist] = [Line2D([], [], color=color, label=f"{size} units") for size, color in shades.items()]
    rates: dict[Literal[":", "-", "--"], list[str]] = {}
    for optimizer, part in found.groupby("optimizer"):
        for style, rate in zip(STYLES, np.unique(part.learning_rate), strict=False):
            rates.setdefault(style, []).append(f"{rate:g} ({optimizer})")
    for style, told in rates.items():
        handles.append(Line2D([], [], color=figures.GRAY, linestyle=style, label="rate " + "\n".join(told)))
    dot: dict[str, Any] = {"linestyle": "", "marker": "o"}
    return [
        *handles,
        Line2D([], [], color=figures.GRAY, markersize=3.5, label="no other beats it", **dot),
        Line2D([], [], color="black", markersize=9, fillstyle="none", label="chosen", **dot),
        Patch(color=figures.GRAY, alpha=0.2, label="95 % bootstrap\nof the chosen"),
    ]


def claims(told: dict[str, Any]) -> Figure:
    """The share of networks that meet a claim, for each setting that no other beats, the best first.

    Args:
        told: what `experiments.post.recipe.execution.summarize` told.
    """
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
    """The published answers over those of one setting's seeds, in the colors of the figures of `experiments.sine`.

    Args:
        setting: the labeled results of the setting.
        row: what is known of it.
    """
    fit = setting.isel(seed=~setting.diverged.values)
    drawn: dict[str, list[figures.Curve]] = {"line": [], "line_origin": [], "amplitude": [], "phase": []}
    for family, curve, index in readings.published_curves(fit):
        if family in drawn:
            amplitudes = sine.LABELS["amplitude"]
            named = {**sine.LABELS, "phase": dict([*amplitudes.items()][1:])}[family]
            letter, label = [*named.items()][len(drawn[family])]
            mine, published = fit.answer.isel(curve=index), np.array(curve["output"], float)
            drawn[family].append(figures.Curve(label, figures.COLORS[letter], mine, published=published))
    titles = {
        "line": "m x + m",
        "line_origin": "m x",
        "amplitude": "A + A sin(10 x)",
        "phase": "A + A sin(10 x + 1.5 A), which had no say in the choice",
    }
    parts = [(titles[family], curves) for family, curves in drawn.items()]
    return figures.curve_panels(fit, parts, title=f"{row['name']}: the score is {row['score']:.4f}")
