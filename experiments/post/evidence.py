"""The post's own answers as results of populations of one network."""

from typing import Any

import numpy as np
import xarray as xr

from lstm_toys.tasks import families

from . import readings


def published() -> dict[str, xr.Dataset]:
    """Returns the post's own answers as results of populations of one network, without curves that it does not show.

    Dots hidden by other dots are interpolated linearly.
    """
    data = readings.published()
    x = families.time_points(len(data["time"]))
    curves = [
        ({**parameters, "family": family}, output)
        for figure, family in readings.FAMILIES.items()
        for parameters, output in _curves(data[figure]["curves"])
    ]
    rows = [parameters for parameters, _ in curves]
    inputs = np.stack([_input(x, parameters) for parameters in rows])
    ((trained, answer),) = _curves(data["sine"]["curves"])
    sine = {
        "input": (("curve", "time", "feature"), inputs[:, :, None]),
        "answer": (("seed", "curve", "time", "feature"), np.stack([output for _, output in curves])[None, :, :, None]),
        "train_target": (("time", "feature"), _input(x, trained)[:, None]),
        "train_answer": (("seed", "time", "feature"), answer[None, :, None]),
    }
    return {
        "sine": _dataset(sine, rows).assign_coords(time=np.asarray(x), feature=["y"]),
        "amplitude": _vectors("sweep", data["predicted_amplitude"]["pairs"], {"amplitude": "predicted"}),
        "slope_intercept": _vectors(
            "plane",
            data["predicted_lines"]["pairs"],
            {"slope": "predicted_slope", "intercept": "predicted_intercept"},
        ),
    }


def _curves(rows: list[dict[str, Any]]) -> list[tuple[dict[str, float], np.ndarray]]:
    """Returns the parameters of each curve, and its dots without gaps."""
    every = []
    for row in rows:
        output = np.array(row["output"], float)
        known = np.flatnonzero(np.isfinite(output))
        filled = np.interp(np.arange(len(output)), known, output[known])
        every.append((readings.parameters(row), filled))
    return every


def _input(x: Any, parameters: dict[str, Any]) -> np.ndarray:
    """The input curve; sines of the post are A + A sin(w x + phase)."""
    known = {name: value for name, value in parameters.items() if name != "family"}
    family = "line" if "slope" in known else "sine"
    if family == "sine":
        known["offset"] = known["amplitude"]
    return np.asarray(families.FAMILIES[family].curves(x, known)[0])


def _vectors(family: str, pairs: list[dict[str, float]], names: dict[str, str]) -> xr.Dataset:
    """Read-off parameters, under the name of the curve set in claims."""
    rows = [{**{name: pair[name] for name in names}, "family": family} for pair in pairs]
    variables = {
        "truth": (("curve", "output_feature"), np.array([[pair[name] for name in names] for pair in pairs])),
        "answer": (
            ("seed", "curve", "output_feature"),
            np.array([[[pair[name] for name in names.values()] for pair in pairs]]),
        ),
    }
    return _dataset(variables, rows).assign_coords(output_feature=list(names))


def _dataset(variables: dict[str, Any], rows: list[dict[str, Any]]) -> xr.Dataset:
    names = dict.fromkeys(name for row in rows for name in row if name != "family")
    columns = {name: ("curve", [row.get(name, np.nan) for row in rows]) for name in names}
    labels = {"seed": [0], "family": ("curve", [row["family"] for row in rows]), **columns}
    return xr.Dataset({**variables, "diverged": ("seed", [False])}, labels)
