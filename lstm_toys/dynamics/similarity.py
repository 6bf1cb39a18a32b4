"""The similarity of the trajectories of two networks after the best rotation."""

import numpy as np
from jaxtyping import Float


def procrustes(first: Float[np.ndarray, "N D"], second: Float[np.ndarray, "N _"]) -> float:
    """Returns the similarity of states at the same N moments: 1 if they differ only by a similarity transformation.

    This is the largest correlation of the centered states over all rotations and reflections: the sum of the singular
    values of ``first.T @ second``, divided by both norms (Williams et al., 2021: the cosine of their shape distance).
    It is 0 if every component of one is uncorrelated with every component of the other, and NaN if states are constant.
    If dimensions differ, the smaller one is padded with zeros.
    """
    return float(similarities(first[None], second[None])[0, 0])


def similarities(first: Float[np.ndarray, "S N D"], second: Float[np.ndarray, "M N _"]) -> Float[np.ndarray, "S M"]:
    """Returns the similarity of each network of one population to each of another, or of itself; see `procrustes`."""
    first, second = (each - each.mean(axis=1, keepdims=True) for each in (first, second))
    norms = [np.linalg.norm(each, axis=(1, 2)) for each in (first, second)]
    sums = [np.linalg.svd(one.T @ second, compute_uv=False).sum(axis=-1) for one in first]
    with np.errstate(invalid="ignore"):
        return np.stack(sums) / np.multiply.outer(*norms)
