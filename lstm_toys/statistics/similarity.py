"""Procrustes distances between the states of networks."""

from typing import Any

import numpy as np
from jaxtyping import Float

from lstm_toys import arguments


def procrustes(
    states: Float[np.ndarray, "S *N H"], others: Float[np.ndarray, "R *_ K"] | Any
) -> Float[np.ndarray, "S R"]:
    """Computes the angular Procrustes distance between the states of each network and of each other one, in radians.

    States are centered and scaled to norm 1; the distance is the angle between them, ``arccos(||X^T Y||_*)``, after the
    best rotation or reflection, 0 for states that differ only by these, a shift and a scale (Williams et al. 2021,
    https://arxiv.org/abs/2110.14739). It is symmetric and satisfies the triangle inequality.

    Args:
        states: states of S networks along the same curves ``[S, ..., H]``, such as
            ``lt.states(...)["lstm_0"]["hidden"]``.
        others: states of R other networks, along the same curves; they may have another number of units.

    Returns:
        Distances ``[S, R]``, from 0 to pi / 2.

    Raises:
        ValueError: the networks were not shown the same number of points, or states of a network do not vary.

    Example:
        >>> import lstm_toys as lt
        >>> states = np.random.default_rng(0).normal(size=(1, 5, 20, 3))  # [seed, curve, time, unit]
        >>> turned = 2 * states[..., ::-1] + 1
        >>> bool(lt.statistics.procrustes(states, turned)[0, 0] < 1e-6)
        True
    """
    points = "x".join(map(str, np.shape(states)[1:-1]))
    arguments.expect(np.shape(others)[1:-1] == np.shape(states)[1:-1], "others", f"states at {points} points", others)
    ours, theirs = (_shapes(name, array) for name, array in (("states", states), ("others", others)))
    overlap = [[np.linalg.norm(shape.T @ their_shape, "nuc") for their_shape in theirs] for shape in ours]
    return np.arccos(np.clip(overlap, -1, 1))


def _shapes(name: str, states: Float[np.ndarray, "S *N H"]) -> Float[np.ndarray, "S P H"]:
    flat = np.asarray(states, float).reshape(len(states), -1, np.shape(states)[-1])
    centered = flat - flat.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centered, axis=(1, 2), keepdims=True)
    arguments.expect(bool((norms > 0).all()), name, "states that vary, of each network", states)
    return np.asarray(centered / norms)
