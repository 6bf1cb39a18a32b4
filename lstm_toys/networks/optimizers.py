"""Optimizers by name, with hyper-parameters that may be traced. Imports nothing heavy."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optax

    from lstm_toys.networks.training import Hyper

TAKES: dict[str, dict[str, float]] = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "rmsprop": {"decay": 0.9},
    "adam": {"momentum": 0.9, "decay": 0.999},
}
"""What each optimizer takes besides the learning rate, and its defaults.

``momentum``: how much of the running sum (SGD) or mean (Adam) of gradients is kept from step to step; ``decay``: how
much of the running mean of their squares.
"""


def optimizer(name: str, hyper: "Hyper") -> "optax.GradientTransformation":
    """The optimizer of a name in `TAKES`.

    Raises:
        KeyError: an unknown name.
    """
    import optax

    return {
        "sgd": lambda: optax.sgd(hyper.learning_rate),
        "momentum": lambda: optax.sgd(hyper.learning_rate, hyper.momentum),
        "rmsprop": lambda: optax.rmsprop(hyper.learning_rate, hyper.decay),
        "adam": lambda: optax.adam(hyper.learning_rate, hyper.momentum, hyper.decay),
    }[name]()
