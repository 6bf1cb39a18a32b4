"""Errors of answers: all differences between answers and correct answers, and all hits, are computed here.

All functions take arrays of NumPy or of JAX, also under `jax.jit`. ``truth`` are the correct answers, and ``counts``
has its shape: the weight of each answer, 0 where it does not count. Results are sums and counts, which are divided at
the end: a mean of means would count short sequences more.

>>> truth, counts = np.array([[[0.0], [2.0]]]), np.array([[[1.0], [3.0]]])
>>> float(squared(np.array([[[2.0], [3.0]]]), truth, counts).over().mean)  # (1 * 2^2 + 3 * 1^2) / 4
1.75
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Int, Shaped

CROSS_ENTROPY, BINARY = "cross_entropy", "binary_cross_entropy"
"""Losses whose outputs are logits: of classes, and of bits."""

NEAR = 1e-6
"""Share of the range of time points by which a point may be below the beginning of a window: x is rounded."""

Values = Shaped[Array, "..."] | Shaped[np.ndarray, "..."]


class Sums(NamedTuple):
    """Weighted sums, and the sums of their weights.

    Attributes:
        total: weighted sums.
        count: sums of the weights. ``total`` may have further leading axes, which are axes of networks.
    """

    total: Any
    count: Any

    def over(self, *axes: int) -> "Sums":
        """Adds along some axes; if none are named, along all."""
        ahead = self.total.ndim - self.count.ndim
        among = [axis % self.total.ndim for axis in axes or range(self.total.ndim)]
        times = math.prod(self.total.shape[axis] for axis in among if axis < ahead)
        count = _summed(self.count, [axis - ahead for axis in among if axis >= ahead])
        return Sums(_summed(self.total, among), count * times)

    def feature(self, index: int) -> "Sums":
        """The sums at one index of the last axis."""
        return Sums(self.total[..., index], self.count[..., index])

    @property
    def mean(self) -> Any:
        """The weighted mean; NaN where nothing counts."""
        library: Any = self.total.__array_namespace__()
        some = self.count > 0
        return library.where(some, self.total / library.where(some, self.count, 1), library.nan)

    @property
    def root(self) -> Any:
        """The square root of the mean."""
        library: Any = self.total.__array_namespace__()
        return library.sqrt(self.mean)


def _summed(values: Any, axes: Sequence[int]) -> Any:
    """The sum along some axes, in an order that does not depend on the other axes, so that neither do its bits."""
    library: Any = values.__array_namespace__()
    rest = [axis for axis in range(values.ndim) if axis not in axes]
    shape = [values.shape[axis] for axis in rest]
    rows = library.permute_dims(values, (*rest, *axes)).reshape(*shape, math.prod(values.shape[axis] for axis in axes))
    return library.asarray(rows.sum(axis=-1))


def first_settled(points: int, after: float | int) -> int:
    """The index of the first time point after a share of evenly spaced ones.

    Args:
        points: number of time points of a sequence.
        after: share at its beginning that does not count, such as 0.1.
    """
    return math.ceil(round(after * (points - 1), 6))  # A tenth of 30 is more than 3 in floating point.


def settled(counts: Values, after: float | int, lengths: Int[Array, " C"] | Int[np.ndarray, " C"] | None = None) -> Any:
    """The weights, 0 at the beginning of each sequence.

    Args:
        counts: weights ``[C, T, ...]``.
        after: share at the beginning of each sequence that does not count.
        lengths: number of points of each sequence ``[C]``; None: all T points.
    """
    library: Any = counts.__array_namespace__()
    points = counts.shape[1]
    table = library.asarray([first_settled(max(length, 1), after) for length in range(points + 1)])
    start = table[points] if lengths is None else table[library.asarray(lengths)][:, None]
    late = library.broadcast_to(library.arange(points)[None, :] >= start, counts.shape[:2])
    return library.where(late.reshape(*late.shape, *[1] * (counts.ndim - 2)), counts, 0)


def elapsed(x: Values) -> Any:
    """The share of the range of time points ``[T]`` that has passed at each, from 0 to 1."""
    return (x - x[0]) / (x[-1] - x[0])


def within(x: Values, since: Any) -> Any:
    """Whether each point is in a window, which begins after a share of the range.

    Args:
        x: elapsed share of the range of time points ``[T]``, from 0 to 1.
        since: where the window begins. A point that is below by at most `NEAR` is in it.
    """
    return x >= since - NEAR


def difference(answer: Values, truth: Values, counts: Values) -> Any:
    """Answers minus correct answers, see `squared`; NaN where they do not count."""
    library: Any = answer.__array_namespace__()
    return library.where(counts > 0, answer - library.where(counts > 0, truth, 0), library.nan)


def squared(answer: Values, truth: Values, counts: Values) -> Sums:
    """The squared differences of answers, each times its weight.

    Args:
        answer: answers ``[*S, *N]``; leading axes that ``truth`` lacks are axes of networks.
        truth: correct answers ``[*N]``; anything, such as NaN, where they do not count.
        counts: weights ``[*N]``.

    Example:
        >>> squared(np.ones((5, 1)), np.array([np.nan]), np.zeros(1)).over(1).mean.tolist()
        [nan, nan, nan, nan, nan]
    """
    library: Any = answer.__array_namespace__()
    truth = library.where(counts > 0, truth, 0)  # Before the difference: NaN times 0 is NaN, and so is its gradient.
    return Sums(library.where(counts > 0, library.square(answer - truth), 0) * counts, counts)


def hits(loss: str, answer: Values, truth: Values, counts: Values) -> Sums:
    """Whether each point is right, times its weight.

    A class is right if it has the largest logit. A point of bits is right if every bit that counts is on the right
    side of 0; its weight is the mean of the weights of its bits.

    Args:
        loss: ``"cross_entropy"`` or ``"binary_cross_entropy"``.
        answer: logits ``[*S, *N, A]``.
        truth: classes ``[*N]``, or bits ``[*N, A]``.
        counts: weights, in the shape of ``truth``.

    Returns:
        Sums by point, ``[*S, *N]``.

    Example:
        >>> answer, truth = np.array([[5.0, -5.0], [5.0, -5.0]]), np.array([[0.0, np.nan], [1.0, 0.0]])
        >>> print(hits("binary_cross_entropy", answer, truth, np.array([[1.0, 0.0], [1.0, 1.0]])).total)
        [0. 1.]
    """
    library: Any = answer.__array_namespace__()
    if loss == CROSS_ENTROPY:
        right, weight = library.argmax(answer, axis=-1).astype(truth.dtype) == truth, counts
    else:
        right = library.all(((answer > 0) == (truth > 0.5)) | (counts == 0), axis=-1)
        weight = library.mean(counts, axis=-1)
    return Sums(library.where(right, weight, 0), weight)


def whole(right: Sums, points: int = 1) -> Sums:
    """Whether all points of a sequence that count are right; sequences in which none counts have no weight.

    Args:
        right: `hits` ``[*S, C, ...]``.
        points: number of axes of points: 1, or 0 for one answer per sequence.
    """
    library: Any = right.total.__array_namespace__()
    correct, some = (right.total > 0) | (right.count == 0), right.count > 0
    if points:
        correct, some = library.all(correct, axis=-1), library.any(some, axis=-1)
    kind = right.total.dtype
    return Sums((correct & some).astype(kind), some.astype(kind))
