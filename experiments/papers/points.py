"""What do the memories rest on? Finds the fixed points of networks that were trained on the three-bit flip-flop.

Without pulses a memory lasts if it is a stable fixed point. For each network, states that are visited, and others drawn
around them, are followed without pulses; Newton's method then finds fixed points, stable and unstable ones.
"""

from __future__ import annotations

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from . import memory

POINTS = 200
"""Points of the sequence along which states are visited."""

MOST = 64
"""Fixed points that are kept of each network."""

STARTS = 64
"""States of each network to begin in."""


EVERY = 2 ** len(memory.BITS)
"""Memories."""


def found(saved: lt.Saved, starts: int = STARTS) -> dict[str, jt.Shaped[np.ndarray, " S"]]:
    """What is measured of each network: numbers, and booleans."""
    import jax

    from lstm_toys.dynamics.rest import Kind, rest, starts_of
    from lstm_toys.dynamics.system import system_of

    inputs = np.asarray(memory.flip_flop(jax.random.key(2), POINTS, 1).inputs)
    system = system_of(saved.model, saved.params, inputs.shape[2])
    visited = np.asarray(system.flat(lt.states(saved.model, saved.params, inputs)), float)[:, 0]
    silent = np.zeros((1, inputs.shape[2]))
    known = rest(system, saved.params, silent, starts_of(visited, starts), spacing=1.0, most=MOST)
    kind, share, answer = known.kind[:, 0], known.share[:, 0], known.answer[:, 0]
    stable, saddle = kind == Kind.STABLE, kind == Kind.UNSTABLE
    lasting = np.isin(kind, (Kind.STABLE, Kind.NEUTRAL, Kind.INTEGRATES))
    directions = (np.abs(known.eigenvalues[:, 0]) > 1 + 1e-9).sum(axis=-1)
    largest = np.where(stable, np.abs(known.eigenvalues[:, 0, :, 0]), -np.inf).max(axis=1)

    def memories(points: jt.Bool[np.ndarray, "S K"]) -> jt.Float[np.ndarray, " S"]:
        return np.array([len({tuple(each) for each in answer[s][points[s]] > 0}) for s in range(len(kind))], float)

    return {
        "all eight memories are stable fixed points": memories(stable) == EVERY,
        "all eight are stable or neutral points, or answers at rest": memories(lasting) == EVERY,
        "stable fixed points": stable.sum(axis=1).astype(float),
        "memories that are stable fixed points": memories(stable),
        "neutral fixed points": (kind == Kind.NEUTRAL).sum(axis=1).astype(float),
        "answers at rest while a state integrates": (kind == Kind.INTEGRATES).sum(axis=1).astype(float),
        "share of starts that end at stable fixed points": np.where(stable, share, 0).sum(axis=1),
        "largest eigenvalue of a stable fixed point": np.where(stable.any(axis=1), largest, np.nan),
        "unstable fixed points": saddle.sum(axis=1).astype(float),
        "those with one unstable direction": (saddle & (directions == 1)).sum(axis=1).astype(float),
        "fixed points and other things found": known.found[:, 0].astype(float),
    }
