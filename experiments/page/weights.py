"""The weights of networks as the page has them. Imports nothing heavy."""

from __future__ import annotations

import base64
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.networks.cells import CELLS, cell_class

ORDER = ("kernel", "recurrent_kernel", "bias")
"""Of the parameters of a layer."""


def layers(model: Any, features: int) -> list[dict[str, Any]]:
    """The layers of a network, from what it is shown to its answer, as JSON has them.

    Raises:
        ValueError: it is no `lt.Stack` of a cell of the library, which the page has in JavaScript.
    """
    if not isinstance(model, lt.Stack) or model.cell not in CELLS:
        raise ValueError(f"the page has layers of {', '.join(CELLS)}, and not {model}")
    kinds = [model.cell] * len(model.hidden) + [model.cell if model.readout == "cell" else "dense"]
    below = (features, *model.widths)
    return [
        {"kind": kind, "features": shown, "units": units, "gates": model.gates}
        for kind, shown, units in zip(kinds, below, model.widths, strict=False)
    ]


def packed(model: Any, params: jt.PyTree[jt.Float[np.ndarray, "S ..."]], rows: jt.Int[np.ndarray, " N"]) -> str:
    """The parameters of networks, one after another, layer by layer, as base64 of 32-bit floats, little-endian.

    Args:
        model: what the networks are.
        params: of all of them.
        rows: the networks.
    """
    names = [f"{cell_class(model.cell).__name__.lower()}_{number}" for number in range(len(model.hidden))]
    parts = [
        np.reshape(params[name][leaf][rows], (len(rows), -1))
        for name in (*names, "readout")
        for leaf in ORDER
        if leaf in params[name]
    ]
    return base64.b64encode(np.concatenate(parts, axis=1).astype("<f4").tobytes()).decode()
