"""Draws a sweep from its labeled results alone."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any, Literal

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from lstm_toys.figures import elements, style
from lstm_toys.figures.histories import LONGEST, goal_label
from lstm_toys.figures.style import GOAL, MEDIAN, MOST_BANDS, plain
from lstm_toys.results.arrays import axis_label, counted_of, loss_name, probed, recorded_on
from lstm_toys.results.summary import GOAL_ERROR
from lstm_toys.runs.identity import TRACED
from lstm_toys.studies.sweep.results import last, of_probes, varied
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import NUMBER, TRAINING

LOGARITHMIC = {"learning_rate", "steps"}

Scale = Literal["log", "linear"]

MOST_TICKS = 6
MOST_ENTRIES = 12
"""Most values of a setting that all have ticks on a horizontal axis, and that a legend lists."""

MOST_COLUMNS, MOST_PANELS = 4, 24

MOST_CHARACTERS = 80
"""Of a line of a title."""

DOTS: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3}


def draw(results: xr.DataTree, goal: Goal | None) -> dict[str, Figure]:
    """Draws all figures, by file name: one for the training, one for each measure of answers, and the losses."""
    drawn = {**_training(results, goal), "loss.png": histories(results)}
    root = results.to_dataset(inherit=False)
    for name, values in of_probes(results).items():
        title = f"{name[0].upper()}{name[1:]} of answers to curves that were shown after training"
        scale: Scale = "linear" if name.startswith("accuracy") else "log"
        file = "answers" if name == "RMSE" else name.replace(" ", "_")
        drawn[f"{file}.png"] = errors(root.assign(error=values), title, None, name, scale)
    return drawn


def _training(results: xr.DataTree, goal: Goal | None) -> dict[str, Figure]:
    """Draws the accuracies, or the error that the goal limits; without a goal, that of all features."""
    training, root = probed(results, TRAINING), results.to_dataset(inherit=False)
    shown = recorded_on(training)
    if "train_accuracy" in training:
        over, limit = counted_of(training), goal.limit if goal else None
        names = goal.among([*over]) if goal else [*over]
        values = last(results, "train_accuracy").sel(counted=[*names]).rename({"counted": "probe"})
        values = values.assign_coords(probe=[f"over {over[name]}" for name in names])
        title = f"{shown.title()} accuracy"
        return {"accuracy.png": errors(root.assign(error=values), title, limit, "accuracy", "linear")}
    if goal is not None:
        values, label, limit = last(results, GOAL_ERROR), goal_label(training, goal), goal.limit
    else:
        values, label, limit = last(results, "train_loss"), loss_name(training), None
    values = values.expand_dims(probe=[f"{'training' if shown == 'train' else shown} set"])
    title = f"{label[0].upper()}{label[1:]}, at the last step"
    return {f"{'final_loss' if goal is None else 'rmse'}.png": errors(root.assign(error=values), title, limit, label)}


def errors(results: xr.Dataset, title: str, limit: float | None, label: str, scale: Scale = "log") -> Figure:
    """Draws errors over one setting: a color per value of a second, a panel per probe and combination of the others.

    Dots are medians, joined by lines if the setting is a number; bars are the 5th to 95th percentile of seeds that did
    not diverge, side by side if there are several colors. Open dots mark settings where some seeds diverged, crosses
    along the upper edge where all did. ``limit`` is an error to mark by a horizontal line.
    """
    results = results[["error", "diverged"]]  # Selecting from fewer variables is faster.
    across, hue, names = _arranged(results)
    shades = _colors(results, hue)
    values = _values(results, across)
    with panels(results, names, title, results.probe.values.tolist()) as (figure, places):
        for axes, part in places:
            _across(axes, across, values)
            axes.set_yscale(scale)
            for index, (value, color) in enumerate(shades.items()):
                mine = part if hue is None else part.isel(setting=part[hue].values == value)
                _line(axes, mine, across, values, color, 0.97 - 0.04 * (index % 8), index - (len(shades) - 1) / 2)
            if limit is not None:
                axes.axhline(limit, **GOAL)
        figure.supxlabel(plain(_words(axis_label(results[across]))))
        figure.supylabel(plain(textwrap.fill(label, LONGEST)))
        spread = elements.entry(_seeds(results), linestyle="", marker="|", markersize=11)
        handles = _handles(hue, shades, [spread], MEDIAN if _numbers([across]) else DOTS)
        if results.diverged.values.any():
            handles.append(elements.entry("some networks diverged", marker="o", markersize=5, fillstyle="none"))
        if results.diverged.values.all(axis=1).any():
            handles.append(elements.entry("every network diverged", linestyle="", marker="x", markersize=5))
        if limit is not None:
            handles.append(elements.entry(f"counts as learned: {limit:.2g}", **GOAL))
        style.legend(figure, *handles, columns=1, loc="outside right center")
    return figure


def histories(results: xr.DataTree) -> Figure:
    """Draws the training loss over steps: a color per value of one setting, a panel per combination of the others."""
    training = probed(results, TRAINING)
    losses = training[["train_loss", "diverged"]]
    names = [name for name in varied(losses) if name != "steps"]
    longest = losses.isel(setting=losses.steps.values == losses.steps.values.max())
    hue = next(iter(_numbers(names)), names[0] if names else None)
    shades = _colors(losses, hue)
    with panels(longest, [name for name in names if name != hue], "Training", []) as (figure, places):
        for axes, part in places:
            for index, diverged in enumerate(part.diverged.values):
                loss = part.train_loss.isel(setting=index, seed=~diverged)
                recorded = loss.dropna("step", how="all")  # Each setting is recorded at steps of its own.
                color = shades[part[hue].values.tolist()[index] if hue else None]
                if not diverged.all():
                    elements.band(axes, recorded.step, recorded, color, filled=len(shades) <= MOST_BANDS)
            axes.set_yscale("log")
        figure.supxlabel("step")
        figure.supylabel(plain(loss_name(training)))
        bands = [elements.band_entry(_seeds(losses))] if len(shades) <= MOST_BANDS else []
        style.legend(figure, *_handles(hue, shades, bands), columns=1, loc="outside right center")
    return figure


def _arranged(results: xr.Dataset) -> tuple[str, str | None, list[str]]:
    names = varied(results) or ["learning_rate"]
    across = next(iter(_numbers(names)), names[0])
    rest = [name for name in names if name != across]
    hue = "hidden" if "hidden" in rest else rest[0] if rest else None
    return across, hue, [name for name in rest if name != hue]


def _line(
    axes: Axes, part: xr.Dataset, across: str, places: list[Any], color: str, height: float, beside: float
) -> None:
    """Draws medians and bars over one setting, and crosses at ``height`` of the panel where all seeds diverged."""
    values = part[across].values.tolist()
    x = np.array(values if _numbers([across]) else [places.index(value) for value in values], float)
    diverged, errors = part.diverged.values, part.error.where(~part.diverged).values
    lost = diverged.all(axis=1)
    axes.plot(x[lost], [height] * lost.sum(), "x", color=color, markersize=5, transform=axes.get_xaxis_transform())
    known = np.flatnonzero(~lost)[np.argsort(x[~lost])]
    x, whole, (low, median, high) = x[known], ~diverged.any(axis=1)[known], elements.middle(errors[known].T)
    # The quantiles of a single network may differ in their last bit, and an axis of this length cannot be drawn.
    lines: list[Artist] = [axes.vlines(x, low, high, color=color, linewidth=1.0)] if part.sizes["seed"] > 1 else []
    if _numbers([across]):
        lines += axes.plot(x, median, color=color, linewidth=1.2)
    look: dict[str, Any] = {"color": color, "linestyle": "", "marker": "o"}
    lines += axes.plot(x[whole], median[whole], markersize=3, **look)
    lines += axes.plot(x[~whole], median[~whole], markersize=4.5, fillstyle="none", **look)
    for artist in lines:  # Moved sideways by bar widths with a gap, which leaves the limits as they are.
        artist.set_transform(axes.transData + ScaledTranslation(beside * 2.4 / 72, 0, axes.figure.dpi_scale_trans))


def _numbers(names: Sequence[str]) -> list[str]:
    open_ones = [name for name in names if name.startswith(NUMBER)]
    return [name for name in (*TRACED, *open_ones, "steps", "timesteps") if name in names]


def _across(axes: Axes, name: str, values: list[Any]) -> None:
    if not _numbers([name]):
        axes.set_xticks(range(len(values)), [plain(str(value)) for value in values])
        axes.set_xlim(-0.5, len(values) - 0.5)
        return
    if name in LOGARITHMIC:  # Steps may be 0.
        axes.set_xscale("log") if min(values) > 0 else axes.set_xscale("symlog", linthresh=1)
    if len(values) <= MOST_TICKS:
        axes.set_xticks(values, [plain(_text(value)) for value in values])
        axes.set_xticks([], minor=True)


def _colors(results: xr.Dataset, hue: str | None) -> dict[Any, str]:
    values = _values(results, hue) if hue else [None]
    return style.scale(sorted(values)) if hue and _numbers([hue]) else style.colors(values)


def _handles(
    hue: str | None, shades: dict[Any, str], spread: Sequence[Artist], median: dict[str, Any] = MEDIAN
) -> list[Artist]:
    named = list(shades.items())[:: -(-len(shades) // MOST_ENTRIES)] if hue else []
    handles = (elements.entry(f"{_words(hue)} {_text(value)}", color, **median) for value, color in named)
    return [*handles, elements.entry("median over networks", **median), *spread]


def _seeds(results: xr.Dataset) -> str:
    networks = elements.counted(results.sizes["seed"])
    return f"middle 90 % of {'at most ' if results.diverged.values.any() else ''}{networks}"


def _values(results: xr.Dataset, name: str) -> list[Any]:
    return list(dict.fromkeys(results[name].values.tolist()))


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def panels(
    results: xr.Dataset, names: Sequence[str], title: str, probes: list[str]
) -> Iterator[tuple[Figure, list[tuple[Axes, xr.Dataset]]]]:
    """Makes a figure with a panel per probe, if any, and combination of the settings ``names``, at most `MOST_PANELS`.

    Yields also the results for each panel.
    """
    count = results.sizes["setting"]
    settings = [*zip(*(results[name].values.tolist() for name in names), strict=True)] or [()] * count
    possible = list(product(probes or [""], dict.fromkeys(settings)))
    shown = possible[:MOST_PANELS]
    columns = min(MOST_COLUMNS, len(shown))
    titles = []
    for probe, combination in shown:
        words = [f"{_words(name)} {_text(value)}" for name, value in zip(names, combination, strict=True)]
        titles.append(textwrap.fill(", ".join([_words(probe)] * bool(probe) + words), 36))
    size = 2.6 + max(2.4 * columns, 4.4), 0.9 + max(1.9 * -(-len(shown) // columns), 3.2)
    look: dict[str, Any] = {"columns": columns, "size": size, "axes.titlesize": 8}
    with style.canvas(*titles, xlabel="", ylabel="", **look) as (figure, places):
        parts = []
        for axes, (probe, combination) in zip(places, shown, strict=True):
            if axes is not places[0]:
                axes.sharex(places[0])
                axes.sharey(places[0])
            part = results.isel(setting=np.array([setting == combination for setting in settings]))
            parts.append((axes, part.sel(probe=probe) if probe else part))
        more = f" (the first {MOST_PANELS} of {len(possible)} panels)" if shown != possible else ""
        figure.suptitle(plain(textwrap.fill(f"{title}{more}", MOST_CHARACTERS)))
        yield figure, parts
