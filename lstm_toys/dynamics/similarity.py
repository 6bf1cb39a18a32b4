"""How alike the trajectories of two networks are, after the best rotation."""

import numpy as np
from jaxtyping import Float


def procrustes(first: Float[np.ndarray, "N D"], second: Float[np.ndarray, "N E"]) -> float:
    """The similarity of states at the same N moments, 1 if one is the other, moved, scaled, rotated or reflected.

    The largest correlation of both, centered, over all rotations and reflections: the sum of the singular values of
    ``first.T @ second``, divided by both norms (Williams et al., 2021: the cosine of their shape distance). It is 0 if
    every component of one is uncorrelated with every one of the other. The fewer dimensions are filled up with zeros.
    NaN if states do not change.
    """
    first, second = (each - each.mean(axis=0) for each in (first, second))
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.linalg.svd(first.T @ second, compute_uv=False).sum() / norms) if norms else np.nan


def similarities(first: Float[np.ndarray, "S N D"], second: Float[np.ndarray, "M N E"]) -> Float[np.ndarray, "S M"]:
    """The similarity of each network of one population to each of another one, or of the same."""
    return np.array([[procrustes(one, other) for other in second] for one in first])
