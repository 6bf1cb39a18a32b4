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

import lstm_toys as lt

PUBLISHED = Path(__file__).with_name("answers.json")

PROBES = {
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


def compare_sequences(results: xr.DataTree) -> list[dict[str, Any]]:
    """Compares answers to the training sine and to the probes with the published ones, without diverged seeds.

    Each row has a curve's name, its number of known points, the share of them between the 5th and 95th percentile of
    seeds, and the RMSE of the seeds' median; see `lt.Experiment`. There are none if the time points differ.
    """
    if results.training.sizes["time"] != len(numbers()["time"]):
        return []
    sine = _row("sine", numbers()["sine"]["curves"][0], results.training.answer.isel(curve=0).sel(feature="y").values)
    others = [
        _row(probe, curve, results[probe].answer.sel(feature="y").values[:, index])
        for probe, curve, index in curves_in(results)
    ]
    return [{**sine, "note": SINE_NOTE}, *others]


def curves_in(results: xr.DataTree) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yields the published curves that labeled results contain: probe, published curve, and index in the probe."""
    for figure, probe in PROBES.items():
        for curve in numbers()[figure]["curves"] if probe in results.children else ():
            for index in np.flatnonzero(_same(results[probe], parameters(curve))):
                yield probe, curve, int(index)


def with_published(results: xr.DataTree) -> xr.DataTree:
    """Adds published answers to labeled results, as the variable ``published``; NaN where none is known."""
    results = results.copy()
    if results.training.sizes["time"] == len(numbers()["time"]):
        for probe, curve, index in curves_in(results):
            node = results[probe]
            if "published" not in node:
                unknown = np.full((node.sizes["curve"], node.sizes["time"]), np.nan)
                node["published"] = xr.DataArray(unknown, dims=("curve", "time"))
            node.published[index] = np.array(curve["output"], float)
    return results


def parameters(curve: dict[str, Any]) -> dict[str, float]:
    """The parameters of a published curve."""
    return {name: float(value) for name, value in curve.items() if name not in ("output", "error")}


def compare_vectors(results: xr.DataTree, figure: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """Compares read-off parameters with the published ones, in rows as in `compare_sequences`.

    ``names`` maps each read-off parameter to its name in the published numbers; a curve's points are its parameters.
    """
    rows, shown = [], results.post
    for pair in numbers()[figure]["pairs"]:
        inputs = {name: value for name, value in pair.items() if name not in names.values()}
        output = [pair[names[name]] for name in shown.output_feature.values]
        rows += [
            _row("post", {**inputs, "output": output}, shown.answer.values[:, index])
            for index in np.flatnonzero(_same(shown, inputs))
        ]
    return rows


def _same(shown: Any, values: dict[str, float]) -> np.ndarray:
    """Which curves of a probe have these parameters."""
    return np.all([np.isclose(shown[f"parameter_{name}"], value) for name, value in values.items()], axis=0)


def _row(probe: str, curve: dict[str, Any], answers: np.ndarray) -> dict[str, Any]:
    output = np.array(curve["output"], float)
    known = np.isfinite(output)
    median, (low, high) = np.median(answers, axis=0), lt.statistics.band(answers)
    labels = [f"{name} {value:g}" for name, value in curve.items() if name in NAMED or (name == "phase" and value)]
    return {
        "curve": f"{probe}: {', '.join(labels)}",
        "points": int(known.sum()),
        "inside_share": float(((low <= output) & (output <= high))[known].mean()),
        "rmse_of_median": float(np.sqrt(np.mean(np.square(median - output)[known]))),
    }


def evidence() -> dict[str, xr.DataTree]:
    """Returns the post's answers as results of populations of one network; hidden dots are interpolated linearly."""
    x = lt.time_points(len(numbers()["time"]))
    sine = {}
    for figure, probe in PROBES.items():
        curves = numbers()[figure]["curves"]
        inputs = np.stack([_input(x, parameters(curve)) for curve in curves])[:, :, None]
        answers = np.stack([_filled(curve) for curve in curves])[:, :, None]
        columns = {name: [parameters(curve)[name] for curve in curves] for name in parameters(curves[0])}
        probed = _answered(inputs, answers, columns, {"time": np.asarray(x), "feature": ["y"]})
        sine["training" if figure == "sine" else probe] = probed.assign(input=probed.truth)
    sine["sine"] = sine["training"]  # The training curve is also a probe.
    lines = {"slope": "predicted_slope", "intercept": "predicted_intercept"}
    return {
        "sine": _results(sine),
        "amplitude": _results({"sweep": _vectors("predicted_amplitude", {"amplitude": "predicted"})}),
        "slope_intercept": _results({"plane": _vectors("predicted_lines", lines)}),
    }


def _results(probes: dict[str, xr.Dataset]) -> xr.DataTree:
    return xr.DataTree.from_dict({"/": xr.Dataset({"diverged": ("seed", [False])}, {"seed": [0]}), **probes})


def _filled(curve: dict[str, Any]) -> Float[np.ndarray, " T"]:
    output = np.array(curve["output"], float)
    known = np.flatnonzero(np.isfinite(output))
    return np.interp(np.arange(len(output)), known, output[known])


def _input(x: Any, values: dict[str, float]) -> np.ndarray:
    """The line or sine with these parameters; sines of the post are A + A sin(w x + phase)."""
    family = "line" if "slope" in values else "sine"
    complete = values if family == "line" else {**values, "offset": values["amplitude"]}
    return np.asarray(lt.FAMILIES[family].curves(x, complete)[0])


def _vectors(figure: str, names: dict[str, str]) -> xr.Dataset:
    pairs = numbers()[figure]["pairs"]
    truth, answers = (np.array([[pair[key] for key in keys] for pair in pairs]) for keys in (names, names.values()))
    return _answered(truth, answers, dict(zip(names, truth.T, strict=True)), {"output_feature": list(names)})


def _answered(truth: np.ndarray, answers: np.ndarray, columns: dict[str, Any], labels: dict[str, Any]) -> xr.Dataset:
    """Answers of one network, and the truth; ``columns`` are parameters of curves, ``labels`` name the other axes."""
    axes = ("curve", *labels)
    truths = {"truth": (axes, truth), "counts": (axes, np.ones_like(truth))}
    coordinates = {**labels, **{f"parameter_{name}": ("curve", column) for name, column in columns.items()}}
    return xr.Dataset({**truths, "answer": (("seed", *axes), answers[None])}, coordinates)
