"""Can recurrent networks track a state? Claims after papers about the parity of bits, tested on populations.

Networks read random bits and answer after each whether the ones so far are odd. None of the papers was read in full:
abstracts, first paragraphs, and settings of the authors' code were. `tracking.md` says what was read of which paper,
and what differs here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jaxtyping as jt
import lazy_loader
import numpy as np

import lstm_toys as lt

from .languages import RECIPE
from .memory import first_wrong
from .populations import BITS_AT_EVERY_POINT, changed
from .recipes import recipes

if TYPE_CHECKING:
    import xarray as xr

jax: Any = lazy_loader.load("jax")  # Claims are listed without it.

DRAWN, VALIDATED, SHOWN = 16, 64, 64
"""Strings of a step, of the validation, and of those that each network answers after training."""

TRAINED, LONGEST = 20, 40
"""Bits of the strings of the training, and the largest length to which answers count, in lengths of the training."""

TESTED = 6.4
"""Lengths of the training up to which Beck et al. test: 256 bits after a training on 40."""

GOAL = lt.Goal(accuracy=1.0, features=("sequences",))


def task(x: lt.TimePoints) -> lt.Task:
    """Random bits, of which the parity of the ones so far is asked; new ones in every step."""

    def examples(key: jt.Key[jt.Array, ""], _: Any) -> lt.Examples:
        return lt.sequences.parity(key, len(x), DRAWN)

    validation = lt.sequences.parity(jax.random.key(0), len(x), VALIDATED)
    return lt.Task(examples, ("bit",), ("odd",), validation=validation, **BITS_AT_EVERY_POINT)


def long(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Strings that are `LONGEST` times as long as those of the training, also where these are twice as long."""
    return lt.sequences.parity(key, 2 * LONGEST * TRAINED, SHOWN)


EXPERIMENT = lt.Experiment(
    name="tracking",
    doc="Networks learn the parity of the ones that they have read.",
    defaults={**RECIPE, "timesteps": TRAINED, "hidden": "10"},
    goal=GOAL,
    task=task,
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Parity", goal=GOAL)},
)

LINEAR = f"{__package__}.cells:Linear"
CELLS = {
    "lstm": ("lstm", "LSTMs"),
    "slstm": (f"{__package__}.cells:SLSTM", "sLSTMs"),
    "rnn": ("rnn", "vanilla RNNs"),
    "hard": (f"{LINEAR}(hard=True)", "linear recurrences reaching ±1"),
    "sigmoid": (LINEAR, "linear recurrences never reaching ±1"),
    "positive": (f"{LINEAR}(hard=True,least=0.0)", "linear recurrences, never negative"),
}
"""By population the cell, and in words; linear ones with the range of their transitions."""

POPULATIONS = {name: (EXPERIMENT, [f"--cell={cell}"]) for name, (cell, _) in CELLS.items()}
WORDS = {name: words for name, (_, words) in CELLS.items()}


def tracked(long: xr.Dataset, training: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """The length up to which every answer to every string is right, in lengths of the training; at most `LONGEST`."""
    return np.minimum(first_wrong(long) / training.sizes["time"], LONGEST)


BECK, GRAZZI, TRIAL = "After Beck et al. (2024)", "After Grazzi et al. (2024)", "From a trial"

STATEMENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "lstm-tracks": ("LSTMs track parity to 6.4 times the trained length", BECK, {"low": TESTED}),
    "slstm-tracks": ("sLSTMs track parity to 6.4 times the trained length", BECK, {"low": TESTED}),
    "rnn-tracks": ("Vanilla RNNs track parity to 6.4 times the trained length", GRAZZI, {"low": TESTED}),
    "rnn-for-long": (
        "Vanilla RNNs track parity to 40 times the trained length",
        "After van Rossem and Saxe (2025), who say at all lengths",
        {"low": 40},
    ),
    "lstm-for-long": ("LSTMs track parity to 40 times the trained length", "From no paper", {"low": 40}),
    "slstm-for-long": ("sLSTMs track parity to 40 times the trained length", "From no paper", {"low": 40}),
    "positive-learns": (
        "Linear recurrences that cannot flip their state (transitions from 0 to 1) learn parity",
        "Against Sarrof et al. (2024)",
        {"low": 1},
    ),
    "sigmoid-learns": (
        "Linear recurrences that forget a little at every step (transitions never reach ±1) learn parity",
        GRAZZI,
        {"low": 1},
    ),
    "sigmoid-tracks": (
        "Linear recurrences that forget a little at every step (transitions never reach ±1) track parity to 6.4 times "
        "the trained length",
        GRAZZI,
        {"low": TESTED},
    ),
    "sigmoid-ends": (
        "Linear recurrences that forget a little at every step (transitions never reach ±1) fail before 40 times the "
        "trained length",
        "After Chung et al. (2026), who say that the horizon is finite",
        {"high": 39.99},
    ),
    "hard-for-long": (
        "Linear recurrences that need not forget (transitions reach ±1) track parity to 40 times the trained length",
        TRIAL,
        {"low": 40},
    ),
    "hard-beyond-sigmoid": (
        "Linear recurrences that need not forget are right on longer strings than those that forget a little",
        TRIAL,
        {"against": "sigmoid"},
    ),
}
"""By id, which begins with the population: the statement, where it comes from, and what `tracked` has to be."""


def claim(id: str, statement: str, origin: str, bound: dict[str, Any]) -> lt.claims.Claim:
    """A claim about the length to which networks are right; that they are not is one that they fail."""
    ends = "Sarrof et al. test strings up to twice as long as those of the training.", "Nothing longer is shown."
    return lt.claims.Claim(
        id,
        statement,
        f"length up to which all answers to {SHOWN} random strings are right, in lengths of the training",
        tracked,
        tuple(lt.claims.Source(id.split("-")[0], curves) for curves in (long, "training")),
        learned="low" in bound,
        fails="high" in bound,
        thresholds=lt.claims.Thresholds((2.0, float(LONGEST)), *ends) if bound == {"low": TESTED} else None,
        origin=origin,
        **bound,
    )


CLAIMS = lt.claims.Claims(
    title="can recurrent networks track a state",
    claims=tuple(claim(id, *row) for id, row in STATEMENTS.items()),
    populations=POPULATIONS,
    about="the networks of these cells",
    controls={"untrained networks": changed(steps=0)},
    variants={"networks that learned": lt.claims.Variant(changed(), networks="learned")},
    recipes=dict.fromkeys(POPULATIONS, recipes("tracking", steps=3_000, units=10)),
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
