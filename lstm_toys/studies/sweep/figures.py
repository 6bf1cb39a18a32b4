"""Figures of a sweep, drawn from its labeled results alone."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator
from matplotlib.transforms import ScaledTranslation

from lstm_toys.figures.style import BAND, GRAY, MEDIAN, MOST_BANDS, colors, counted, house, plain, scale
from lstm_toys.results.arrays import axis_label
from lstm_toys.runs.identity import NUMBER, TRACED
from lstm_toys.statistics import intervals
from lstm_toys.studies.sweep.results import varied
from lstm_toys.tasks.goal import Goal

LOGARITHMIC = {"learning_rate", "steps"}

MOST_TICKS = 6
"""Values of a setting that are all named on a horizontal axis."""

MOST_ENTRIES = 12
"""Values of a setting that are all named in a legend."""

MOST_COLUMNS, MOST_PANELS = 4, 24


def draw(found: xr.Dataset, goal: Goal) -> dict[str, Figure]:
    """All figures of a sweep by file name.

    Errors of answers are one figure, or, where its panels would be too many, one for each probe.

    Args:
        found: the labeled results.
        goal: when a network counts as having learned the task.
    """
    train = np.sqrt(found.train_mse).rename("train").expand_dims(probe=["training set"])
    whole = goal.after == 0 or "output_feature" in found.train_rmse.dims
    limit = float(goal.rmse) if whole and not goal.features else None
    drawn = {
        "rmse.png": errors(found.drop_dims("probe").assign(error=train), "RMSE over the training set", limit),
        "loss.png": histories(found),
    }
    if not found.sizes["probe"]:
        return drawn
    answers, title = found.assign(error=found.rmse), "RMSE of answers to curves that were shown after training"
    if found.sizes["probe"] * len(_combinations(found, _arranged(found)[2])) <= MOST_PANELS:
        return drawn | {"answers.png": errors(answers, title, None)}
    for probe in found.probe.values.tolist():
        drawn[f"answers_{probe}.png"] = errors(answers.sel(probe=[probe]), f"{title}: {_words(probe)}", None)
    return drawn


def errors(found: xr.Dataset, title: str, limit: float | None) -> Figure:
    """Errors over one setting, one color for each value of another, one panel for each of the rest and each probe.

    Lines are medians, bars hold 5-95 % of the seeds that did not diverge; open dots: some seeds diverged; crosses along
    the upper edge: all did. Bars of several colors stand beside each other.

    Args:
        found: the labeled results, with ``error`` ``[setting, seed, probe]``.
        title: of the figure.
        limit: a level to mark, if any.
    """
    found = found[["error", "diverged"]]  # All that is selected from below, again and again.
    across, hue, names = _arranged(found)
    shades = _colors(found, hue)
    values = _values(found, across)
    with panels(found, names, title, found.probe.values.tolist()) as (figure, places):
        for axes, part in places:
            _across(axes, across, values)
            axes.set_yscale("log")
            for index, (value, color) in enumerate(shades.items()):
                mine = part if hue is None else part.isel(setting=part[hue].values == value)
                _line(axes, mine, across, values, color, 0.97 - 0.04 * (index % 8), index - (len(shades) - 1) / 2)
            if limit is not None:
                axes.axhline(limit, color="black", linewidth=1, linestyle="--")
        decades(places[0][0])
        figure.supxlabel(plain(_words(axis_label(found[across]))))
        figure.supylabel("RMSE")
        handles = _handles(hue, shades, _bars(found))
        if found.diverged.values.any():
            label = "some networks diverged"
            handles.append(Line2D([], [], color=GRAY, marker="o", markersize=5, fillstyle="none", label=label))
        if found.diverged.values.all(axis=1).any():
            label = "every network diverged"
            handles.append(Line2D([], [], color=GRAY, linestyle="", marker="x", markersize=5, label=label))
        if limit is not None:
            label = f"counts as learned: {limit:.2g}"
            handles.append(Line2D([], [], color="black", linewidth=1, linestyle="--", label=label))
        figure.legend(handles=handles, loc="outside right center")
    return figure


def histories(found: xr.Dataset) -> Figure:
    """The training loss over the steps, one color for each value of one setting, one panel for each of the rest.

    Medians have bands where there are few enough of them.
    """
    found = found[["record_step", "record_loss", "diverged"]]
    names = [name for name in varied(found) if name != "steps"]
    longest = found.isel(setting=found.steps.values == found.steps.values.max())
    hue = next(iter(_numbers(names)), names[0] if names else None)
    shades = _colors(found, hue)
    with panels(longest, [name for name in names if name != hue], "Training", []) as (figure, places):
        for axes, part in places:
            values = part[hue].values.tolist() if hue else [None] * part.sizes["setting"]
            arrays = (part[name].values for name in ("record_step", "record_loss", "diverged"))
            for value, record, loss, diverged in zip(values, *arrays, strict=True):
                if diverged.all():
                    continue
                color, known = shades[value], np.isfinite(record[0])
                steps, losses = record[0, known], loss[~diverged][:, known]
                if len(shades) <= MOST_BANDS:
                    axes.fill_between(steps, *intervals.band(losses), color=color, **BAND)
                axes.plot(steps, np.median(losses, axis=0), color=color, **MEDIAN)
            axes.set_yscale("log")
        figure.supxlabel("step")
        figure.supylabel("train MSE")
        bands = [Patch(color=GRAY, label=_seeds(found), **BAND)] if len(shades) <= MOST_BANDS else []
        figure.legend(handles=_handles(hue, shades, bands), loc="outside right center")
    return figure


def _arranged(found: xr.Dataset) -> tuple[str, str | None, list[str]]:
    """Which setting errors are drawn over, which is told by color, and those that have panels."""
    names = varied(found) or ["learning_rate"]
    across = next(iter(_numbers(names)), names[0])
    rest = [name for name in names if name != across]
    hue = "hidden" if "hidden" in rest else rest[0] if rest else None
    return across, hue, [name for name in rest if name != hue]


def _combinations(found: xr.Dataset, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Values of some settings: those that occur, each with all values of the last, so that rows are alike."""
    leading = list(dict.fromkeys(zip(*(found[name].values.tolist() for name in names[:-1]), strict=True))) or [()]
    return [(*lead, *last) for lead, *last in product(leading, *(_values(found, name) for name in names[-1:]))]


def _line(
    axes: Axes, part: xr.Dataset, across: str, places: list[Any], color: str, height: float, beside: float
) -> None:
    """Medians and bars over one setting; crosses, at a height of the panel, where there is no seed left.

    All stand so many places beside that of their setting, in units of a little more than the width of a bar.
    """
    points, lost = [], []
    arrays = part.error.values, part.diverged.values
    for value, errors, diverged in zip(part[across].values.tolist(), *arrays, strict=True):
        place = float(value) if _numbers([across]) else float(places.index(value))
        if diverged.all():
            lost.append(place)
        else:
            points.append((place, *np.quantile(errors[~diverged], (0.05, 0.5, 0.95)), not diverged.any()))
    upper = axes.get_xaxis_transform()
    axes.plot(lost, [height] * len(lost), "x", color=color, markersize=5, transform=upper)
    if not points:
        return
    x, low, median, high, whole = (np.array(column) for column in zip(*sorted(points), strict=True))
    lines = [axes.vlines(x, low, high, color=color, linewidth=1.0), *axes.plot(x, median, color=color, linewidth=1.2)]
    style: dict[str, Any] = {"color": color, "linestyle": "", "marker": "o"}
    lines += axes.plot(x[whole], median[whole], markersize=3, **style)
    lines += axes.plot(x[~whole], median[~whole], markersize=4.5, fillstyle="none", **style)
    shift(axes, lines, beside)


def shift(axes: Axes, drawn: Sequence[Artist], beside: float) -> None:
    """Moves what was drawn sideways, by so many widths of a bar and its distance to the next; limits stay."""
    for each in drawn:
        each.set_transform(axes.transData + ScaledTranslation(beside * 2.4 / 72, 0, axes.figure.dpi_scale_trans))


def _numbers(names: Sequence[str]) -> list[str]:
    """Those of some settings that may stand along a horizontal axis, the likeliest first."""
    open_ones = [name for name in names if name.startswith(NUMBER)]
    return [name for name in (*TRACED, *open_ones, "steps") if name in names]


def _across(axes: Axes, name: str, values: list[Any]) -> None:
    """The horizontal axis of a setting, its values named if they are few or no numbers."""
    if not _numbers([name]):
        axes.set_xticks(range(len(values)), [plain(str(value)) for value in values])
        return
    if name in LOGARITHMIC and min(values) > 0:
        axes.set_xscale("log")
    elif name in LOGARITHMIC and max(values) > 0:
        axes.set_xscale("symlog", linthresh=min(value for value in values if value > 0))
    if len(values) <= MOST_TICKS:
        axes.set_xticks(values, [plain(_text(value)) for value in values])
        axes.set_xticks([], minor=True)


def _colors(found: xr.Dataset, hue: str | None) -> dict[Any, str]:
    """A color for each value of a setting, on a scale where it is a number."""
    values = _values(found, hue) if hue else [None]
    return scale(sorted(values)) if hue and _numbers([hue]) else colors(values)


def _handles(hue: str | None, shades: dict[Any, str], spread: Sequence[Artist]) -> list[Artist]:
    """Legend entries for the colors, the line, and what shows how far seeds spread."""
    named = list(shades.items())[:: -(-len(shades) // MOST_ENTRIES)] if hue else []
    handles: list[Artist] = [
        Line2D([], [], color=color, label=plain(f"{_words(hue)} {_text(value)}"), **MEDIAN) for value, color in named
    ]
    return [*handles, Line2D([], [], color=GRAY, label="median over networks", **MEDIAN), *spread]


def _bars(found: xr.Dataset) -> list[Artist]:
    return [Line2D([], [], color=GRAY, linestyle="", marker="|", markersize=11, label=_seeds(found))]


def _seeds(found: xr.Dataset) -> str:
    return f"middle 90 % of {'at most ' if found.diverged.values.any() else ''}{counted(found.sizes['seed'])}"


def _values(found: xr.Dataset, name: str) -> list[Any]:
    """The values of a setting, in the order of the grid."""
    return list(dict.fromkeys(found[name].values.tolist()))


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def panels(
    found: xr.Dataset, names: Sequence[str], title: str, probes: list[str]
) -> Iterator[tuple[Figure, list[tuple[Axes, xr.Dataset]]]]:
    """A figure with a panel for each probe and each combination of some settings that there is, at most `MOST_PANELS`.

    A row holds all combinations, or the values of the last setting, if they fit.

    Args:
        found: the labeled results.
        names: of the settings.
        title: of the figure.
        probes: names of probes; none: no panel is of a single one.

    Yields:
        The figure, and every panel with the results that belong into it.
    """
    combinations = _combinations(found, names)
    every = list(product(probes or [""], combinations))
    shown = every[:MOST_PANELS]
    lengths = (len(combinations), len(_values(found, names[-1])) if names else 1)
    columns = next((length for length in lengths if 1 < length <= MOST_COLUMNS), min(MOST_COLUMNS, len(shown)))
    rows = -(-len(shown) // columns)
    with house():
        figure = Figure(figsize=(2.6 + max(2.4 * columns, 4.4), 0.9 + max(1.9 * rows, 3.2)))
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        places: list[tuple[Axes, xr.Dataset]] = []
        lowest: dict[int, Axes] = {}
        for number, axes in enumerate(grid):
            probe, combination = shown[number] if number < len(shown) else ("", ())
            chosen = np.full(found.sizes["setting"], number < len(shown))
            for name, value in zip(names, combination, strict=False):
                chosen &= found[name].values == value
            if not chosen.any():
                axes.set_visible(False)
                continue
            told = [f"{_words(name)} {_text(value)}" for name, value in zip(names, combination, strict=True)]
            title_of = ", ".join(([_words(probe)] if len(probes) > 1 else []) + told)
            axes.set_title(plain(textwrap.fill(title_of, 36)), size=8)
            part = found.isel(setting=chosen)
            places.append((axes, part.sel(probe=probe) if probe else part))
            lowest[number % columns] = axes
        for axes in lowest.values():
            axes.tick_params(labelbottom=True)
        more = f" (the first {MOST_PANELS} of {len(every)} panels)" if shown != every else ""
        figure.suptitle(plain(f"{title}{more}"))
        yield figure, places
        if all(part.diverged.values.all() for _, part in places):
            places[0][0].set_ylim(0.1, 1)  # A logarithmic axis of nothing has no limits of its own.


def decades(axes: Axes) -> None:
    """Names 1, 2 and 5 of each decade of a logarithmic vertical axis, or each decade if there are many."""
    low, high = axes.get_ylim()
    if high < 1.01 * low:  # Of a single value; quantiles of it differ by its last bit, which makes no axis.
        low, high = low / 1.2, high * 1.2
        axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,), numticks=12))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_yticks([], minor=True)
