"""Hyper-parameters of optimizers; `transforms` builds them. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments


class Hyper(NamedTuple):
    """Hyper-parameters that are traced, so that they can change without recompiling; `TAKES` explains some.

    ``learning_rate`` is NaN if the optimizer has its own; ``noise`` is the standard deviation of the normal noise on
    the training inputs, drawn once per seed; ``numbers`` are free parameters of training curves, and numbers that a
    user's optimizer injects, by name.
    """

    learning_rate: jt.Float[jt.Array | np.ndarray, "*M"]
    momentum: jt.Float[jt.Array | np.ndarray, "*M"]
    decay: jt.Float[jt.Array | np.ndarray, "*M"]
    noise: jt.Float[jt.Array | np.ndarray, "*M"]
    numbers: Mapping[str, jt.Float[jt.Array | np.ndarray, "*M"]]


TAKES: dict[str, dict[str, float]] = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "rmsprop": {"decay": 0.9},
    "rmsprop_keras": {"decay": 0.9},
    "adam": {"momentum": 0.9, "decay": 0.999},
}
"""Hyper-parameters of each optimizer in addition to the learning rate, and their defaults.

``momentum`` is the share of the running sum (SGD) or mean (Adam) of gradients that is kept from step to step; ``decay``
is the same for the running mean of their squares. ``rmsprop`` divides a gradient by sqrt(mean + 1e-8), as Optax does,
``rmsprop_keras`` by sqrt(mean) + 1e-7, as Keras did in 2018: for small gradients the two differ greatly.
"""

BOUNDS: dict[str, dict[str, int]] = {
    "learning_rate": {"above": 0},
    "momentum": {"least": 0, "below": 1},
    "decay": {"least": 0, "below": 1},
    "noise": {"least": 0},
}
"""Bounds of each hyperparameter, in single precision; see `lstm_toys.arguments.array`."""


def takes(optimizer: str) -> dict[str, float]:
    """Returns an optimizer's entry in `TAKES`; raises ValueError if the optimizer is unknown."""
    if not isinstance(optimizer, str) or optimizer not in TAKES:
        available = f"{', '.join(TAKES)}; or an optax.GradientTransformation"
        raise ValueError(f"unknown optimizer {arguments.brief(optimizer)}; available: {available}")
    return TAKES[optimizer]
