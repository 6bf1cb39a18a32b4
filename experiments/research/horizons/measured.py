"""What is measured of populations whose horizons are predicted: horizons, predictions, what else might order them."""

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


def measured(run: lt.Run, measure: Callable[[Mapping[str, Any]], Measured]) -> dict[str, Any]:
    """What a function measures of the networks of a run that did not diverge, and their last validation losses.

    Returns arrays with one entry for each network, NaN for one that diverged; nested as ``measure`` nests them.
    """
    trained = lt.load(run.folder)
    sound = ~trained.diverged
    found = measure(trained[sound].params)
    losses = trained.results.training.train_loss.values[sound, -1]  # Of fresh strings: those of the validation set.
    scores = {"validation loss": -losses, **found["scores"]}
    return {
        name: each if isinstance(each, int) else padded(each, sound)
        for name, each in {**found, "scores": scores}.items()
    }


def padded(values: Any, sound: jt.Bool[np.ndarray, " S"]) -> Any:
    """Arrays over all networks, with NaN for those that diverged."""
    if isinstance(values, Mapping):
        return {name: padded(each, sound) for name, each in values.items()}
    whole = np.full((len(sound), *np.shape(values)[1:]), np.nan)
    whole[sound] = values
    return whole


def counted(params: Mapping[str, Any], gates: str) -> Measured:
    """How far LSTMs count: H, P, at other shares of a step too, what else might order H, and both after shifts.

    The shifts of `SHIFTS` are those of the counter's forget bias, and of others for comparison.
    """
    networks = Counters.of(params, gates)
    horizon, found = counting.horizon(networks), counting.read(networks)
    margin = counting.margins(networks, np.arange(1, TRAINED + 1)).min(axis=1)
    steps = np.abs(found.added)
    scores = {
        "smallest margin": margin,
        "leak alone": -found.lost.mean(axis=0),
        "asymmetry alone": -np.abs(steps[1] - steps[0]) / steps[0],
    }
    return {
        "horizon": horizon,
        "eligible": horizon >= TRAINED,
        "predicted": {name: counting.predict(networks, share) for name, share in DRIFTS.items()},
        "scores": scores,
        "largest": counting.LARGEST,
        **({"shifted": shifted(networks, found)} if gates == "sigmoid" else {}),
    }


def shifted(networks: Counters, found: Read, shifts: Sequence[float] = SHIFTS) -> Measured:
    """P after each shift of the counter's forget bias, and H after it and after equal shifts of two other biases.

    These are drawn at random from all others of the layer, and from the others of the counter's unit.
    """
    biases, random = networks.layer["bias"].shape[1], np.random.default_rng(0)
    own = biases // 4 + found.unit
    others = {  # In the order in which biases were drawn first, so that an added one leaves the others as they are.
        "counter": own,
        "other": (own + random.integers(1, biases, len(own))) % biases,
        "same unit": (own + biases // 4 * random.integers(1, 4, len(own))) % biases,
    }
    edits = {name: [networks.shifted(bias, shift) for shift in shifts] for name, bias in others.items()}
    horizons = {name: np.stack([*map(counting.horizon, own)], axis=1) for name, own in edits.items()}
    predicted = [counting.predict(each, trained=found) for each in edits["counter"]]
    return {"predicted": np.stack(predicted, axis=1), **horizons}


def told(params: Mapping[str, Any], hard: bool, length: int) -> Measured:
    """How far linear recurrences tell parity: H, P, also without the spread, and what else might order H."""
    networks, longest = Recurrences.of(params, hard), parity.LONGEST * length
    bits = parity.strings(longest)
    margin = np.min([each.min(axis=1) for each in parity.margins(networks, bits[:, :length].T)], axis=0)
    means = np.array([each.mean for each in parity.answers(networks, length)])
    apart = means[:, 1] - means[:, 0]
    return {
        "horizon": parity.horizon(networks, bits.T, longest),
        "eligible": margin > 0,
        "predicted": {name: parity.predict(networks, longest, each) for name, each in SPREADS.items()},
        "scores": {
            "smallest margin": margin,
            "decays alone": apart[-1] / apart[0],
            "offset alone": -np.abs(means[-1].mean(axis=0)),
        },
        "largest": longest,
    }
