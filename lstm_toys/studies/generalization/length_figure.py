"""Draws the measures of a population over the length of sequences."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lstm_toys.figures.style import BAND, COLORS, MEDIAN, band_name, canvas, plain
from lstm_toys.results.arrays import axis_label
from lstm_toys.statistics import intervals
from lstm_toys.studies.generalization.results import measures_at
from lstm_toys.tasks.planes import LENGTH


def draw(labeled: xr.Dataset, trained: int) -> Figure:
    """Draws the median of each measure over seeds, with the band of seeds, and the length of the training."""
    found = measures_at(labeled)
    columns = min(3, len(found))
    with canvas(*([""] * len(found)), xlabel=axis_label(labeled[LENGTH]), columns=columns) as (figure, panels):
        for axes, (label, each) in zip(panels, found.items(), strict=True):
            lengths, values, color = each[LENGTH].values, each.values, COLORS["b"]
            axes.fill_between(lengths, *intervals.band(values), color=color, **BAND, label=band_name(len(values)))
            axes.plot(lengths, np.median(values, axis=0), "o-", color=color, markersize=3, **MEDIAN, label="median")
            axes.axvline(trained, color="black", linewidth=1, linestyle="--", label="trained on")
            axes.set_ylabel(plain(label))
            if label.startswith("accuracy"):
                axes.set_ylim(-0.02, 1.02)
        panels[0].legend(loc="best")
    return figure
