"""Networks as the page's scripts read them: their layers, their weights, and how the browser trains others."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from .. import sine

ORDER = ("kernel", "recurrent_kernel", "bias")

Params = Mapping[str, Mapping[str, jt.Float[np.ndarray, "S ..."]]]
Rows = jt.Int[np.ndarray, " N"]


def layers(model: Any, features: int) -> list[dict[str, Any]]:
    """Describes a network's layers from input to answer; `cells.js` computes those of LSTMs, GRUs and vanilla RNNs."""
    kinds = [model.cell] * len(model.hidden) + [model.cell if model.readout == "cell" else "dense"]
    below = (features, *model.widths)
    return [
        {"kind": kind, "features": shown, "units": units, "gates": model.gates}
        for kind, shown, units in zip(kinds, below, model.widths, strict=False)
    ]


def packed(model: Any, params: Params, rows: Rows, *, exact: bool) -> list[str]:
    """Encodes the parameters of networks ``rows``, one by one, layer by layer, for `decoded` in ``cells.js``.

    Numbers of 32 bits, if ``exact``, become two texts, of their upper and their lower bytes; else there is one, of
    numbers of 16 bits. First come all numbers' highest bytes, since only these compress well.
    """
    numbers = flat(model, params, rows).astype(">f4" if exact else ">f2")
    planes = np.ascontiguousarray(numbers.reshape(-1, 1).view(np.uint8).T)
    halves = np.split(planes, len(planes) // 2)
    return [base64.b64encode(zlib.compress(half.tobytes(), 9)).decode() for half in halves]


def flat(model: Any, params: Params, rows: Rows) -> jt.Float[np.ndarray, "N P"]:
    """The parameters of networks ``rows`` in the order in which the page's scripts read them."""
    names = [f"{model.cell}_{number}" for number in range(len(model.hidden))]
    leaves = [params[name][leaf] for name in (*names, "readout") for leaf in ORDER if leaf in params[name]]
    return np.concatenate([np.reshape(leaf[rows], (len(rows), -1)) for leaf in leaves], axis=1)


def training() -> dict[str, Any]:
    """What the page needs to train networks as the published ones were trained."""
    recipe = lt.ask(sine.EXPERIMENT).settings
    return {
        "layers": layers(lt.Stack(features=1, gates=recipe.gates), 1),
        "optimizer": {"rate": recipe.learning_rate, "decay": recipe.decay},
        "steps": recipe.steps,
        "goal": sine.GOAL.rmse,
    }
