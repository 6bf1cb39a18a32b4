"""Draws the picture in README and on the page's previews: answers to a sine twice as large as the learned one.

``python -m docs.maintenance.picture`` draws it from the finished run of the published networks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import lstm_toys as lt
from experiments.page import runs
from experiments.page.story import LARGER
from lstm_toys.figures import COLORS, GRAY, Drawing
from lstm_toys.runs import publishing

RESULTS = Path(__file__).parents[2] / "results"

TITLE = "A sine twice as large: networks keep the rhythm and fall short"


def draw(results: lt.Results) -> Drawing:
    """Draws the learned sine, the larger one, each network's answer and their median, each labeled at its line."""
    sines = results.amplitude
    (curve,) = np.flatnonzero(np.isclose(sines.parameter_amplitude.values, LARGER))
    x, shown = sines.time.values, sines.input.isel(curve=curve).sel(feature="y").values
    answers = sines.answer.isel(curve=curve).sel(feature="y").values[~results.diverged.values]
    learned = results.training.truth.isel(curve=0).sel(feature="y").values
    median = np.median(answers, axis=0)
    top, fall = int(np.argmax(shown[: len(x) // 2])), len(x) // 3  # A peak, and a place with nothing next to it.
    with lt.figures.canvas(TITLE, size=(8.4, 3.6)) as (figure, (axes,)):
        axes.plot(x, answers.T, color=COLORS["b"], alpha=0.2, linewidth=0.7)
        axes.plot(x, median, color=COLORS["b"], linewidth=2.5)
        axes.plot(x, learned, color=GRAY, linewidth=2.5)
        axes.plot(x, shown, color="black", linewidth=1.6, linestyle="--")
        axes.axhline(1, color=GRAY, linewidth=1, linestyle=":")
        for label, at, y, offset, color in (
            ("limit of their output", len(x) // 2, np.ones_like(x), (0, 4), GRAY),
            ("they are shown", top, shown, (0, 5), "black"),
            ("they learned", top, learned, (0, -28), GRAY),
            (f"{len(answers)} networks\nand their median", fall, median, (38, 42), COLORS["b"]),
        ):
            place: Any = {"textcoords": "offset points", "ha": "center" if offset[0] == 0 else "left", "color": color}
            arrow = {"arrowstyle": "-", "color": color} if offset[0] else None
            axes.annotate(label, (x[at], y[at]), offset, arrowprops=arrow, fontsize=10, **place)
        axes.set(xlim=(x[0], x[-1]), ylim=(min(answers.min(), 0) - 0.05, shown.max() + 0.15))
    return figure


def draw_from_run(results_dir: Path, picture: Path) -> None:
    """Draws the picture from the run in a folder of results; exits 1 if there is none."""
    (arguments,) = runs.COMMANDS["published"]
    (run,) = lt.find([runs.planned(arguments)], results_dir)
    if run is None:
        sys.exit(f"missing run: {runs.typed(arguments)}")
    lt.figures.save(draw(lt.load_results(run.checked("results.nc"))), picture)
    picture.write_bytes(publishing.content(picture))


if __name__ == "__main__":
    draw_from_run(RESULTS, RESULTS / "index.png")
