"""An animation of the answers during training."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lstm_toys.figures.needs import needs
from lstm_toys.figures.style import COLORS, FRAMES_A_SECOND, INPUT, across, answers_of, canvas, legend_entries, plain
from lstm_toys.results.arrays import axis_label, kept
from lstm_toys.statistics import intervals

HOLD = 2
"""Seconds for which the last frame is shown."""

LARGE: dict[str, Any] = {
    "figure.dpi": 100,
    "font.size": 13,
    "axes.titlesize": 14,
    "legend.fontsize": 13,
}
"""Larger text, since animations are shown small."""


@needs("frame/time", "train_target/time", feature="y")
def film(populations: dict[str, xr.Dataset]) -> FuncAnimation:
    """Animates the answers to the training curve during training, for several populations side by side.

    All frames have the same axes, which fit all answers.

    Args:
        populations: results with the same frames, by label.
    """
    fits = {name: kept(results) for name, results in populations.items()}
    first = next(iter(fits.values()))
    with canvas(*fits, **LARGE) as (figure, panels):
        figure.set_size_inches(3.4 * len(fits), 4.0)
        figure.legend(
            handles=[
                *legend_entries(first, COLORS["r"]),
                Line2D([], [], color=COLORS["b"], label="training curve", **INPUT),
            ],
            loc="outside lower center",
            ncols=2,
        )
        x, y = _limits(fits.values())
        for axes, fit in zip(panels, fits.values(), strict=True):
            axes.set(xlabel=plain(axis_label(fit.time)), xlim=x, ylim=y)
            axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_locator(MaxNLocator(5))
            axes.label_outer()

        def show(index: int) -> list[Artist]:
            for axes, (name, fit) in zip(panels, fits.items(), strict=True):
                for before in (*axes.lines, *axes.collections):
                    before.remove()
                axes.title.set_text(plain(f"{name}, step {int(fit.frame_step[index]):,}"))
                answers_of(axes, fit.frame.isel(frame_step=index), COLORS["r"])
                axes.plot(fit.time, fit.train_target.sel(feature="y"), color=COLORS["b"], **INPUT)
            return []

        show(0)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # All frames share one layout.
        count = first.sizes["frame_step"]
        frames = [*range(count), *[count - 1] * HOLD * FRAMES_A_SECOND]
        return FuncAnimation(figure, show, frames=frames, init_func=list)


def _limits(fits: Iterable[xr.Dataset]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of both axes that fit every frame and the training curve."""
    x: list[Any] = []
    y: list[Any] = []
    for fit in fits:
        x.append(fit.time.values)
        y.append(fit.train_target.sel(feature="y").values)
        if fit.sizes["seed"]:
            places, answers = across(fit.frame)
            x += [np.median(places, axis=0), places[0]]
            y += [*intervals.band(answers), answers[0]]
    return _around(x), _around(y)


def _around(drawn: list[Any]) -> tuple[float, float]:
    low, high = min(float(each.min()) for each in drawn), max(float(each.max()) for each in drawn)
    margin = 0.05 * (high - low)
    return low - margin, high + margin
