"""Do recurrent networks remember, and for how long? Claims after papers about the three-bit flip-flop.

Each of three channels carries pulses of 1 and -1, and networks answer the last pulse of each channel. `memory.md` has
the papers, what was read of them, and what differs here.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import jaxtyping as jt
import lazy_loader
import numpy as np

import lstm_toys as lt

from .populations import BITS_AT_EVERY_POINT, changed, fewer
from .recipes import recipes

if TYPE_CHECKING:
    import xarray as xr

jax: Any = lazy_loader.load("jax")  # Claims are listed without it.

PULSES, BITS = ("first pulse", "second pulse", "third pulse"), ("first bit", "second bit", "third bit")
SEQUENCES, LONG, SHOWN = 8, 500, 32
"""Sequences of a step; time steps of the long sequences that each network answers, and their number."""

BEFORE, SILENT = 20, 10_000
"""Time steps with pulses, and then without, of the sequences that ask how long a memory lasts."""

GOAL = lt.Goal(accuracy=0.999)
RECIPE = {"optimizer": "rmsprop", "learning_rate": 0.03, "steps": 1_000}


def flip_flop(key: jt.Key[jt.Array, ""], length: int, count: int) -> lt.Examples:
    """Sequences with the bits 0 and 1 as targets."""
    inputs, targets, *_ = lt.sequences.flip_flop(key, length, count, bits=len(BITS))
    return lt.Examples(inputs, (targets + 1) / 2)


def at_length(key: jt.Key[jt.Array, ""], _: Any, length: int) -> lt.Examples:
    """Draws the sequences of a training step."""
    return flip_flop(key, length, SEQUENCES)


def task(x: lt.TimePoints) -> lt.Task:
    """Three bits to remember."""
    return lt.Task(partial(at_length, length=len(x)), PULSES, BITS, at_length=at_length, **BITS_AT_EVERY_POINT)


def long(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Sequences that are ten times as long as in training."""
    return flip_flop(key, LONG, SHOWN)


def silent(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Sequences that set the eight memories, and then have no pulses for `SILENT` time steps."""
    return silence(key, SILENT)


def silence(key: jt.Key[jt.Array, ""], steps: int) -> lt.Examples:
    """Sequences that set the eight memories by the same pulses with other signs, and then have none for ``steps``."""
    inputs, targets, *_ = lt.sequences.flip_flop(key, BEFORE, 1, bits=len(BITS))
    memories = jax.numpy.asarray([*product((-1.0, 1.0), repeat=len(BITS))])
    signs = (memories * targets[:, -1])[:, None, :]
    begun, answered = (jax.numpy.pad(values * signs, ((0, 0), (0, steps), (0, 0))) for values in (inputs, targets))
    answered = answered.at[:, BEFORE:].set(memories[:, None, :])
    return lt.Examples(begun, (answered + 1) / 2)


EXPERIMENT = lt.Experiment(
    name="memory",
    doc="Networks learn to remember three bits.",
    defaults={"timesteps": 50, "hidden": "64", "readout": "dense", **RECIPE},
    goal=GOAL,
    task=task,
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Three bits to remember", goal=GOAL)},
)

POPULATIONS: dict[str, tuple[lt.Experiment, list[str]]] = {
    "rnn": (EXPERIMENT, ["--cell=rnn", "--optimizer=rmsprop", "--learning_rate=0.01"]),
    "lstm": (EXPERIMENT, ["--optimizer=rmsprop", "--learning_rate=0.1"]),
    "lstm_hard": (EXPERIMENT, ["--gates=hard", "--optimizer=rmsprop", "--learning_rate=0.03"]),
    "gru": (EXPERIMENT, ["--cell=gru", "--optimizer=rmsprop", "--learning_rate=0.03"]),
}
"""The networks, each with its best recipe among those in `tune`."""

WORDS = {"rnn": "vanilla RNNs", "lstm": "LSTMs", "lstm_hard": "LSTMs with hard gates", "gru": "GRUs"}


def bits_right(sequences: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """The share of bits that are answered right, over all time steps of all sequences."""
    return _right(sequences).mean(axis=(1, 2, 3))


def lasting(silent: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """Counts time steps after those with pulses until the first wrong bit of any memory; at most `SILENT`."""
    return first_wrong(silent.isel(time=slice(BEFORE, None)))


def first_wrong(curves: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """Counts time steps before the first wrong bit of any sequence; at most as many as were shown."""
    return until_wrong(_right(curves))


def until_wrong(bits: jt.Bool[np.ndarray, "S C T A"]) -> jt.Float[np.ndarray, " S"]:
    """Counts time steps before the first wrong bit, from which bits are right."""
    right: np.ndarray = np.all(bits, axis=(1, 3))
    return np.where(right.all(axis=1), right.shape[1], right.argmin(axis=1)).astype(float)


def _right(curves: xr.Dataset) -> jt.Bool[np.ndarray, "S C T A"]:
    return (curves.answer.values > 0) == (curves.truth.values > 0.5)


def margin_left(silent: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """How far the weakest bit of all memories is from being lost after the last time step, relative to the first one.

    The logits of the right side of 0 after the last step without a pulse over those after the first one: 1 if a memory
    does not fade, 0 if it is about to be lost, and negative where it is lost. Smallest over memories and bits.
    """
    signed = silent.answer.values * (2 * silent.truth.values - 1)
    first, last = signed[:, :, BEFORE], signed[:, :, -1]
    return (last / np.where(first > 0, first, np.nan)).min(axis=(1, 2))


def right(population: str) -> lt.claims.Claim:
    """The claim that a cell learns the task."""
    return lt.claims.Claim(
        f"{population}-remembers".replace("_", "-"),
        f"{WORDS[population]} learn the three-bit flip-flop",
        "share of bits that are right over 500 time steps; trained on 50",
        bits_right,
        (lt.claims.Source(population, long),),
        low=1.0,
        learned=True,
        origin="From no paper, a precondition",
    )


def keeps(population: str) -> lt.claims.Claim:
    """The claim that a cell's memories last."""
    memories = (lt.claims.Source(population, silent),)
    return lt.claims.Claim(
        f"{population}-keeps".replace("_", "-"),
        f"{WORDS[population]} keep all eight memories",
        f"time steps without a pulse during which all eight memories are right, at most {SILENT:,}",
        lasting,
        memories,
        low=SILENT,
        learned=True,
        baselines=(
            lt.claims.Baseline("weakest logit after the last time step, relative to the first", margin_left, memories),
        ),
        origin="From no paper; it follows if each memory is a stable fixed point",
    )


CLAIMS = lt.claims.Claims(
    title="do recurrent networks remember",
    claims=(*map(right, POPULATIONS), *map(keeps, POPULATIONS)),
    populations=POPULATIONS,
    about="the networks of these cells",
    controls={"untrained networks": changed(steps=0)},
    variants={"noise 0.1": fewer(changed(noise=0.1))},
    recipes=dict.fromkeys(POPULATIONS, recipes("memory", steps=1_000, units=64)),
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
