"""Optimizers by name, with hyperparameters that may be traced."""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax

from lstm_toys.networks.hyper import Hyper, takes

Schedule = Callable[[Any], Any]
"""An Optax schedule, from the number of a step, which starts at 0, to a learning rate; it is traced."""


class Scheduled(NamedTuple):
    """The name of an optimizer in `TAKES`, and a schedule of its learning rate."""

    name: str
    schedule: Schedule


def optimizer(kind: str | Scheduled, hyper: Hyper) -> optax.GradientTransformation:
    """Builds an optimizer by its name in `TAKES`; raises ValueError if the name is unknown."""
    name, rate = kind if isinstance(kind, Scheduled) else (kind, hyper.learning_rate)
    takes(name)
    return {
        "sgd": lambda: optax.sgd(rate),
        "momentum": lambda: optax.sgd(rate, hyper.momentum),
        "rmsprop": lambda: optax.rmsprop(rate, hyper.decay),
        "rmsprop_keras": lambda: optax.rmsprop(rate, hyper.decay, eps=1e-7, eps_in_sqrt=False),
        "adam": lambda: optax.adam(rate, hyper.momentum, hyper.decay),
    }[name]()
