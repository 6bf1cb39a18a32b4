"""Models of networks, built from their behavior under constant inputs; none is fitted to the answers that it predicts.

All take curves of one feature, and predict NaN where there is no equilibrium.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int, Shaped

from lstm_toys.dynamics.limits import Kind, Rest
from lstm_toys.dynamics.linear import Linear, by_modulus, linearizations
from lstm_toys.dynamics.system import Params, State, System
from lstm_toys.statistics.errors import elapsed, within
from lstm_toys.statistics.measures import SETTLED

SMALLEST = 1e-12
"""Modes can be told apart if all singular values of the products of their left and right eigenvectors are above this
share of the largest."""

Curves = Float[np.ndarray, "C T"]
Predicted = Float[np.ndarray, "S C T A"]


class Equilibria(NamedTuple):
    """The stable fixed point of each network and constant input; if several, the one with the largest share of starts.

    Attributes:
        inputs: constant inputs ``[U]`` in ascending order.
        state: the fixed point ``[S, U, D]``; NaN if there is no stable one.
        answer: the answer at rest ``[S, U, A]``, also of limits that are neutral or integrate; NaN if there is none.
        linear: the networks linearized at the fixed points; see `lstm_toys.dynamics.linear.Linear`.
    """

    inputs: Float[np.ndarray, " U"]
    state: Float[np.ndarray, "S U D"]
    answer: Float[np.ndarray, "S U A"]
    linear: Linear


def equilibria(system: System, params: Params, inputs: Float[np.ndarray, " U"], rest: Rest) -> Equilibria:
    """Chooses equilibria among the limits of networks, and linearizes the networks there.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        inputs: constant inputs ``[U]`` in ascending order; networks have one input feature.
        rest: the limits under the same inputs, from `lstm_toys.dynamics.limits.rest`.
    """
    state = _first(rest, (Kind.STABLE,), rest.state)
    answer = _first(rest, (Kind.STABLE, Kind.NEUTRAL, Kind.INTEGRATES), rest.answer)
    return Equilibria(inputs, state, answer, linearizations(system, params, inputs[:, None], state))


def _first(rest: Rest, kinds: tuple[Kind, ...], values: Float[np.ndarray, "S U Q N"]) -> Float[np.ndarray, "S U N"]:
    """The value of the first limit of one of these kinds; limits are ordered by share."""
    right = np.isin(rest.kind, kinds)
    place = right.argmax(axis=-1)[..., None, None]
    return np.where(right.any(axis=-1, keepdims=True), np.take_along_axis(values, place, axis=2)[:, :, 0], np.nan)


def clipped_copy(equilibria: Equilibria, curves: Curves) -> Predicted:
    """Predicts the curves themselves, clipped to the range of a network's answers at rest.

    Args:
        equilibria: equilibria of the networks under constant inputs, as the function `equilibria` returns them.
        curves: curves of one feature ``[C, T]``.

    Example:
        >>> none = Linear(*np.zeros((4, 1, 2, 1, 1)))
        >>> equilibria = Equilibria(np.array([0.0, 1.0]), np.zeros((1, 2, 1)), np.array([[[0.1], [0.8]]]), none)
        >>> clipped_copy(equilibria, np.array([[0.0, 0.5, 1.0]])).ravel().tolist()
        [0.1, 0.5, 0.8]
    """
    low, high = (ends.reduce(equilibria.answer, axis=1)[:, None, None, :] for ends in (np.fmin, np.fmax))
    return np.clip(curves[None, :, :, None], low, high)


def static_curve(equilibria: Equilibria, curves: Curves) -> Predicted:
    """Predicts the answer at rest to the current input, interpolated between the two nearest constant inputs.

    Args:
        equilibria: equilibria of the networks under constant inputs, as the function `equilibria` returns them.
        curves: curves of one feature ``[C, T]``. Beyond the constant inputs there is no prediction.

    Example:
        >>> none = Linear(*np.zeros((4, 1, 2, 1, 1)))
        >>> equilibria = Equilibria(np.array([0.0, 1.0]), np.zeros((1, 2, 1)), np.array([[[0.1], [0.8]]]), none)
        >>> static_curve(equilibria, np.array([[0.0, 0.5, 2.0]])).ravel().round(6).tolist()
        [0.1, 0.45, nan]
    """
    below, above, weight = _between(equilibria.inputs, curves)
    part = weight[None, :, :, None]
    return (1 - part) * equilibria.answer[:, below] + part * equilibria.answer[:, above]


def fixed_linear(equilibria: Equilibria, curves: Curves, mean: float) -> Predicted:
    """Predicts by one linearization, from a zero state.

    Args:
        equilibria: equilibria of the networks under constant inputs, as the function `equilibria` returns them.
        curves: curves of one feature ``[C, T]``.
        mean: the network is linearized at the constant input nearest to this one, such as the mean of the training
            curve.

    Example:
        >>> linear = Linear(*np.zeros((3, 1, 2, 1, 1)), np.full((1, 2, 1, 1), 0.5))
        >>> equilibria = Equilibria(np.array([0.0, 1.0]), np.zeros((1, 2, 1)), np.array([[[0.1], [0.8]]]), linear)
        >>> fixed_linear(equilibria, np.array([[0.0, 0.5, 1.0]]), mean=0.2).ravel().round(6).tolist()
        [0.1, 0.35, 0.6]
    """
    nearest = int(np.abs(equilibria.inputs - mean).argmin())
    A, B, C, D = (matrices[:, nearest] for matrices in equilibria.linear)
    deviation = np.repeat(-equilibria.state[:, None, nearest], len(curves), axis=1)  # [S, C, D]
    answers = np.empty((len(A), *curves.shape, C.shape[1]))
    for time in range(curves.shape[1]):
        push = np.broadcast_to((curves[:, time] - equilibria.inputs[nearest])[None, :, None], (len(A), len(curves), 1))
        change = deviation @ np.swapaxes(C, 1, 2) + push @ np.swapaxes(D, 1, 2)
        answers[:, :, time] = equilibria.answer[:, None, nearest] + change
        deviation = deviation @ np.swapaxes(A, 1, 2) + push @ np.swapaxes(B, 1, 2)
    return answers


def varying_linear(equilibria: Equilibria, curves: Curves, modes: int | None = None) -> Predicted:
    """Predicts by the linearization at the current input's equilibrium (linear parameter-varying), from a zero state.

    ``x[t] = x* + A (x[t-1] - x*)`` and ``y[t] = y* + C (x[t-1] - x*)``: near each constant input A and C are constant,
    the equilibrium x* and the answer y* change linearly with the input, and the predictions of the two nearest constant
    inputs are interpolated linearly. If one of them has no equilibrium, there is no prediction; the state is then
    updated as under the nearest constant input that has one.

    Args:
        equilibria: equilibria of the networks under constant inputs, as the function `equilibria` returns them.
        curves: curves of one feature ``[C, T]``.
        modes: number of leading modes of A that are kept, a complex pair counting as one; deviations in the other modes
            are forgotten at once. There is no prediction after an input at which these modes cannot be told apart.
            None: all modes are kept.
    """
    A, B, C, D = equilibria.linear
    at_rest = np.isfinite(equilibria.state).all(axis=-1)
    inverted = np.where(at_rest[..., None, None], np.eye(A.shape[-1]) - A, np.eye(A.shape[-1]))
    slopes = np.linalg.solve(inverted, B)
    rises = (C @ slopes + D)[..., 0]
    if modes is not None:
        projection = leading(A, modes)
        A, C = A @ projection, C @ projection
    below, above, weight = _between(equilibria.inputs, curves)
    covered = np.isfinite(weight) & at_rest[:, below] & at_rest[:, above]
    away = np.abs(curves[:, :, None] - equilibria.inputs)
    nearest = np.stack([np.where(inputs, away, np.inf).argmin(axis=-1) for inputs in at_rest])
    places = np.where(covered, below, nearest), np.where(covered, above, nearest)
    shown = np.where(covered, curves.astype(float), equilibria.inputs[nearest])
    along = (*places, np.where(covered, weight, 0.0), *(shown - equilibria.inputs[place] for place in places))
    networks = (equilibria.state, slopes[..., 0], equilibria.answer, rises, A, C)
    with jax.enable_x64(True):
        predicted = np.asarray(_varying(networks, along))
    return np.where(covered[..., None], predicted, np.nan)


@jax.jit
def _varying(networks: tuple[Float[Array, "S U ..."], ...], along: tuple[Shaped[Array, "S C T"], ...]) -> Array:
    """The predictions ``[S, C, T, A]`` of all networks along curves; see `varying_linear`.

    ``networks`` are states and answers at rest, their slopes, and matrices. ``along`` are the places of the lower and
    the upper input, the weight of the upper one, and deviations from both.
    """

    def of_network(network: tuple[tuple[Array, ...], tuple[Array, ...]]) -> Float[Array, "C T A"]:
        (states, slopes, answers, rises, A, C), along = network

        def near(state: State, place: Int[Array, ""], push: Float[Array, ""]) -> tuple[Array, Array]:
            rest = states[place] + slopes[place] * push
            away = state - rest
            return rest + A[place] @ away, answers[place] + rises[place] * push + C[place] @ away

        def step(state: State, at: tuple[Array, ...]) -> tuple[State, Float[Array, " A"]]:
            below, above, weight, lower, upper = at
            ends = near(state, below, lower), near(state, above, upper)
            state, answer = ((1 - weight) * low + weight * high for low, high in zip(*ends, strict=True))
            return state, answer

        return jax.lax.map(lambda curve: jax.lax.scan(step, jnp.zeros_like(states[0]), curve)[1], along)

    return jax.lax.map(of_network, (networks, along))


def leading(matrices: Float[np.ndarray, "*N D D"], modes: int) -> Float[np.ndarray, "*N D D"]:
    """Returns spectral projections onto the modes of largest modulus.

    Args:
        matrices: square matrices ``[..., D, D]``; the projection of one that is not finite is NaN,
            and also where these modes cannot be told apart, since their eigenvectors coincide: units that a ReLU
            switches off may give several eigenvalues 0 with one eigenvector.
        modes: number of modes that the projection keeps; a complex pair counts as one.

    Example:
        >>> leading(np.diag([0.9, 0.1]), modes=1).tolist()
        [[1.0, 0.0], [0.0, 0.0]]
    """
    projections = np.full(matrices.shape, np.nan)
    for place in map(tuple, np.argwhere(np.isfinite(matrices).all(axis=(-2, -1)))):
        right, left = (_leading_vectors(matrix, modes) for matrix in (matrices[place], matrices[place].T))
        sizes = np.linalg.svd(products := left.T @ right, compute_uv=False)
        if (sizes > SMALLEST * sizes.max(initial=0)).all():
            projections[place] = (right @ np.linalg.solve(products, left.T)).real
    return projections


def _leading_vectors(matrix: Float[np.ndarray, "D D"], modes: int) -> Complex[np.ndarray, "D K"]:
    values, vectors = (array.astype(complex) for array in np.linalg.eig(matrix))
    order = by_modulus(values)
    begins = np.cumsum(values[order].imag >= 0)  # The second value of a pair does not begin a mode.
    return vectors[:, order[: np.searchsorted(begins, modes, side="right")]]


def explained(
    answers: Predicted, predictions: Predicted, x: Float[np.ndarray, " T"], *, early: bool = False
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """Returns the share of the variance of answers that a model explains, by default after a fifth of the time range.

    The share is 1 minus the ratio of the squared error to the variance.

    Args:
        answers: answers of the networks ``[S, C, T, A]``.
        predictions: predictions of a model ``[S, C, T, A]``, NaN where there are none; those time points do not count.
        x: time points ``[T]``.
        early: whether the first fifth of the range of x counts, instead of the rest.

    Returns:
        The share of variance of each network over all curves ``[S]``, at most 1, and NaN if answers do not vary where
        there are predictions; and the share of time points that have predictions ``[S]``.

    Example:
        >>> answers = np.linspace(0, 1, 10)[None, None, :, None]
        >>> share, covered = explained(answers, answers.copy(), np.linspace(0, 1, 10))
        >>> share.tolist(), covered.tolist()
        ([1.0], [1.0])
    """
    inside = within(elapsed(x), SETTLED) != early
    answers, predictions = answers[:, :, inside].astype(float), predictions[:, :, inside]
    covered = np.isfinite(predictions)
    counted = np.where(covered, answers, np.nan)
    axes = (1, 2, 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(counted, axis=axes, keepdims=True) / covered.sum(axis=axes, keepdims=True)
        error = np.nansum(np.square(counted - predictions), axis=axes)
        variance = np.nansum(np.square(counted - mean), axis=axes)
        share = 1 - error / variance
    return np.where(variance > 0, share, np.nan), covered.mean(axis=axes)


def _between(
    inputs: Float[np.ndarray, " U"], curves: Curves
) -> tuple[Int[np.ndarray, "C T"], Int[np.ndarray, "C T"], Float[np.ndarray, "C T"]]:
    """The constant inputs below and above each value of curves, and the upper one's weight; NaN beyond the ends."""
    curves, last = curves.astype(float), len(inputs) - 1
    below = np.clip(np.searchsorted(inputs, curves, side="right") - 1, 0, last)
    above = np.clip(below + (curves > inputs[below]), 0, last)
    width = np.where(above > below, inputs[above] - inputs[below], 1.0)
    within = (curves >= inputs[0]) & (curves <= inputs[-1])
    return below, above, np.where(within, (curves - inputs[below]) / width, np.nan)
