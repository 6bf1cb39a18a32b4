"""Measures horizons of networks, and predicts them, after each dose; see definitions.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from ..horizons import counting, parity
from ..horizons.counting import Counters
from ..horizons.measurements import Measured, shifted
from ..horizons.parity import STRINGS, Recurrences, Shown
from ..papers.languages import TRAINED
from . import doses
from .populations import Population

K = 40_000
"""The most symbols of a string."""

LOWERED = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
"""Doses by which all transitions of hard networks are lowered."""

CLOSED = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Factors of the distance to -1 or 1 of sigmoid carriers, from open to closed; 1 leaves networks as they are."""

CARRIERS, OTHERS = 0.01, 0.1
"""Doses of the control: of the carriers of hard networks, so that they are not censored, and of all other units."""

READ = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Factors of the readout's weights, in hard networks whose transitions are all lowered by `CARRIERS`."""

LEAKED = tuple(np.geomspace(10, 0.1, 7).round(3).tolist())
"""Factors of the odds of what the counter's forget gate loses, from open to closed."""

BATCH = 500
"""Symbols that are drawn at a time."""


def strings(networks: Recurrences, seeds: jt.Int[np.ndarray, " S"]) -> Iterator[Shown]:
    """Draws `STRINGS` strings of `K` symbols for each network, and yields them symbol by symbol."""
    generators = [np.random.default_rng(seed) for seed in seeds]
    ends = np.cumsum(networks.symbols.shares)[:-1]
    for _ in range(K // BATCH):
        drawn = np.stack([generator.random((BATCH, STRINGS)) for generator in generators], axis=1)
        yield from np.searchsorted(ends, drawn, side="right")


def measure_recurrences(trained: lt.Networks, population: Population) -> Measured:
    """Measures linear recurrences."""
    networks, seeds = Recurrences.of(trained.params, *population[3:], population.symbols), trained.seeds
    carriers = doses.carriers(networks)
    inside = parity.margins(networks, islice(strings(networks, seeds), population.length))
    results = {
        "right": np.min([margin.min(axis=1) for margin in inside], axis=0) > 0,
        "carriers": carriers.sum(axis=1),
        "largest": np.abs(networks.transition).max(axis=(1, 2)),
    }

    def after(*versions: Recurrences) -> dict[str, Any]:
        horizons = [parity.horizon(version, strings(version, seeds), K) for version in versions]
        return {
            "horizon": np.stack(horizons, axis=1),
            "predicted": np.stack([parity.predict(version, K) for version in versions], axis=1),
            "distance": np.stack([*map(doses.distance, versions)], axis=1),
        }

    if population.kind in ("leak", "slope"):
        return {**results, "unmoved": after(networks)}
    if population.kind == "closed":
        return {**results, "closed": after(*(doses.closed(networks, factor, carriers) for factor in CLOSED))}
    fewer = doses.lowered(networks, CARRIERS, carriers)
    lower = doses.lowered(networks, CARRIERS)
    apart = np.abs(np.abs(networks.transition) - 1).max(axis=1)
    return {
        **results,
        "exact": (apart == 0).sum(axis=1),
        "drifting": ((apart == 0) & (networks.driven != 0).any(axis=1)).sum(axis=1),
        "unmoved": {
            "horizon": parity.horizon(networks, strings(networks, seeds), K)[:, None],
            "predicted": parity.predict_far(networks)[:, None],
            "distance": doses.distance(networks)[:, None],
        },
        "lowered": after(*(doses.lowered(networks, dose) for dose in LOWERED)),
        "control": after(fewer, doses.lowered(fewer, OTHERS, ~carriers)),
        "read": after(*(doses.read(lower, factor) for factor in READ)),
    }


def measure_counters(trained: lt.Networks) -> Measured:
    """Measures how far LSTMs count as the counter's forget gate is closed by `LEAKED`, or other biases are shifted."""
    networks = Counters.of(trained.params)
    shifts = (-np.log(LEAKED)).tolist()
    right = counting.margins(networks, np.arange(1, TRAINED + 1)).min(axis=1) > 0
    moved = shifted(networks, counting.read(networks), trained.seeds, shifts)
    return {"right": right, "shifted": moved, "largest": counting.LARGEST}
