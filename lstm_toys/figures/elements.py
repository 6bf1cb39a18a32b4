"""What figures are composed of: medians and bands over networks, labels, legends and ticks."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from scipy.optimize import isotonic_regression

from lstm_toys import output
from lstm_toys.figures.style import BAND, COLORS, GRAY, INPUT, MEDIAN, ONE, plain
from lstm_toys.results.arrays import recorded_on


def middle(values: Float[np.ndarray, "S K"] | xr.DataArray) -> Float[np.ndarray, "3 K"]:
    """The 5th, 50th and 95th percentile over the networks that have a number; NaN where none has."""
    lacking = np.isnan(values).any()
    quantile, median = (np.nanquantile, np.nanmedian) if lacking else (np.quantile, np.median)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        low, high = quantile(values, (0.05, 0.95), axis=0)
        return np.stack([low, median(values, axis=0), high])


def band(
    axes: Axes,
    x: Any,
    values: Float[np.ndarray, "S K"] | xr.DataArray,
    color: str,
    label: str = "",
    spread: str = "",
    *,
    filled: bool = True,
    **line: Any,
) -> None:
    """Draws the median over networks as a line and, if ``filled``, a band from the 5th to the 95th percentile.

    ``label`` and ``spread`` are what a legend calls the line and the band.
    """
    low, median, high = middle(values)
    axes.plot(x, median, color=color, label=plain(label), **(MEDIAN | line))
    if filled:
        axes.fill_between(x, low, high, color=color, label=plain(spread), **BAND)


def bars(axes: Axes, x: Any, values: Float[np.ndarray, "S K"] | xr.DataArray, color: str, label: str = "") -> None:
    """Draws medians over networks as dots on bars from the 5th to the 95th percentile, with a label for legends."""
    low, median, high = middle(values)
    axes.vlines(x, low, high, color=color, alpha=0.35, linewidth=2)
    axes.plot(x, median, "o", color=color, markersize=3, label=plain(label))


def answers_of(axes: Axes, answers: xr.DataArray, color: str, *, filled: bool = True) -> None:
    """Draws answers ``seed, time, feature``: the median over seeds, its band if ``filled``, and one seed as dots.

    If networks answer x too, the line and the band are at its median, and the dots at the answered x.
    """
    if not answers.sizes["seed"]:
        return
    y = answers.sel(feature="y").values
    x = answers.sel(feature="x").values if "x" in answers.feature.values else answers.time.values[None]
    # At most 40 dots: more would look like a second line.
    axes.plot(x[0], y[0], color=color, markevery=-(-y.shape[1] // 40), **ONE)
    band(axes, np.median(x, axis=0), y, color, filled=filled)


def entry(label: str, color: str = GRAY, **style: Any) -> Line2D:
    """A legend entry of a line or marker."""
    return Line2D([], [], label=plain(label), **({"color": color} | style))


def band_entry(label: str, color: str = GRAY, **style: Any) -> Patch:
    """A legend entry of a band or area."""
    return Patch(color=color, label=plain(label), **(BAND | style))


def answer_entries(fit: xr.Dataset, color: str, *, filled: bool = True) -> list[Artist]:
    """The legend entries of what `answers_of` draws."""
    if not fit.sizes["seed"]:
        return [entry("every network diverged", linestyle="")]
    count, one = fit.sizes["seed"], f"one of them (network {int(fit.seed[0])})"
    median = entry(f"median of {counted(count)}", color, **MEDIAN)
    bands = [band_entry(band_name(count), color)] * filled
    return [median, *bands, entry(one, color, **(ONE | {"markersize": 2.6}))]


def label_ends(axes: Axes, x: float, ends: Mapping[str, tuple[float, str]], apart: float) -> None:
    """Labels lines at their right ends, instead of a legend.

    Args:
        axes: the panel with the lines.
        x: where the lines end.
        ends: height and color of each line's end by label.
        apart: least vertical distance of labels, in the unit of y, or in decades if its axis is logarithmic. Labels
            that would be nearer are moved apart, as little as possible, and connected with their ends.

    Example:
        >>> with lt.figures.canvas("A line") as (figure, (axes,)):
        ...     _ = axes.plot([0, 1], [0.1, 0.6], color=lt.figures.COLORS["b"])
        ...     lt.figures.label_ends(axes, 1.0, {"up": (0.6, lt.figures.COLORS["b"])}, 0.1)
        >>> [label.get_text() for label in axes.texts]
        ['up']
    """
    sorted_ends = sorted(ends.items(), key=lambda end: -end[1][0])
    scale = axes.yaxis.get_transform()
    heights = scale.transform(np.array([height for _, (height, _) in sorted_ends]))
    spacing = apart * np.arange(len(heights))
    places = scale.inverted().transform(isotonic_regression(heights + spacing, increasing=False).x - spacing)
    look: dict[str, Any] = {"annotation_clip": False, "va": "center", "fontsize": 8}
    look |= {"textcoords": ("offset points", "data")}
    for (label, (height, color)), place in zip(sorted_ends, places.tolist(), strict=True):
        leader = {"arrowstyle": "-", "color": color, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)}
        text, end = (14, place), (x, height)
        axes.annotate(plain(label), end, text, color=color, arrowprops=leader, **look)


def training(results: xr.Dataset) -> str:
    """The name of the set that was recorded: ``training`` or ``validation``."""
    return "training" if recorded_on(results) == "train" else "validation"


def training_entries(fit: xr.Dataset) -> list[Artist]:
    """The legend entries of a training curve and of the answers to it."""
    return [*answer_entries(fit, COLORS["r"]), entry(f"{training(fit)} curve", COLORS["b"], **INPUT)]


def evenly(count: int, most: int) -> list[int]:
    """Evenly spaced indices of all items, or of as many as allowed."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()


def counted(networks: int) -> str:
    """How many networks there are, for a legend: ``16 networks``."""
    return output.counted(networks, "network")


def band_name(networks: int) -> str:
    """The label of a band from the 5th to the 95th percentile of networks."""
    return f"middle 90 % of {counted(networks)}"


def whole_ticks(axes: Axes, places: Real[np.ndarray, " T"]) -> None:
    """Puts the ticks of the x axis at time points if these are whole numbers, such as months or rows."""
    if np.array_equal(places, np.round(places)):
        steps = (1, 2, 3, 4, 6, 10) if np.ptp(places) < 24 else (1, 2, 5, 10)  # Of up to two years, quarters.
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=steps))
        axes.xaxis.set_major_formatter("{x:,.0f}")
