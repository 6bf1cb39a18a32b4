"""Networks linearized: modes and resonance at a state and a constant input, and what networks forget along curves."""

from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from lstm_toys.dynamics.system import MEMBERS, Input, Inputs, Params, State, States, Step, System, at_each, each_network

PERIODS, TRANSIENT = 4, 300
"""Fewest periods, and fewest time points, over which the answer to a sine is measured, after as many to settle."""

UNKNOWN = complex(np.nan, np.nan)

AGREE = 1e-6
"""Largest relative difference, at the first frequency, between the response by modes and by a linear system."""


class Linear(NamedTuple):
    """A network near a state and an input, as a linear map.

    With deviations dx, du, dy of state, input and answer, ``dx[t] = A dx[t-1] + B du[t]`` and
    ``dy[t] = C dx[t-1] + D du[t]``: the answer at a time point belongs to the input at the same point.

    Attributes:
        A: derivatives of the next state by the state ``[..., D, D]``, the Jacobian.
        B: derivatives of the next state by the input ``[..., D, F]``.
        C: derivatives of the answer by the state before ``[..., A, D]``.
        D: derivatives of the answer by the input ``[..., A, F]``.
    """

    A: Float[Any, "*N D D"]
    B: Float[Any, "*N D F"]
    C: Float[Any, "*N A D"]
    D: Float[Any, "*N A F"]


class Modes(NamedTuple):
    """Modes of a linear map, in the order of `eigenvalues`.

    Attributes:
        time_constant: distance in x over which a mode falls to 1 / e ``[..., D]``; negative if it grows, infinite if it
            is constant.
        frequency: angular frequency of a mode in radians per unit of x ``[..., D]``, with the sign of the eigenvalue's
            imaginary part; 0 if it does not oscillate.
    """

    time_constant: Float[np.ndarray, "*N D"]
    frequency: Float[np.ndarray, "*N D"]


def _linearization(step: Step, state: State, inputs: Input) -> Linear:
    """Linearizes ONE network. At the kink of a hard gate, takes the mean of both sides."""
    (A, B), (C, D) = jax.jacfwd(step, argnums=(0, 1))(state, inputs)
    return Linear(A, B, C, D)


def linearizations(system: System, params: Params, inputs: Inputs, states: Float[np.ndarray, "S U *Q D"]) -> Linear:
    """Linearizes every network at states under each constant input.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        inputs: constant inputs ``[U, F]``.
        states: states of each network under each input ``[S, U, ..., D]``, such as ``state`` of
            `lstm_toys.dynamics.limits.Rest`.

    Returns:
        The matrices at each state; NaN where a state is. At the kink of a hard gate they are the mean of both sides.
    """
    flat = states.reshape(*states.shape[:2], -1, system.dimension)
    linear: Linear = each_network(_LINEARIZATION, system, params, flat, inputs)
    return Linear(*(matrices.reshape(*states.shape[:-1], *matrices.shape[3:]) for matrices in linear))


_LINEARIZATION = partial(at_each, _linearization)


def eigenvalues_at(system: System, params: Params, inputs: Inputs, states: States) -> Complex[np.ndarray, "S U P D"]:
    """Returns the `eigenvalues` of every network's Jacobian at states; a few networks at a time, for memory.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        inputs: constant inputs ``[U, F]``.
        states: states of each network under each input ``[S, U, P, D]``; where one is NaN, so are its eigenvalues.
    """
    parts = []
    for first in range(0, len(states), MEMBERS):
        some = slice(first, first + MEMBERS)
        of_some = jax.tree.map(lambda leaf, some=some: leaf[some], params)
        parts.append(eigenvalues(linearizations(system, of_some, inputs, states[some]).A))
    return np.concatenate(parts)


def eigenvalues(matrices: Float[np.ndarray, "*N D D"]) -> Complex[np.ndarray, "*N D"]:
    """Returns eigenvalues by descending modulus, complex pairs with the positive imaginary part first.

    Args:
        matrices: square matrices ``[..., D, D]``; the eigenvalues of one that is not finite are NaN.

    Example:
        >>> eigenvalues(np.array([[0.0, -0.5], [0.5, 0.0]])).round(6).tolist()
        [0.5j, -0.5j]
    """
    ordered = np.full(matrices.shape[:-1], UNKNOWN)
    finite = np.isfinite(matrices).all(axis=(-2, -1))
    values = np.linalg.eigvals(matrices[finite]).astype(complex)
    ordered[finite] = np.take_along_axis(values, by_modulus(values), axis=-1)
    return ordered


def by_modulus(values: Complex[np.ndarray, "*N D"]) -> Int[np.ndarray, "*N D"]:
    """Returns the order of `eigenvalues`; values are rounded so that complex pairs stay together."""
    return np.lexsort((-values.imag, -np.abs(values).round(12)))


def modes(values: Complex[np.ndarray, "*N D"], spacing: float) -> Modes:
    """Returns the time constants and frequencies of modes, from the eigenvalues of a map of one step.

    Args:
        values: eigenvalues ``[..., D]``, such as from `eigenvalues`.
        spacing: distance of time points, in the unit of x, in which both are then expressed.

    Returns:
        The ``time_constant`` and the ``frequency`` of each eigenvalue ``[..., D]``, in the unit of x and in radians per
        unit of x.

    Example:
        >>> modes = lt.dynamics.modes(np.array([0.5j, -0.5j]), spacing=0.01)
        >>> modes.time_constant.round(4).tolist(), modes.frequency.round(2).tolist()
        ([0.0144, 0.0144], [157.08, -157.08])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return Modes(spacing / (0.0 - np.log(np.abs(values))), np.angle(values) / spacing)


def response(linear: Linear, frequencies: Float[np.ndarray, " W"], spacing: float) -> Complex[np.ndarray, "*N W A F"]:
    """Returns the frequency response of linearized networks, ``D + C (exp(i w spacing) - A)^-1 B``.

    Args:
        linear: linear maps, such as from `linearizations`.
        frequencies: angular frequencies w ``[W]``, in radians per unit of x.
        spacing: distance of time points, in the unit of x.

    Returns:
        The complex gain from each input feature to each output feature ``[..., W, A, F]``: its modulus is the ratio of
        amplitudes, its angle the phase. NaN where ``linear`` is.

    Example:
        >>> leaky = Linear(*(np.array([[number]]) for number in (0.9, 0.1, 0.9, 0.1)))
        >>> abs(response(leaky, np.array([0.0, np.pi / 0.01]), spacing=0.01)).round(3).ravel().tolist()
        [1.0, 0.053]
    """
    z = np.exp(1j * frequencies * spacing)
    shape = (*linear.A.shape[:-2], len(z), linear.C.shape[-2], linear.B.shape[-1])
    gains = np.full(shape, UNKNOWN)
    for place in map(tuple, np.argwhere(np.isfinite(linear.A).all(axis=(-2, -1)))):
        gains[place] = _response(Linear(*(matrices[place] for matrices in linear)), z)
    return gains


def _response(linear: Linear, z: Complex[np.ndarray, " W"]) -> Complex[np.ndarray, "W A F"]:
    """The response of ONE linearization by its modes, or by linear systems if the modes are nearly parallel."""
    A, B, C, D = linear
    identity = np.eye(len(A))
    exact = D + C @ np.linalg.solve(z[0] * identity - A, B + 0j)
    values, vectors = (array.astype(complex) for array in np.linalg.eig(A))
    with np.errstate(all="ignore"), suppress(np.linalg.LinAlgError):
        by_mode = D + np.einsum("ad,wd,df->waf", C @ vectors, 1 / (z[:, None] - values), np.linalg.solve(vectors, B))
        if np.abs(by_mode[0] - exact).max() <= AGREE * np.abs(exact).max():
            return np.asarray(by_mode)
    return np.stack([D + C @ np.linalg.solve(number * identity - A, B + 0j) for number in z])


def measured_response(
    system: System,
    params: Params,
    states: Float[np.ndarray, "S D"],
    level: float,
    frequency: float,
    spacing: float,
    amplitude: float,
) -> Complex[np.ndarray, "S A"]:
    """Measures the complex gain of networks of one feature with a sine ``level + amplitude * sin(w x)`` as input.

    A least-squares fit of ``a + b sin(w x) + c cos(w x)`` to the answers, after they have settled, gives the gain
    ``(b + i c) / amplitude``.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        states: initial states ``[S, D]``, such as the fixed points under the constant input ``level``.
        level: mean of the sine.
        frequency: angular frequency w, in radians per unit of x. Slower sines take more time points.
        spacing: distance of time points, in the unit of x.
        amplitude: amplitude of the sine, in the unit of the input. With a small one, the gain is that of `response`.

    Returns:
        The gain of each output feature ``[S, A]``; NaN where the initial state is.
    """
    half = max(TRANSIENT, int(np.ceil(PERIODS * 2 * np.pi / (frequency * spacing))))
    phases = frequency * spacing * np.arange(1, 2 * half + 1)
    fitted = np.stack([np.ones_like(phases), np.sin(phases), np.cos(phases)], axis=-1)[half:]
    curve, projection = level + amplitude * np.sin(phases), np.linalg.pinv(fitted)[1:]
    parts = each_network(_measured, system, params, states, curve, projection)
    return np.asarray(parts[:, 0] + 1j * parts[:, 1]) / amplitude


def _measured(
    step: Step, state: State, curve: Float[Array, " T"], projection: Float[Array, "2 K"]
) -> Float[Array, "2 A"]:
    """The coefficients of sine and cosine in the answer of ONE network, whose last K time points are fitted."""
    answers = jax.lax.scan(step, state, curve[:, None])[1]
    fitted = answers[None, None, -projection.shape[1] :]  # Sums of a batch have the last bits of the published gains.
    return jnp.einsum("wpt,wfta->wfpa", projection[None], fitted)[0, 0]


def distances(
    system: System, params: Params, curves: Float[np.ndarray, "C T F"], starts: Float[np.ndarray, "S P D"]
) -> Float[np.ndarray, "S C T"]:
    """Returns how every network forgets: the distance between its states after different starts along the same curve.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        curves: curves ``[C, T, F]``.
        starts: initial states of each network ``[S, P, D]``, at least two.

    Returns:
        The Euclidean distance relative to the initial distance ``[S, C, T]``: the geometric mean over the distances
        from the first start to each of the others.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(each_network(_distances, system, params, starts, curves)).mean(axis=2)))


def _distances(step: Step, starts: Float[Array, "P D"], curves: Float[Array, "C T F"]) -> Float[Array, "C N T"]:
    def distance(curve: Float[Array, "T F"], other: State) -> Float[Array, " T"]:
        def both(states: tuple[State, State], inputs: Input) -> tuple[tuple[State, State], Float[Array, ""]]:
            states = step(states[0], inputs)[0], step(states[1], inputs)[0]
            return states, jnp.linalg.norm(states[0] - states[1])

        return jax.lax.scan(both, (starts[0], other), curve)[1] / jnp.linalg.norm(starts[0] - other)

    return jax.lax.map(lambda curve: jax.vmap(partial(distance, curve))(starts[1:]), curves)
