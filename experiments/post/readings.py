"""The published answers of the post's networks, and their comparison with a population.

The post: Daniel Pollithy, "Lstm Toy Examples", 2018. ``published.json`` contains the numbers read off its figures.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.statistics import intervals

from .data import PUBLISHED

FAMILIES = {
    "sine": "sine",
    "amplitudes": "amplitude",
    "lines_with_intercept": "line",
    "lines_without_intercept": "line_origin",
    "phase": "phase",
}
"""The post's figures whose answers are known as numbers, and the probes with the same curves."""

SINE_NOTE = (
    "sine: the post's sine.png shows another network than its other figures, or an earlier state of it; "
    "see docs/notes/steps.md"
)

NAMED = ("amplitude", "slope", "intercept")
"""Parameters that distinguish the published curves."""


@cache
def published() -> dict[str, Any]:
    """The published numbers, by figure."""
    data: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return data


def compare_sequences(results: xr.Dataset) -> list[dict[str, Any]]:
    """Compares answers to the training sine and to the probes with the published ones, without diverged seeds.

    Returns:
        One row per published curve: its name, its number of known points, the share of them between the 5th and 95th
        percentile of seeds, and the RMSE of the seeds' median; see `lt.Experiment`. Empty if the time points differ.
    """
    if results.sizes["time"] != len(published()["time"]):
        return []
    sine = _row("sine", published()["sine"]["curves"][0], results.train_answer.sel(feature="y").values)
    answers = results.answer.sel(feature="y").values
    others = [_row(family, curve, answers[:, index]) for family, curve, index in published_curves(results)]
    return [{**sine, "note": SINE_NOTE}, *others]


def published_curves(results: xr.Dataset) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yields published curves that labeled results also contain: probe, published curve, and index in the results."""
    for figure, family in FAMILIES.items():
        for curve in published()[figure]["curves"]:
            same = np.all([np.isclose(results[name], value) for name, value in parameters(curve).items()], axis=0)
            for index in np.flatnonzero(same & (results.family.values == family)):
                yield family, curve, int(index)


def parameters(curve: dict[str, Any]) -> dict[str, float]:
    """The parameters of a published curve."""
    return {name: float(value) for name, value in curve.items() if name not in ("output", "error")}


def compare_vectors(results: xr.Dataset, figure: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """Compares read-off parameters with the published ones, in rows as in `compare_sequences`.

    ``names`` maps each read-off parameter to its name in the published numbers; a curve's points are its parameters.
    """
    rows = []
    for pair in published()[figure]["pairs"]:
        known = {name: value for name, value in pair.items() if name not in names.values()}
        same = np.all([np.isclose(results[name], value) for name, value in known.items()], axis=0)
        output = [pair[names[name]] for name in results.output_feature.values]
        rows += [
            _row("post", {**known, "output": output}, results.answer.values[:, index])
            for index in np.flatnonzero(same & (results.family.values == "post"))
        ]
    return rows


def inside_share(answers: Float[np.ndarray, "S T"], output: Float[np.ndarray, " T"]) -> float:
    """Share of the known points of a published curve between the 5th and 95th percentile of seeds."""
    low, high = intervals.band(answers)
    known = np.isfinite(output)
    return float(((low <= output) & (output <= high))[known].mean())


def _row(family: str, curve: dict[str, Any], answers: np.ndarray) -> dict[str, Any]:
    output = np.array(curve["output"], float)
    known = np.isfinite(output)
    median = np.median(answers, axis=0)
    named = [f"{name} {value:g}" for name, value in curve.items() if name in NAMED]
    return {
        "curve": f"{family}: {', '.join(named)}",
        "points": int(known.sum()),
        "inside_share": inside_share(answers, output),
        "rmse_of_median": float(np.sqrt(np.mean(np.square(median - output)[known]))),
    }
