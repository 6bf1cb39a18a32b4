"""The house style, and what every figure is drawn on.

>>> import lstm_toys as lt
>>> with lt.figures.canvas("A line") as (figure, (axes,)):
...     _ = axes.plot([0.0, 1.0], [0.1, 0.4])
>>> isinstance(figure, lt.Drawing)
True
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys.files import replacing
from lstm_toys.statistics import intervals

Drawing = Figure | FuncAnimation


COLORS = {"r": "#e8000b", "b": "#1f3fd6", "g": "#007f00", "c": "#00a5b5", "y": "#b8a500", "k": "#000000"}
"""Six colors, by matplotlib's letters, in shades that can be told apart on the grid."""


GRAY = "#555555"


STYLE: Any = {
    "figure.figsize": (6.8, 4.2),
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "axes.facecolor": "#eaeaf2",
    "axes.edgecolor": "white",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "grid.color": "white",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.bottom": False,
    "ytick.left": False,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "font.size": 9,
}


@contextmanager
def canvas(
    *titles: str, xlabel: str = "x", ylabel: str = "y", columns: int | None = None, **style: Any
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure in the house style, with one pair of axes for each title, side by side or in so many columns."""
    columns = columns or len(titles)
    rows = -(-len(titles) // columns)
    with mpl.rc_context(STYLE | style):
        figure = Figure(figsize=(6.8, 4.2) if len(titles) == 1 else (4.6 * columns, 0.4 + 3.6 * rows))
        every = figure.subplots(rows, columns, squeeze=False).ravel()
        panels, spare = list(every[: len(titles)]), every[len(titles) :]
        for axes, title in zip(panels, titles, strict=True):
            axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        for axes in spare:
            axes.remove()
        yield figure, panels


def save(drawing: Drawing, path: Path) -> None:
    """Writes a figure as PNG, or an animation as GIF, as a whole or not at all."""
    with replacing(path) as temporary:
        if isinstance(drawing, Figure):
            drawing.savefig(temporary, format="png", metadata={"Software": None})
        else:
            named = temporary.with_suffix(".gif")
            drawing.save(named, writer=PillowWriter(fps=4))
            named.replace(temporary)


def dots_and_band(axes: Axes, answers: xr.DataArray, color: str) -> None:
    """Answers ``seed, time, feature``: the first seed's as dots, and the band over seeds.

    Where x is answered too, the dots stand at the answered x, and the band at the median of it.
    """
    if not answers.sizes["seed"]:
        return
    y = answers.sel(feature="y").values
    across = "x" in answers.feature.values
    x = answers.sel(feature="x").values if across else np.broadcast_to(answers.time.values, y.shape)
    low, high = intervals.band(y)
    axes.fill_between(np.median(x, axis=0), low, high, color=color, alpha=0.22, linewidth=0)
    axes.plot(x[0], y[0], linestyle="", marker="o", markersize=2.8, color=color)


def legend_entries(fit: xr.Dataset, color: str) -> list[Artist]:
    """Legend entries for the dots and the band."""
    if not fit.sizes["seed"]:
        return [Line2D([], [], linestyle="", label="every seed diverged")]
    return [
        Line2D(
            [], [], linestyle="", marker="o", markersize=2.8, color=color, label=f"answer of seed {int(fit.seed[0])}"
        ),
        Patch(color=color, alpha=0.22, linewidth=0, label=f"5–95 % of {fit.sizes['seed']} seeds"),
    ]
