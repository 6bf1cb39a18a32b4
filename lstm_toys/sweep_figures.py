"""Figures of a sweep, drawn from its labeled results alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys import figures, statistics
from lstm_toys.goal import Goal
from lstm_toys.sweep_results import varied

NUMBERS = ("learning_rate", "momentum", "decay", "train_amplitude", "noise", "steps")
"""What may stand along a horizontal axis."""

LOGARITHMIC = {"learning_rate", "steps"}

MOST_COLUMNS, MOST_PANELS = 4, 24

PALETTE = [figures.COLORS[letter] for letter in "brgcyk"] + ["#8172b2", "#c26e1b"]


def draw(found: xr.Dataset, goal: Goal) -> dict[str, Figure]:
    """All figures of a sweep by file name.

    Args:
        found: the labeled results.
        goal: when a network counts as having learned the task.
    """
    train = np.sqrt(found.train_mse).rename("train").expand_dims(probe=["training set"])
    limit = None if goal.features else float(np.sqrt(goal.limit))
    return {
        "rmse.png": errors(found.drop_dims("probe").assign(error=train), "RMSE over the training set", limit),
        "unseen.png": errors(
            found.assign(error=found.rmse), "RMSE of answers to curves that were not trained on", None
        ),
        "loss.png": histories(found),
    }


def errors(found: xr.Dataset, title: str, limit: float | None) -> Figure:
    """Errors over one setting, one color for each value of another, one panel for each of the rest and each probe.

    Lines are medians, bands hold 5-95 % of the seeds that did not diverge; open dots: some seeds diverged.

    Args:
        found: the labeled results, with ``error`` ``[setting, seed, probe]``.
        title: of the figure.
        limit: a level to mark, if any.
    """
    names = varied(found) or ["learning_rate"]
    across = next((name for name in NUMBERS if name in names), names[0])
    rest = [name for name in names if name != across]
    hue = "hidden" if "hidden" in rest else rest[0] if rest else None
    colors = _colors(found, hue)
    values = _values(found, across)
    with panels(found, [name for name in rest if name != hue], title, found.probe.values.tolist()) as (figure, places):
        for axes, part in places:
            for value, color in colors.items():
                _line(
                    axes, part if hue is None else part.isel(setting=part[hue].values == value), across, values, color
                )
            if across in LOGARITHMIC:
                axes.set_xscale("log")
            elif across not in NUMBERS:
                axes.set_xticks(range(len(values)), values)
            axes.set_yscale("log")
            if limit is not None:
                axes.axhline(limit, color="black", linewidth=1, linestyle="--")
        figure.supxlabel(_words(across), fontsize=9)
        figure.supylabel("RMSE", fontsize=9)
        handles = _handles(found, hue, colors, marker="o")
        if found.diverged.values.any():
            label = "some seeds diverged"
            handles.append(Line2D([], [], color=figures.GRAY, marker="o", markersize=5, fillstyle="none", label=label))
        if limit is not None:
            handles.append(Line2D([], [], color="black", linewidth=1, linestyle="--", label=f"learned: {limit:.2g}"))
        figure.legend(handles=handles, loc="outside right center")
    return figure


def histories(found: xr.Dataset) -> Figure:
    """The training loss over the steps, one color for each value of one setting, one panel for each of the rest."""
    names = [name for name in varied(found) if name != "steps"]
    longest = found.isel(setting=found.steps.values == found.steps.values.max())
    hue = next((name for name in NUMBERS if name in names), names[0] if names else None)
    colors = _colors(found, hue)
    with panels(longest, [name for name in names if name != hue], "Training", []) as (figure, places):
        for axes, part in places:
            for number in range(part.sizes["setting"]):
                setting = part.isel(setting=number)
                color = colors[None if hue is None else setting[hue].item()]
                fit = setting.isel(seed=~setting.diverged.values)
                if not fit.sizes["seed"]:
                    continue
                known = np.isfinite(fit.record_step.values[0])
                steps, losses = fit.record_step.values[0, known], fit.record_loss.values[:, known]
                axes.fill_between(steps, *statistics.band(losses), color=color, alpha=0.2, linewidth=0)
                axes.plot(steps, np.median(losses, axis=0), color=color, linewidth=1.3)
            axes.set_yscale("log")
        figure.supxlabel("step", fontsize=9)
        figure.supylabel("train MSE", fontsize=9)
        figure.legend(handles=_handles(found, hue, colors, marker=""), loc="outside right center")
    return figure


@contextmanager
def panels(
    found: xr.Dataset, names: Sequence[str], title: str, probes: list[str]
) -> Iterator[tuple[Figure, list[tuple[Axes, xr.Dataset]]]]:
    """A figure with a panel for each probe and each combination of some settings, at most `MOST_PANELS`.

    Args:
        found: the labeled results.
        names: of the settings.
        title: of the figure.
        probes: names of probes; none: no panel is of a single one.

    Yields:
        The figure, and every panel with the results that belong into it.
    """
    combinations = list(dict.fromkeys(zip(*(found[name].values.tolist() for name in names), strict=True))) or [()]
    every = [(probe, combination) for probe in probes or [""] for combination in combinations]
    shown = every[:MOST_PANELS]
    seats, rows, columns = _seats(shown)
    with mpl.rc_context(figures.STYLE):
        figure = Figure(figsize=(2.6 + max(2.4 * columns, 4.4), 0.9 + max(1.9 * rows, 3.2)))
        grid: Any = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        places = []
        for (row, column), (probe, combination) in zip(seats, shown, strict=True):
            chosen = np.ones(found.sizes["setting"], bool)
            for name, value in zip(names, combination, strict=True):
                chosen &= found[name].values == value
            told = [f"{_words(name)} {_text(value)}" for name, value in zip(names, combination, strict=True)]
            axes = grid[row, column]
            axes.set_title(", ".join(([probe] if len(probes) > 1 else []) + told), size=8)
            # Below it there may be none whose ticks have labels.
            axes.tick_params(labelbottom=(row + 1, column) not in seats)
            part = found.isel(setting=chosen)
            places.append((axes, part.sel(probe=probe) if probe else part))
        for seat in np.ndindex(rows, columns):
            if seat not in seats:
                grid[seat].remove()
        more = f" (the first {MOST_PANELS} of {len(every)} panels)" if shown != every else ""
        figure.suptitle(f"{title}{more}", fontsize=10)
        yield figure, places


def _seats(shown: list[tuple[str, tuple[Any, ...]]]) -> tuple[list[tuple[int, int]], int, int]:
    """Row and column of each panel, and how many there are; by two things that vary, if it is two, and few."""
    varying = [(probe, *combination) for probe, combination in shown]
    columns_of = [list(dict.fromkeys(column)) for column in zip(*varying, strict=True)]
    two = [number for number, values in enumerate(columns_of) if len(values) > 1]
    if len(two) == 2 and len(columns_of[two[1]]) <= MOST_COLUMNS:
        down, across = (columns_of[number] for number in two)
        seats = [(down.index(each[two[0]]), across.index(each[two[1]])) for each in varying]
        return seats, len(down), len(across)
    columns = min(MOST_COLUMNS, len(shown))
    return [divmod(number, columns) for number in range(len(shown))], -(-len(shown) // columns), columns


def _line(axes: Axes, part: xr.Dataset, across: str, values: list[Any], color: Any) -> None:
    points = []
    for number, value in enumerate(part[across].values.tolist()):
        setting = part.isel(setting=number)
        kept = ~setting.diverged.values
        if kept.any():
            place = float(value) if across in NUMBERS else float(values.index(value))
            points.append((place, *np.quantile(setting.error.values[kept], (0.05, 0.5, 0.95)), kept.all()))
    if not points:
        return
    x, low, median, high, whole = (np.array(column) for column in zip(*sorted(points), strict=True))
    axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
    axes.plot(x, median, color=color, linewidth=1.4)
    axes.plot(x[whole], median[whole], color=color, linestyle="", marker="o", markersize=3.5)
    axes.plot(x[~whole], median[~whole], color=color, linestyle="", marker="o", markersize=5, fillstyle="none")


def _colors(found: xr.Dataset, hue: str | None) -> dict[Any, Any]:
    """A color for each value of a setting: shades where it is a number."""
    values = _values(found, hue) if hue else [None]
    if hue in NUMBERS:
        return dict(zip(sorted(values), mpl.colormaps["viridis"](np.linspace(0, 0.9, len(values))), strict=True))
    return dict(zip(values, PALETTE * len(values), strict=False))


def _handles(found: xr.Dataset, hue: str | None, colors: dict[Any, Any], marker: str) -> list[Artist]:
    """Legend entries for the colors, the line and the band."""
    handles: list[Artist] = [
        Line2D([], [], color=color, marker=marker, markersize=3.5, label=f"{_words(hue)} {_text(value)}")
        for value, color in colors.items()
        if hue
    ]
    label = f"5–95 % of {found.sizes['seed']} seeds"
    return [
        *handles,
        Line2D([], [], color=figures.GRAY, marker=marker, markersize=3.5, label="median over seeds"),
        Patch(color=figures.GRAY, alpha=0.22, linewidth=0, label=label),
    ]


def _values(found: xr.Dataset, name: str) -> list[Any]:
    """The values of a setting, in the order of the grid."""
    return list(dict.fromkeys(found[name].values.tolist()))


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
