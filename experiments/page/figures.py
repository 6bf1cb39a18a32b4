"""The figures of the post, drawn from finished runs as lines that take the page's own colors and sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import lstm_toys as lt

from .. import published
from .charts import ticks

WIDTH, HEIGHT = 560, 280

Shape = tuple[str, Any, Any]
"""A class of the style sheet, and the x and y of a line or, for names that begin with *area*, of a polygon."""


def figure(section: Mapping[str, Any], results: lt.Results) -> dict[str, Any]:
    """Lays out the figure of a section for the template: ticks, and the points of lines and areas."""
    sound = results.isel(seed=np.flatnonzero(~results.diverged.values))
    shapes = [*PICTURES[section["picture"]](sound, section)]
    across, up = (np.concatenate([shape[axis] for shape in shapes]) for axis in (1, 2))
    left, right, low, high = np.nanmin(across), np.nanmax(across), np.nanmin(up), np.nanmax(up)
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)

    def points(xs: Any, ys: Any) -> str:
        across = WIDTH * (np.asarray(xs) - left) / (right - left)
        up = HEIGHT * (high - np.asarray(ys)) / (high - low)
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, up, strict=True) if np.isfinite(y))

    return {
        "width": WIDTH,
        "height": HEIGHT,
        "shapes": [(kind, points(xs, ys)) for kind, xs, ys in shapes],
        "x": [(WIDTH * (tick - left) / (right - left), f"{tick:g}") for tick in ticks(left, right)],
        "y": [(HEIGHT * (high - tick) / (high - low), f"{tick:g}") for tick in ticks(low, high)],
    }


def trained(results: lt.Results, _: Mapping[str, Any]) -> Iterator[Shape]:
    """The training curve and the answer of each network, over x, or over the plane of x and y."""
    training = results.training.isel(curve=0)
    answers, target, time = training.answer, training.truth, training.time.values
    plane = "x" in training.feature.values
    for kind, line in (("trained", target), *(("thin", answer) for answer in answers)):
        yield kind, line.sel(feature="x") if plane else time, line.sel(feature="y").values


def probed(results: lt.Results, section: Mapping[str, Any]) -> Iterator[Shape]:
    """Curves of a probe, with the median of the answers to each, and the band of 5 to 95 % of networks."""
    shown = results[section["curves"]].isel(feature=0)
    x = shown.time.values
    for color in range(shown.sizes["curve"]):
        curve = shown.isel(curve=color)
        low, high = lt.statistics.band(curve.answer.values)
        yield f"area band color-{color}", [*x, *x[::-1]], [*low, *high[::-1]]
        yield f"median color-{color}", x, np.median(curve.answer.values, axis=0)
        yield f"shown color-{color}", x, curve.input.values


def read_off(results: lt.Results, _: Mapping[str, Any]) -> Iterator[Shape]:
    """Amplitudes that networks read off over true ones, the range of training, and the post's own values."""
    swept = results.sweep.isel(output_feature=0)
    true, (low, high) = swept.parameter_amplitude.values, lt.statistics.band(swept.answer.values)
    edge = float(results.training.train_target.max())
    yield "area learned", [0, edge, edge, 0], [0, 0, true.max(), true.max()]
    yield "area band", [*true, *true[::-1]], [*low, *high[::-1]]
    yield "shown", true, true
    yield "median", true, np.median(swept.answer.values, axis=0)
    pairs = published.answers.numbers()["predicted_amplitude"]["pairs"]
    yield "published", [pair["amplitude"] for pair in pairs], [pair["predicted"] for pair in pairs]


def plane(results: lt.Results, _: Mapping[str, Any]) -> Iterator[Shape]:
    """The error of the median network for lines over the plane of slope and intercept, and the square of training."""
    lines = lt.probed(results, "plane")
    errors = np.median(np.sqrt(np.square(lines.answer - lines.truth).mean("output_feature")), axis=0)
    slopes, intercepts = lines.parameter_slope.values, lines.parameter_intercept.values
    grid = np.unique(slopes)
    half = (grid[1] - grid[0]) / 2
    for slope, intercept, error in zip(slopes, intercepts, errors, strict=True):
        shade = np.searchsorted((0.05, 0.15, 0.5), error)
        sides = np.array([-half, half, half, -half])
        yield f"area shade-{shade}", slope + sides, intercept + np.roll(sides, 1)
    yield "trained", [0, 1, 1, 0, 0], [0, 0, 1, 1, 0]


PICTURES: dict[str, Callable[[lt.Results, Mapping[str, Any]], Iterator[Shape]]] = {
    "trained": trained,
    "probed": probed,
    "read_off": read_off,
    "plane": plane,
}
"""By the name in ``parts/post.toml``, what yields the shapes of a figure."""
