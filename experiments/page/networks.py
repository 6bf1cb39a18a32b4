"""Single networks: their weights as the page's scripts read them, the inside of one, and training in the browser."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.networks.cells import Gates, cell_class
from lstm_toys.networks.optimizers import takes

from .. import sine
from .build import Made, encoded
from .runs import FinishedRun

SHOWN = ("lstm", "gru", "rnn")
"""The cells that `cells.js` computes."""

PRECISIONS = {"single": "<f4", "half": "<f2"}
"""Types of the encoded numbers, all little-endian."""

ORDER = ("kernel", "recurrent_kernel", "bias")

GATES: dict[Gates, str] = {"hard": "hard, as in the post", "sigmoid": "sigmoid"}


Params = Mapping[str, Mapping[str, jt.Float[np.ndarray, "S ..."]]]
Rows = jt.Int[np.ndarray, " N"]


def layers(model: Any, features: int) -> list[dict[str, Any]]:
    """Describes a network's layers from input to answer. Raises ValueError for cells that the page cannot compute."""
    if not isinstance(model, lt.Stack) or model.cell not in SHOWN:
        raise ValueError(f"the page has layers of {', '.join(SHOWN)}, and not {model}")
    kinds = [model.cell] * len(model.hidden) + [model.cell if model.readout == "cell" else "dense"]
    below = (features, *model.widths)
    return [
        {"kind": kind, "features": shown, "units": units, "gates": model.gates}
        for kind, shown, units in zip(kinds, below, model.widths, strict=False)
    ]


def packed(model: Any, params: Params, rows: Rows, kind: str = PRECISIONS["single"]) -> str:
    """Encodes the parameters of networks ``rows``, one by one, layer by layer, as base64 of numbers of a kind."""
    return encoded(flat(model, params, rows).astype(kind).tobytes())


def split(model: Any, params: Params, rows: Rows) -> tuple[str, str]:
    """Encodes them in two parts: the upper 16 bits of each number, rounded, and what has to be added to all 32 bits."""
    bits = flat(model, params, rows).astype("<f4").view("<u4").astype(np.int64)
    upper = (bits + 2**15) >> 16
    rest = bits - (upper << 16)
    return encoded(upper.astype("<u2").tobytes()), encoded(rest.astype("<i2").tobytes())


def flat(model: Any, params: Params, rows: Rows) -> jt.Float[np.ndarray, "N P"]:
    """The parameters of networks ``rows`` in the order in which the page's scripts read them."""
    names = [f"{cell_class(model.cell).__name__.lower()}_{number}" for number in range(len(model.hidden))]
    leaves = [params[name][leaf] for name in (*names, "readout") for leaf in ORDER if leaf in params[name]]
    return np.concatenate([np.reshape(leaf[rows], (len(rows), -1)) for leaf in leaves], axis=1)


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the part about the inside of one network; None without the published networks."""
    if "published" not in runs:
        return None
    if "dynamics" not in runs:
        return inside(None)
    path = runs["dynamics"].run.checked("results.nc")
    return inside(lt.load_results(path))


def inside(found: lt.Results | None) -> Made:
    """Makes the part about the inside of one network from the results of the study of dynamics, if there are any."""
    if found is None:
        return Made({}, {"inputs": [], "networks": {}})
    rest, frequencies = found.static_answer.isel(output=0).values, found.mode_frequency.values
    networks = {
        str(seed): {"rest": finite(own), "frequency": finite([frequency])[0]}
        for seed, own, frequency in zip(found.seed.values.tolist(), rest, frequencies, strict=True)
    }
    return Made({}, {"inputs": found.input.values.tolist(), "networks": networks})


def finite(numbers: Iterable[float]) -> list[float | None]:
    """Numbers with four digits after the point, and None for what is not a number."""
    return [round(float(number), 4) if math.isfinite(number) else None for number in numbers]


def training() -> dict[str, Any]:
    """What the page needs to train networks as the published ones were trained."""
    recipe = sine.EXPERIMENT.defaults
    return {
        "layers": {gates: layers(lt.Stack(features=1, gates=gates), 1) for gates in GATES},
        "optimizer": {"rate": recipe["learning_rate"], **takes("rmsprop_keras")},
        "steps": recipe["steps"],
        "goal": sine.GOAL.rmse,
    }
