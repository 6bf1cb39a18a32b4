"""Measures horizons of populations, their predictions, and other scores that might order them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from ..papers.languages import TRAINED
from . import counting, parity
from .counting import Counters, Read
from .hypotheses import SHIFTS
from .parity import Recurrences

DRIFTS = {"P": 0.5, "a quarter of a step": 0.25, "a whole step": 1.0}
"""The drift of the counter at which it is predicted to fail, in steps, and others."""

SPREADS = {"P": 1.0, "without spread": 0.0}
"""The standard deviations within which outputs are predicted to fail, and others."""

Measured = Mapping[str, Any]
"""Arrays with one entry for each network by name, also nested."""


def measured(run: lt.Run, measure: Callable[[lt.Networks], Measured]) -> dict[str, Any]:
    """Measures the networks of a run that did not diverge by a function.

    Returns arrays with one entry for each network, NaN for one that diverged; nested as ``measure`` nests them.
    """
    trained = lt.load(run.folder)
    sound = ~trained.diverged
    return dict(padded(measure(trained[sound]), sound))


def padded(values: Any, sound: jt.Bool[np.ndarray, " S"]) -> Any:
    """Arrays over all networks, with NaN for those that diverged; whole numbers are of the population."""
    if isinstance(values, int):
        return values
    if isinstance(values, Mapping):
        return {name: padded(nested, sound) for name, nested in values.items()}
    whole = np.full((len(sound), *np.shape(values)[1:]), np.nan)
    whole[sound] = values
    return whole


def losses(trained: lt.Networks) -> jt.Float[np.ndarray, " S"]:
    """The last losses; of fresh strings, they are those of the validation set."""
    return trained.results.training.train_loss.values[:, -1]


def measure_counters(trained: lt.Networks) -> Measured:
    """Measures how far LSTMs count: H, P, also at other drifts, other scores, and H and P after shifts of biases.

    The shifts of `SHIFTS` are those of the counter's forget bias, and of others for comparison.
    """
    networks = Counters.of(trained.params)
    horizon, reading = counting.horizon(networks), counting.read(networks)
    margin = counting.margins(networks, np.arange(1, TRAINED + 1)).min(axis=1)
    steps = np.abs(reading.added)
    scores = {
        "validation loss": -losses(trained),
        "smallest margin": margin,
        "leak alone": -reading.lost.mean(axis=0),
        "asymmetry alone": -np.abs(steps[1] - steps[0]) / steps[0],
    }
    return {
        "horizon": horizon,
        "eligible": horizon >= TRAINED,
        "predicted": {name: counting.predict(networks, share) for name, share in DRIFTS.items()},
        "scores": scores,
        "largest": counting.LARGEST,
        "shifted": shifted(networks, reading, trained.seeds),
    }


def shifted(
    networks: Counters, reading: Read, seeds: jt.Int[np.ndarray, " S"], shifts: Sequence[float] = SHIFTS
) -> Measured:
    """P after each shift of the counter's forget bias, and H after it and after equal shifts of two other biases.

    These are drawn at random for each seed, from all others of the layer, and from the others of the counter's unit.
    """
    biases = networks.layer["bias"].shape[1]
    forget = biases // 4 + reading.unit
    generators = [np.random.default_rng(seed) for seed in seeds]
    further, gates = np.transpose([[random.integers(1, biases), random.integers(1, 4)] for random in generators])
    edited_biases = {
        "counter": forget,
        "other": (forget + further) % biases,
        "same unit": (forget + biases // 4 * gates) % biases,
    }
    edits = {name: [networks.shifted(bias, shift) for shift in shifts] for name, bias in edited_biases.items()}
    horizons = {name: np.stack([*map(counting.horizon, edited)], axis=1) for name, edited in edits.items()}
    predicted = [counting.predict(edited, trained=reading) for edited in edits["counter"]]
    return {"predicted": np.stack(predicted, axis=1), **horizons}


def measure_recurrences(trained: lt.Networks, hard: bool, length: int) -> Measured:
    """Measures how far linear recurrences track parity: H, P, also without the spread, and other scores."""
    networks, longest = Recurrences.of(trained.params, hard), parity.LONGEST * length
    bits = parity.strings(longest)
    margin = np.min([margins.min(axis=1) for margins in parity.margins(networks, bits[:, :length].T)], axis=0)
    means = np.array([mean for mean, _ in parity.answers(networks, length)])
    apart = means[:, 1] - means[:, 0]
    return {
        "horizon": parity.horizon(networks, bits.T, longest),
        "eligible": margin > 0,
        "predicted": {name: parity.predict(networks, longest, spreads) for name, spreads in SPREADS.items()},
        "scores": {
            "validation loss": -losses(trained),
            "smallest margin": margin,
            "decays alone": apart[-1] / apart[0],
            "offset alone": -np.abs(means[-1].mean(axis=0)),
        },
        "largest": longest,
    }
