"""Optimizers by name, with hyper-parameters that may be traced."""

import optax

from lstm_toys.networks.hyper import Hyper


def optimizer(name: str, hyper: Hyper) -> optax.GradientTransformation:
    """The optimizer of a name in `TAKES`.

    Raises:
        KeyError: an unknown name.
    """
    return {
        "sgd": lambda: optax.sgd(hyper.learning_rate),
        "momentum": lambda: optax.sgd(hyper.learning_rate, hyper.momentum),
        "rmsprop": lambda: optax.rmsprop(hyper.learning_rate, hyper.decay),
        "adam": lambda: optax.adam(hyper.learning_rate, hyper.momentum, hyper.decay),
    }[name]()
