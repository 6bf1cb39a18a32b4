"""Hyper-parameters of a training: names, defaults, and the traced numbers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments


class Hyper(NamedTuple):
    """Hyper-parameters that are traced numbers, so that other ones need no compilation.

    Attributes:
        learning_rate: step size of the optimizer; not a number where a schedule has it.
        momentum: see `TAKES`; without effect on an optimizer that has none.
        decay: likewise.
        noise: standard deviation of the normal noise on what a network is shown in training, drawn once for each seed.
        numbers: what a task leaves open of its training curves, by name.
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
"""What each optimizer takes besides the learning rate, and its defaults.

``momentum``: how much of the running sum (SGD) or mean (Adam) of gradients is kept from step to step; ``decay``: how
much of the running mean of their squares. ``rmsprop`` divides a gradient by sqrt(mean + 1e-8), as Optax does,
``rmsprop_keras`` by sqrt(mean) + 1e-7, as the Keras of 2018 did: of small gradients these are different optimizers.
"""


BOUNDS: dict[str, dict[str, int]] = {
    "learning_rate": {"above": 0},
    "momentum": {"least": 0, "below": 1},
    "decay": {"least": 0, "below": 1},
    "noise": {"least": 0},
}
"""Where each hyper-parameter lies, in single precision; see `lstm_toys.arguments.array`."""


def takes(optimizer: str) -> dict[str, float]:
    """What an optimizer takes besides the learning rate, and its defaults; see `TAKES`.

    Raises:
        ValueError: an unknown optimizer.
    """
    if not isinstance(optimizer, str) or optimizer not in TAKES:
        raise ValueError(f"there is no optimizer {arguments.brief(optimizer)}; there are {', '.join(TAKES)}")
    return TAKES[optimizer]
