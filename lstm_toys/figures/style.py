"""The house style of figures: their look, colors, panels and text.

>>> with lt.figures.canvas("A line") as (figure, _):
...     isinstance(figure, lt.figures.Drawing)
True
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, to_hex
from matplotlib.figure import Figure

T = TypeVar("T", bound=Hashable)

COLORS = {"r": "#8f1108", "b": "#1208a1", "g": "#02886b", "c": "#026784", "y": "#b38f0e", "k": "#000000"}
"""Six colors, by matplotlib's letters: the hues of Okabe and Ito (2008) with different lightness, which remain distinct
with red-green blindness and in grayscale. Their contrast with white is at least 3:1, for thin dashed lines."""

GRAY = "#555555"

BAND: dict[str, Any] = {"alpha": 0.22, "linewidth": 0}

INPUT: dict[str, Any] = {"linewidth": 0.9, "linestyle": "--"}
MEDIAN: dict[str, Any] = {"linewidth": 1.5}

ONE: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 1.8, "markeredgewidth": 0, "alpha": 0.7}
GOAL: dict[str, Any] = {"color": "black", "linewidth": 1, "linestyle": "--"}
"""Styles of bands, inputs and true answers, medians, answers of one network, and the level that counts as learned."""

SHADES = 97
"""Colors of the color scales of heat maps: few enough to be exact in files, and odd, so that one is in the middle."""

STYLE: Any = {
    "figure.figsize": (6.8, 4.2),
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "axes.edgecolor": "#bbbbc4",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titley": 1.0,
    "figure.titlesize": 10,
    "figure.labelsize": 9,
    "grid.color": "#e4e4ea",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "font.size": 9,
    "hatch.color": "#8a8a93",
    "svg.hashsalt": "lstm_toys",
}

SIGN = re.compile(r"(?<![\w.)\]-])-(?=\.?\d)|(?<=\de)-(?=\d+(?!\w))|(?<=\d )-(?= [A-Za-z(])")
"""Hyphens that stand for a minus, as in ``-1``, ``1e-05`` and ``1 - R²``."""

MOST_BANDS = 3


@contextmanager
def house(**style: Any) -> Iterator[None]:
    """Applies the house style during a block instead of the user's settings, with ``style`` on top."""
    # Setting the backend could open a display.
    settings: Any = {name: value for name, value in mpl.rcParamsDefault.items() if name != "backend"}
    with mpl.rc_context(settings | STYLE | style):
        yield


@contextmanager
def canvas(
    *titles: str,
    xlabel: str = "x",
    ylabel: str = "y",
    columns: int | None = None,
    size: tuple[float, float] | None = None,
    subplots: Mapping[str, Any] = {},
    **style: Any,
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Makes a figure in the library's style, with one panel per title; what is drawn in the block has this style.

    Titles and labels are literal: a dollar sign does not begin a formula.

    Args:
        titles: one title per panel; the number of titles is the number of panels.
        xlabel: label of all x axes.
        ylabel: label of all y axes.
        columns: number of columns of panels; None: all panels are side by side.
        size: width and height in inches; None: chosen for the number of panels.
        subplots: further arguments of `matplotlib.figure.Figure.subplots`, such as ``{"sharex": True}``.
        style: further settings of Matplotlib (``rcParams``) on top of `STYLE`, as in ``**{"font.size": 13}``.

    Yields:
        The figure, and a list of its axes.

    Example:
        >>> with lt.figures.canvas("A line", ylabel="y (cm)") as (figure, (axes,)):
        ...     _ = axes.plot([0, 1], [0.1, 0.6], color=lt.figures.COLORS["b"])
        >>> axes.get_title()
        'A line'
    """
    columns = columns or len(titles)
    rows = -(-len(titles) // columns)
    with house(**style):
        usual = (6.8, 4.2) if len(titles) == 1 else (4.6 * columns, 0.4 + 3.6 * rows)
        figure = Figure(figsize=size or usual)
        panels = list(figure.subplots(rows, columns, squeeze=False, **subplots).ravel())
        while len(panels) > len(titles):
            panels.pop().remove()
        for axes, title in zip(panels, titles, strict=True):
            laid_out(axes)
            axes.set(title=plain(title), xlabel=plain(xlabel), ylabel=plain(ylabel))
        yield figure, panels


@contextmanager
def sheet(
    heading: str, *titles: str, entries: Iterable[Artist] = (), across: int = 3, **options: Any
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Makes a `canvas` with a heading, and a legend of what is labeled and of further entries, ``across`` in a row."""
    with canvas(*titles, **options) as (figure, panels):
        figure.suptitle(plain(heading))
        yield figure, panels
        legend(figure, *entries, columns=across)


def laid_out(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Sets for which axes the layout leaves room, and ignores the frame: measuring ticks takes most of the time."""
    axes.xaxis.set_in_layout(x)
    axes.yaxis.set_in_layout(y)
    for spine in axes.spines.values():
        spine.set_in_layout(False)


def labeled(place: Figure | Axes) -> list[Artist]:
    """What was drawn with a label, in the order of drawing; of equal labels the first."""
    drawn: dict[str, Artist] = {}
    for axes in [place] if isinstance(place, Axes) else place.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            drawn.setdefault(label, handle)
    return [*drawn.values()]


def legend(place: Figure | Axes, *more: Artist, columns: int = 3, loc: Any = None) -> None:
    """Adds a legend of what is labeled, and of more: within axes, or below a figure with as many columns as fit."""
    entries = [*labeled(place), *more]
    if isinstance(place, Axes):
        place.legend(handles=entries, loc=loc or "best")
        return
    for ncols in range(columns, 0, -1):
        drawn = place.legend(handles=entries, loc=loc or "outside lower center", ncols=ncols)
        if ncols == 1 or drawn.get_window_extent().width <= place.bbox.width:
            return
        drawn.remove()


def plain(text: str) -> str:
    """Escapes text for matplotlib: no formulas, visible in legends, and minus signs before numbers."""
    signed = SIGN.sub("−", text)
    return (" " if signed.startswith("_") else "") + signed.replace("$", r"\$")


def colors(values: Iterable[T], letters: str = "brgcyk") -> dict[T, str]:
    """Assigns each value a color, the same one wherever the values are the same.

    Args:
        values: what is to be colored, such as the names of populations; repeated values count once.
        letters: letters in `COLORS`, in the order in which they are assigned. For more values than letters, all colors
            are shades of one scale.

    Returns:
        The color of each value, as ``"#rrggbb"``.

    Example:
        >>> lt.figures.colors(["LSTM", "GRU"])
        {'LSTM': '#1208a1', 'GRU': '#8f1108'}
    """
    names = list(dict.fromkeys(values))
    if len(names) <= len(letters):
        return {name: COLORS[letter] for name, letter in zip(names, letters, strict=False)}
    return scale(names)


def scale(values: Iterable[T]) -> dict[T, str]:
    """Assigns each value a color of one scale, in order."""
    names = list(dict.fromkeys(values))
    shades = dark_scale()(np.linspace(0, 1, len(names)))
    return {name: to_hex(shade) for name, shade in zip(names, shades, strict=True)}


def dark_scale() -> Colormap:
    """Returns the color scale of lines: the part of the heat maps' scale that is dark enough for lines on white."""
    return ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.59, 256)))  # With a contrast of 3:1.


def heat_scale(name: str = "viridis") -> Colormap:
    """Returns a color scale of heat maps, by its name in Matplotlib, with `SHADES`."""
    return mpl.colormaps[name].resampled(SHADES)
