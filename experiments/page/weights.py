"""Encodes the weights of networks for the page. Imports nothing heavy."""

from __future__ import annotations

import base64
from typing import Any, Literal

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.networks.cells import CELLS, cell_class

Precision = Literal["single", "half"]

PRECISIONS = {"single": "<f4", "half": "<f2"}
"""Types of the encoded numbers, all little-endian."""

ORDER = ("kernel", "recurrent_kernel", "bias")
"""Order of the parameters of a layer."""


def layers(model: Any, features: int) -> list[dict[str, Any]]:
    """Describes a network's layers from input to answer. Raises ValueError for cells that the page cannot compute."""
    if not isinstance(model, lt.Stack) or model.cell not in CELLS:
        raise ValueError(f"the page has layers of {', '.join(CELLS)}, and not {model}")
    kinds = [model.cell] * len(model.hidden) + [model.cell if model.readout == "cell" else "dense"]
    below = (features, *model.widths)
    return [
        {"kind": kind, "features": shown, "units": units, "gates": model.gates}
        for kind, shown, units in zip(kinds, below, model.widths, strict=False)
    ]


def packed(
    model: Any,
    params: jt.PyTree[jt.Float[np.ndarray, "S ..."]],
    rows: jt.Int[np.ndarray, " N"],
    precision: Precision = "single",
) -> str:
    """Encodes the parameters of networks ``rows``, one by one, layer by layer, as base64 of little-endian floats."""
    names = [f"{cell_class(model.cell).__name__.lower()}_{number}" for number in range(len(model.hidden))]
    parts = [
        np.reshape(params[name][leaf][rows], (len(rows), -1))
        for name in (*names, "readout")
        for leaf in ORDER
        if leaf in params[name]
    ]
    return base64.b64encode(np.concatenate(parts, axis=1).astype(PRECISIONS[precision]).tobytes()).decode()
