"""The tasks, cells and recipes of the networks whose transitions are moved."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from ..horizons.hypotheses import LENGTHS, PARITY
from ..horizons.parity import BITS, Symbols
from ..horizons.parity import EXPERIMENT as PARITY_EXPERIMENT
from ..papers import tracking
from ..papers.populations import BITS_AT_EVERY_POINT

RATE = 0.25
"""The probability of a sign at each time point of the second task; at the others is a distractor."""

SIGNS = Symbols(
    np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]),
    np.array([False, True, False, False]),
    np.array([RATE, RATE, 1 - RATE, 1 - RATE]) / 2,
)
"""The signs 1 and -1, of which the latter changes the product, and the distractors 1 and -1.

Each sign has an input of its own: of one input, what moves a state after 1 and after -1 would be opposite, and a state
that begins at 0 could not leave it and keep it, too.
"""


def signs(key: jt.Key[jt.Array, ""], _: Any, length: int, count: int = tracking.DRAWN) -> lt.Examples:
    """Signs at random times with distractors between, and whether the product of the signs so far is negative."""
    places, values = jax.random.split(key)
    sign = jax.random.bernoulli(places, RATE, (count, length))
    value = 2 * jax.random.bernoulli(values, 0.5, (count, length)).astype(jnp.float32) - 1
    plus, minus = ((sign & (value == number)).astype(jnp.float32) for number in (1, -1))
    inputs = jnp.stack([plus, minus, jnp.where(sign, 0.0, value)], axis=-1)
    return lt.Examples(inputs, (jnp.cumsum(minus, axis=1) % 2)[..., None])


def task(x: lt.TimePoints) -> lt.Task:
    """The product of signs; new ones in every step."""
    validation = signs(jax.random.key(0), 0, len(x), tracking.VALIDATED)
    draw = partial(signs, length=len(x))
    return lt.Task(draw, ("plus", "minus", "distractor"), ("negative",), validation=validation, **BITS_AT_EVERY_POINT)


SIGNS_EXPERIMENT = replace(
    PARITY_EXPERIMENT, name="signs", doc="Networks learn the product of signs, between distractors.", task=task
)

FACTORS, LEAKS = (2, 4, 8), (0.001, 0.01, 0.1)
"""Slopes of steeper sigmoids, and leaks of hard gates."""

BETWEEN = 40
"""The length of training on signs: about as many signs as 10 bits, with three times as many distractors between."""


class Population(NamedTuple):
    """Linear recurrences of one task, length of the training, optimizer with rate, and gate."""

    task: str
    length: int
    recipe: str
    hard: bool
    slope: int = 1
    leak: float = 0.0

    @property
    def kind(self) -> Literal["leak", "slope", "lowered", "closed"]:
        """The kind of its gate, trained with a leak or a slope, or how its transitions are moved after training."""
        if self.leak or self.slope > 1:
            return "leak" if self.leak else "slope"
        return "lowered" if self.hard else "closed"

    @property
    def gate(self) -> str:
        """The gate in words."""
        gates = {"leak": f"leak {self.leak:g}", "slope": f"slope {self.slope}", "lowered": "hard", "closed": "sigmoid"}
        return gates[self.kind]

    @property
    def name(self) -> str:
        """The name in tables and files."""
        return f"{self.task} {self.length}, {self.gate}, {self.recipe}"

    @property
    def symbols(self) -> Symbols:
        """The symbols of its strings."""
        return BITS if self.task == "parity" else SIGNS

    def training(self, *flags: str) -> Any:
        """The study that trains it."""
        experiment = PARITY_EXPERIMENT if self.task == "parity" else SIGNS_EXPERIMENT
        cell = f"{tracking.LINEAR}(hard={self.hard},slope={float(self.slope)},leak={self.leak})"
        recipe = f"--optimizer=adam --learning_rate={self.recipe.split()[1]} --timesteps={self.length}".split()
        return lt.ask(experiment, *flags, *recipe, f"--cell={cell}")


def moved(task: str, hard: bool) -> list[Population]:
    """The populations whose transitions are moved."""
    lengths = LENGTHS if task == "parity" else (BETWEEN,)
    return [Population(task, length, recipe, hard) for length, recipe in product(lengths, PARITY)]


TASKS = "parity", "signs"

STEEP = [Population("parity", 20, recipe, False, slope=slope) for slope, recipe in product(FACTORS, PARITY)]
LEAKY = [Population("parity", 20, recipe, True, leak=leak) for leak, recipe in product(LEAKS, PARITY)]
"""Cells that separate slope, gradient and closing."""

ALL_POPULATIONS = (
    [population for task in TASKS for hard in (True, False) for population in moved(task, hard)] + STEEP + LEAKY
)
