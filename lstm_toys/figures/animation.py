"""A film of the answers during training."""

from typing import Any

import xarray as xr
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from lstm_toys.figures.needs import needs
from lstm_toys.figures.style import COLORS, INPUT, answers_of, canvas, legend_entries, plain
from lstm_toys.results.arrays import axis_label, kept


@needs("frame/time", "train_target/time", feature="y")
def film(populations: dict[str, xr.Dataset]) -> FuncAnimation:
    """The answers to the training curve as they form, of several populations side by side.

    Args:
        populations: results with the same frames, by what they are.
    """
    fits = {name: kept(results) for name, results in populations.items()}
    first = next(iter(fits.values()))
    style: Any = {"figure.dpi": 72}
    with canvas(*fits, **style) as (figure, panels):
        left, width = float(first.time[0]), float(first.time[-1] - first.time[0])
        low, high = float(first.train_target.sel(feature="y").min()), float(first.train_target.sel(feature="y").max())
        figure.legend(
            handles=[
                *legend_entries(first, COLORS["r"]),
                Line2D([], [], color=COLORS["b"], label="target", **INPUT),
            ],
            loc="outside lower center",
            ncols=4,
        )

        for axes, fit in zip(panels, fits.values(), strict=True):
            axes.set(xlabel=plain(axis_label(fit.time)))
            axes.set(xlim=(left - 0.15 * width, left + 1.05 * width), ylim=(low - 0.35, high + 0.1))

        def show(index: int) -> list[Artist]:
            for axes, (name, fit) in zip(panels, fits.items(), strict=True):
                for before in (*axes.lines, *axes.collections):
                    before.remove()
                axes.set_title(plain(f"{name}: step {int(fit.frame_step[index]):,}"))
                answers_of(axes, fit.frame.isel(frame_step=index), COLORS["r"])
                axes.plot(fit.time, fit.train_target.sel(feature="y"), color=COLORS["b"], **INPUT)
            return []

        show(0)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # All frames are laid out alike, once.
        return FuncAnimation(figure, show, frames=first.sizes["frame_step"], init_func=list)
