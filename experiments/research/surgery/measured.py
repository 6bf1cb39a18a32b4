"""The horizons of networks, and what is predicted, after each dose; see definitions.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import jaxtyping as jt
import numpy as np

from ..horizons import counting, parity
from ..horizons.counting import Counters
from ..horizons.measured import Measured, shifted
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

TOGETHER = 500
"""Symbols that are drawn at a time."""


def strings(networks: Recurrences, seeds: jt.Int[np.ndarray, " S"]) -> Iterator[Shown]:
    """Yields the symbols of `STRINGS` strings of its own for each network, of `K` symbols."""
    generators = [np.random.default_rng(seed) for seed in seeds]
    ends = np.cumsum(networks.symbols.shares)[:-1]
    for _ in range(K // TOGETHER):
        drawn = np.stack([each.random((TOGETHER, STRINGS)) for each in generators], axis=1)
        yield from np.searchsorted(ends, drawn, side="right")


def told(params: Mapping[str, Any], population: Population, seeds: jt.Int[np.ndarray, " S"]) -> Measured:
    """What is measured of linear recurrences with these seed numbers."""
    networks = Recurrences.of(params, *population[3:], population.symbols)
    carriers = doses.carriers(networks)
    inside = parity.margins(networks, islice(strings(networks, seeds), population.length))
    found = {
        "right": np.min([each.min(axis=1) for each in inside], axis=0) > 0,
        "carriers": carriers.sum(axis=1),
        "largest": np.abs(networks.transition).max(axis=(1, 2)),
    }

    def after(*every: Recurrences) -> dict[str, Any]:
        horizons = [parity.horizon(each, strings(each, seeds), K) for each in every]
        return {
            "horizon": np.stack(horizons, axis=1),
            "predicted": np.stack([parity.predict(each, K) for each in every], axis=1),
            "distance": np.stack([*map(doses.distance, every)], axis=1),
        }

    if population.kind in ("leak", "slope"):
        return {**found, "unmoved": after(networks)}
    if population.kind == "closed":
        return {**found, "closed": after(*(doses.closed(networks, each, carriers) for each in CLOSED))}
    fewer = doses.lowered(networks, CARRIERS, carriers)
    lower = doses.lowered(networks, CARRIERS)
    return {
        **found,
        "lowered": after(*(doses.lowered(networks, each) for each in LOWERED)),
        "control": after(fewer, doses.lowered(fewer, OTHERS, ~carriers)),
        "read": after(*(doses.read(lower, each) for each in READ)),
    }


def counted(params: Mapping[str, Any]) -> Measured:
    """How far LSTMs count as the counter's forget gate is closed by `LEAKED`, and after the same shifts elsewhere."""
    networks = Counters.of(params, "sigmoid")
    shifts = (-np.log(LEAKED)).tolist()
    right = counting.margins(networks, np.arange(1, TRAINED + 1)).min(axis=1) > 0
    return {"right": right, "shifted": shifted(networks, counting.read(networks), shifts)}
