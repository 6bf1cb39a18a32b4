"""Networks learn to read slope and intercept off a line.

Trains LSTMs on lines m x + t, m and t drawn uniformly from [0, 1), to answer (m, t) at the last time point, and tests
them on other lines, m and t from -1 to 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lstm_toys as lt

from . import published

PARAMETERS = ("slope", "intercept")
TRAINED = {"slope": (0.0, 1.0), "intercept": (0.0, 1.0)}
COUNT = 1_000
BATCH = 5
GOAL = lt.Goal(rmse=0.05, features=PARAMETERS)
POST_SLOPES = np.array((1.0, 0.8, 0.3, 0.1, 0.0, -0.4))
POST_INTERCEPT = 0.5
GRID = np.linspace(-1, 2, 31)


def task(x: lt.TimePoints) -> lt.Task:
    """Lines that each seed draws separately, with slope and intercept as targets."""
    return lt.read_off("line", TRAINED, PARAMETERS, x, BATCH, draw=COUNT)


def probes(x: lt.TimePoints) -> list[lt.Probe]:
    """The post's six lines, and a grid over the plane."""
    slopes, intercepts = (axis.ravel() for axis in np.meshgrid(GRID, GRID))
    return [
        lt.probe("post", "line", {"slope": POST_SLOPES, "intercept": POST_INTERCEPT}, x),
        lt.probe("plane", "line", {"slope": slopes, "intercept": intercepts}, x),
    ]


def planes(_: lt.Settings) -> list[lt.grids.Plane]:
    """Lines over a wider range, longer lines, and lines with other spacings."""
    slopes = lt.grids.Axis("slope", -2.0, 2.0, 81)
    return [
        lt.grids.Plane("line", (slopes, lt.grids.Axis("intercept", -2.0, 2.0, 81))),
        lt.grids.Plane("line", (lt.grids.LENGTH, slopes)),
        lt.grids.Plane("line", (lt.grids.SPACING, slopes)),
    ]


def rebuild(x: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Returns the line with a read-off slope and intercept."""
    return answers[..., :1] * x + answers[..., 1:]


def draw(results: lt.Results, _: dict[str, lt.Results]) -> dict[str, lt.figures.Drawing]:
    """Draws the post's figures, and the error over the plane."""
    pairs = published.answers.numbers()["predicted_lines"]["pairs"]
    authors = np.array([[pair["predicted_slope"], pair["predicted_intercept"]] for pair in pairs])
    labels = dict(zip("kycrbg", [f"{m:g} x + {POST_INTERCEPT:g}" for m in POST_SLOPES], strict=True))
    last = lt.probed(results, "post").isel(curve=-1, seed=~results.diverged.values)
    read = np.median(rebuild(last.time.values, last.answer.values), axis=0) if last.sizes["seed"] else np.nan
    off = np.abs(read - last.input.values[:, 0]).max()
    title = f"{labels['g']} is read off with errors up to {off:.2g} (median); slopes in training were from 0 to 1"
    return {
        "plane.png": lt.figures.read_off_plane(results, ("slope", "intercept"), "Error of the", (0.0, 0.0, 1.0, 1.0)),
        "lines.png": lt.figures.training_set(results, "A training set of lines; every seed draws its own"),
        "predicted_lines_1.png": lt.figures.read_off_curves(results, "post", rebuild, labels, title, authors),
        "loss.png": lt.figures.loss(results, "Training to read off slope and intercept", goal=GOAL),
    }


def compare(results: lt.Results) -> list[dict[str, Any]]:
    """Compares the six read-off lines with the published ones."""
    names = {"slope": "predicted_slope", "intercept": "predicted_intercept"}
    return published.answers.compare_vectors(results, "predicted_lines", names)


EXPERIMENT = lt.Experiment(
    name="slope_intercept",
    doc=__doc__,
    defaults={"steps": 5_000, "learning_rate": 0.01, "optimizer": "adam"},
    goal=GOAL,
    task=task,
    probes=probes,
    draw=draw,
    compare=compare,
    trained=lt.grids.Trained("line", TRAINED),
    planes=planes,
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
