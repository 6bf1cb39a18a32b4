"""Networks that learn to remember three bits, with rates that are constant, decay, are warmed up, or change."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import lstm_toys as lt

from ..papers import memory
from .hypotheses import Cell

STEPS, TRAINED_ON, WIDTH = (int(memory.EXPERIMENT.defaults[name]) for name in ("steps", "timesteps", "hidden"))
"""Training steps, the time steps of training sequences, and the units of networks: those of `memory`."""

RULES = {"RMSprop": partial(optax.scale_by_rms, decay=0.9), "Adam": optax.scale_by_adam}


def optimizer(rule: str) -> optax.GradientTransformation:
    """An optimizer whose rate can warm up, decay linearly, and be multiplied by a factor from a step on.

    ``warm`` is the number of steps until the whole rate, ``decay`` the share of it that is lost with each step.
    """

    def scaled(learning_rate: Any, warm: Any, decay: Any, switch: Any, factor: Any) -> optax.GradientTransformation:
        def rate(count: Any) -> Any:
            course = jnp.minimum(1, (count + 1) / warm) * jnp.maximum(0, 1 - decay * count)
            return -learning_rate * course * jnp.where(count >= switch, factor, 1)

        return optax.chain(RULES[rule](), optax.scale_by_schedule(rate))

    constant = {"warm": 1.0, "decay": 0.0, "switch": 1e9, "factor": 1.0}
    return optax.inject_hyperparams(scaled)(learning_rate=0.1, **constant)


OPTIMIZERS = {rule: optimizer(rule) for rule in RULES}

COURSES: dict[str, dict[str, Any]] = {
    "constant": {},
    "decaying to zero": {"decay": 1 / STEPS},
    "warmed up": {"warm": STEPS / 4},
}
"""How the rate changes."""


def trained(
    cell: Cell, rule: str, base_seed: int, seeds: np.ndarray, rates: np.ndarray, steps: int = STEPS, **numbers: Any
) -> lt.Networks:
    """Trains one network for each seed and rate; all see the same sequences as in `memory`."""
    return lt.train(
        memory.task(lt.time_points(TRAINED_ON)),
        lt.Stack(features=len(memory.BITS), hidden=(WIDTH,), cell=cell, readout="dense"),
        seeds=seeds,
        base_seed=base_seed,
        steps=steps,
        optimizer=OPTIMIZERS[rule],
        learning_rate=rates,
        numbers={name: np.broadcast_to(np.float32(value), seeds.shape) for name, value in numbers.items()},
        early_stopping=lt.EarlyStopping(validation=validation()),
    )


@cache
def validation() -> lt.Examples:
    """Sequences as long as in training."""
    return memory.flip_flop(jax.random.key(3), TRAINED_ON, 32)
