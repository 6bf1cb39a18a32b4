"""Optimizers by name, and their hyper-parameters. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments


class Hyper(NamedTuple):
    """Hyper-parameters that are traced, so that they can change without recompiling; `OPTIMIZERS` explains some.

    ``learning_rate`` is NaN if the optimizer has its own; ``noise`` is the standard deviation of the normal noise on
    the training inputs, drawn once per seed; ``numbers`` are free parameters of training curves, and numbers that a
    user's optimizer injects, by name.
    """

    learning_rate: jt.Float[jt.Array | np.ndarray, "*M"]
    momentum: jt.Float[jt.Array | np.ndarray, "*M"]
    decay: jt.Float[jt.Array | np.ndarray, "*M"]
    noise: jt.Float[jt.Array | np.ndarray, "*M"]
    numbers: Mapping[str, jt.Float[jt.Array | np.ndarray, "*M"]]


class Optimizer(NamedTuple):
    """A function of Optax that makes an optimizer, with the hyper-parameters that it takes after the learning rate.

    Attributes:
        function: its name in Optax.
        defaults: by name in `Hyper`, in the order in which the function takes them.
        options: other arguments.
    """

    function: str
    defaults: dict[str, float]
    options: Mapping[str, Any] = {}

    def build(self, hyper: Hyper) -> Any:
        """The transformation of gradients of ONE network."""
        function = getattr(import_module("optax"), self.function)
        return function(hyper.learning_rate, *(getattr(hyper, name) for name in self.defaults), **self.options)


OPTIMIZERS = {
    "sgd": Optimizer("sgd", {}),
    "momentum": Optimizer("sgd", {"momentum": 0.9}),
    "rmsprop": Optimizer("rmsprop", {"decay": 0.9}),
    "rmsprop_keras": Optimizer("rmsprop", {"decay": 0.9}, {"eps": 1e-7, "eps_in_sqrt": False}),
    "adam": Optimizer("adam", {"momentum": 0.9, "decay": 0.999}),
}
"""Optimizers by name.

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


def named(optimizer: str) -> Optimizer:
    """Returns an entry of `OPTIMIZERS`; raises ValueError if the optimizer is unknown."""
    if not isinstance(optimizer, str) or optimizer not in OPTIMIZERS:
        available = f"{', '.join(OPTIMIZERS)}; or an optax.GradientTransformation"
        raise ValueError(f"unknown optimizer {arguments.brief(optimizer)}; available: {available}")
    return OPTIMIZERS[optimizer]
