"""The sheet of the post's pictures, as populations of networks: what they answer, and what they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import lstm_toys as lt

from .. import amplitude, sine, slope_intercept
from .runs import SHEET, FinishedRun

NAME = "post.png"

PROBED = {
    "line": "Sine, shown lines",
    "amplitude": "Sine, other amplitudes",
    "phase": "Sine, other phases",
    "frequency": "Sine, other frequencies",
}
"""The titles of what the sine's networks are shown, by the name of the probe."""

READ_OFF = {
    "amplitude": ("Amplitude, read off", amplitude.rebuild),
    "slope_intercept": ("Line, read off", slope_intercept.rebuild),
}
"""By run, the title, and what makes curves of the numbers that networks read off."""

LOOKS: Sequence[Mapping[str, Any]] = {"linewidth": 0.8, "linestyle": "--"}, {"linewidth": 1.5}
"""The lines of a curve that is shown, and of the median answer."""


def draw(results: Mapping[str, lt.Results]) -> lt.figures.Drawing:
    """Draws the sheet from the results of `SHEET`, by name."""
    titles = ["Hill, as learned", "Sine, as learned", *PROBED.values(), *(title for title, _ in READ_OFF.values())]
    look: dict[str, Any] = {"columns": 4, "size": (9.6, 4.8), "subplots": {"sharex": True}}
    highest = []
    with lt.figures.canvas(*titles, **look) as (figure, panels):
        for name, axes in zip(("hill", "sine"), panels, strict=False):
            learned = results[name].training.isel(curve=0).sel(feature="y")
            _curves(axes, learned.time.values, [learned.truth.values], [learned.answer.values], "b")
        for probe, axes in zip(PROBED, panels[2:], strict=False):
            shown, letters = results["sine"][probe].sel(feature="y"), sine.ORDER
            if probe == "frequency":  # Two, since all six would hide each other.
                shown, letters = shown.isel(curve=[1, 3]), letters[1] + letters[3]
            highest.append((shown.input.max(), np.nanmedian(shown.answer, axis=0).max()))
            letters = letters[-shown.sizes["curve"] :]
            _curves(axes, shown.time.values, shown.input.values, shown.answer.values.swapaxes(0, 1), letters)
        for (name, (_, rebuild)), axes in zip(READ_OFF.items(), panels[6:], strict=True):
            read = results[name].post
            x, answers = read.time.values, read.answer.values.swapaxes(0, 1)
            letters = sine.ORDER if name == "amplitude" else "kycrbg"
            _curves(axes, x, read.input.sel(feature="y").values, [rebuild(x, each) for each in answers], letters)
        for axes in panels:
            axes.set_xticks((0, 0.5, 1))
        for axes in panels[:4]:
            axes.set_xlabel("")
        for axes in (*panels[1:4], *panels[5:]):
            axes.set_ylabel("")
        trained, (most, answered) = float(results["sine"].training.truth.max()), np.max(highest, axis=0)
        figure.suptitle(
            f"Networks of the sine, which has up to {trained:.1f}, answer curves of up to {most:.1f} "
            f"with at most {answered:.1f} in the median"
        )
        count = results["sine"].sizes["seed"]
        lines = [Line2D([], [], color="gray", **look) for look in LOOKS]
        names = [f"what {count} networks are shown, a color per curve", "median answer", "middle 90 % of answers"]
        figure.legend([*lines, Patch(color="gray", alpha=0.2)], names, loc="outside lower center", ncols=3)
    return figure


def _curves(axes: Axes, x: np.ndarray, shown: Sequence[Any], answers: Sequence[Any], letters: Sequence[str]) -> None:
    """Draws curves, and the answers of networks to each."""
    for curve, answered, letter in zip(shown, answers, letters, strict=True):
        color = lt.figures.COLORS[letter]
        low, median, high = np.nanquantile(answered, (0.05, 0.5, 0.95), axis=0)
        for values, look in zip((curve, median), LOOKS, strict=True):
            axes.plot(x, values, color=color, **look)
        axes.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)


def write(present: Mapping[str, FinishedRun], folder: Path) -> None:
    """Writes the sheet into a folder, if its runs are finished."""
    if present.keys() >= {*SHEET}:
        results = {name: lt.load_results(present[name].run.checked("results.nc")) for name in SHEET}
        lt.figures.save(draw(results), folder / NAME)
