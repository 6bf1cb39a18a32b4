"""The published answers of the post's networks: as numbers, compared with a population, and as evidence for claims.

The post: Daniel Pollithy, "Lstm Toy Examples", 2018. ``answers.json`` contains the numbers read off its figures.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.statistics import intervals
from lstm_toys.tasks import families
from lstm_toys.tasks.parameters import PARAMETER

PUBLISHED = Path(__file__).with_name("answers.json")

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
    "see docs/notes/post.md"
)

CHOSEN_ON = ("line", "line_origin", "amplitude")
"""Probes whose published answers decide the choice of a recipe."""

NAMED = ("amplitude", "slope", "intercept")
"""Parameters that distinguish the published curves."""


@cache
def numbers() -> dict[str, Any]:
    """The published numbers, by figure."""
    return dict(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def compare_sequences(results: xr.Dataset) -> list[dict[str, Any]]:
    """Compares answers to the training sine and to the probes with the published ones, without diverged seeds.

    Each row has a curve's name, its number of known points, the share of them between the 5th and 95th percentile of
    seeds, and the RMSE of the seeds' median; see `lt.Experiment`. There are none if the time points differ.
    """
    if results.sizes["time"] != len(numbers()["time"]):
        return []
    sine = _row("sine", numbers()["sine"]["curves"][0], results.train_answer.sel(feature="y").values)
    answers = results.answer.sel(feature="y").values
    others = [_row(family, curve, answers[:, index]) for family, curve, index in curves_in(results)]
    return [{**sine, "note": SINE_NOTE}, *others]


def curves_in(results: xr.Dataset) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yields the published curves that labeled results contain: probe, published curve, and index in the results."""
    for figure, family in FAMILIES.items():
        for curve in numbers()[figure]["curves"]:
            same = _same(results, parameters(curve)) & (results.family.values == family)
            for index in np.flatnonzero(same):
                yield family, curve, int(index)


def beside(results: xr.Dataset) -> xr.Dataset:
    """Adds published answers to labeled results, as the variable ``published``; NaN where none is known."""
    known = np.full((results.sizes["curve"], results.sizes["time"]), np.nan)
    if results.sizes["time"] == len(numbers()["time"]):
        for _, curve, index in curves_in(results):
            known[index] = np.array(curve["output"], float)
    return results.assign(published=(("curve", "time"), known))


def parameters(curve: dict[str, Any]) -> dict[str, float]:
    """The parameters of a published curve."""
    return {name: float(value) for name, value in curve.items() if name not in ("output", "error")}


def compare_vectors(results: xr.Dataset, figure: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """Compares read-off parameters with the published ones, in rows as in `compare_sequences`.

    ``names`` maps each read-off parameter to its name in the published numbers; a curve's points are its parameters.
    """
    rows = []
    for pair in numbers()[figure]["pairs"]:
        known = {name: value for name, value in pair.items() if name not in names.values()}
        same = _same(results, known) & (results.family.values == "post")
        output = [pair[names[name]] for name in results.output_feature.values]
        rows += [
            _row("post", {**known, "output": output}, results.answer.values[:, index]) for index in np.flatnonzero(same)
        ]
    return rows


def _same(results: xr.Dataset, known: dict[str, float]) -> np.ndarray:
    """Which curves have these parameters."""
    return np.all([np.isclose(results[f"{PARAMETER}{name}"], value) for name, value in known.items()], axis=0)


def _row(family: str, curve: dict[str, Any], answers: np.ndarray) -> dict[str, Any]:
    output = np.array(curve["output"], float)
    known = np.isfinite(output)
    median, (low, high) = np.median(answers, axis=0), intervals.band(answers)
    named = [f"{name} {value:g}" for name, value in curve.items() if name in NAMED]
    return {
        "curve": f"{family}: {', '.join(named)}",
        "points": int(known.sum()),
        "inside_share": float(((low <= output) & (output <= high))[known].mean()),
        "rmse_of_median": float(np.sqrt(np.mean(np.square(median - output)[known]))),
    }


def evidence() -> dict[str, xr.Dataset]:
    """Returns the post's answers as results of populations of one network; hidden dots are interpolated linearly."""
    x = families.time_points(len(numbers()["time"]))
    curves = [(family, each) for figure, family in FAMILIES.items() for each in numbers()[figure]["curves"]]
    rows = [{**parameters(each), "family": family} for family, each in curves]
    inputs = np.stack([_input(x, row) for row in rows])[:, :, None]
    outputs = np.stack([_filled(each) for _, each in curves])[None, :, :, None]
    sine = {
        "input": (("curve", "time", "feature"), inputs),
        "answer": (("seed", "curve", "time", "feature"), outputs),
        "train_target": (("time", "feature"), inputs[0]),  # The training curve is the first one.
        "train_answer": (("seed", "time", "feature"), outputs[:, 0]),
    }
    lines = {"slope": "predicted_slope", "intercept": "predicted_intercept"}
    return {
        "sine": _dataset(sine, rows).assign_coords(time=np.asarray(x), feature=["y"]),
        "amplitude": _vectors("sweep", "predicted_amplitude", {"amplitude": "predicted"}),
        "slope_intercept": _vectors("plane", "predicted_lines", lines),
    }


def _filled(curve: dict[str, Any]) -> Float[np.ndarray, " T"]:
    output = np.array(curve["output"], float)
    known = np.flatnonzero(np.isfinite(output))
    return np.interp(np.arange(len(output)), known, output[known])


def _input(x: Any, parameters: dict[str, Any]) -> np.ndarray:
    """Sines of the post are A + A sin(w x + phase)."""
    known = {name: value for name, value in parameters.items() if name != "family"}
    family = "line" if "slope" in known else "sine"
    if family == "sine":
        known["offset"] = known["amplitude"]
    return np.asarray(families.FAMILIES[family].curves(x, known)[0])


def _vectors(family: str, figure: str, names: dict[str, str]) -> xr.Dataset:
    pairs = numbers()[figure]["pairs"]
    rows = [{**{name: pair[name] for name in names}, "family": family} for pair in pairs]
    axes = ("curve", "output_feature")
    truth, answer = (np.array([[pair[name] for name in own] for pair in pairs]) for own in (names, names.values()))
    variables = {"truth": (axes, truth), "answer": (("seed", *axes), answer[None])}
    return _dataset(variables, rows).assign_coords(output_feature=list(names))


def _dataset(variables: dict[str, Any], rows: list[dict[str, Any]]) -> xr.Dataset:
    names = dict.fromkeys(name for row in rows for name in row if name != "family")
    columns = {f"{PARAMETER}{name}": ("curve", [row.get(name, np.nan) for row in rows]) for name in names}
    labels = {"seed": [0], "family": ("curve", [row["family"] for row in rows]), **columns}
    return xr.Dataset({**variables, "diverged": ("seed", [False])}, labels)
