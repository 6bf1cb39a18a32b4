"""Networks linearized: modes and resonance at a state and a constant input, and what networks forget along curves."""

from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from lstm_toys.dynamics.system import MEMBERS, Input, Inputs, Params, State, Step, System, each_network, from_each

PERIODS, SETTLED = 4, 300
"""Fewest periods, and fewest time points, over which the answer to a sine is measured, after as many to settle."""

AGREE = 1e-6
"""Largest relative difference, at the first frequency, between the response by modes and by a linear system."""


class Linear(NamedTuple):
    """A network near a state and an input; the answer at a time point belongs to the input at the same point.

    With deviations dx, du, dy: ``dx[t] = A dx[t-1] + B du[t]`` and ``dy[t] = C dx[t-1] + D du[t]``.
    """

    A: Float[Any, "*N D D"]
    B: Float[Any, "*N D F"]
    C: Float[Any, "*N A D"]
    D: Float[Any, "*N A F"]


class Modes(NamedTuple):
    """Modes of a linear map, in the order of `eigenvalues`.

    Attributes:
        time_constant: distance in x over which a mode falls to 1 / e; negative if it grows, infinite if it is constant.
        frequency: in radians per unit of x, with the sign of the eigenvalue's imaginary part.
    """

    time_constant: Float[np.ndarray, "*N D"]
    frequency: Float[np.ndarray, "*N D"]


def _linearization(step: Step, state: State, inputs: Input) -> Linear:
    """Linearizes ONE network. At the kink of a hard gate, takes the mean of both sides."""
    (A, B), (C, D) = jax.jacfwd(step, argnums=(0, 1))(state, inputs)
    return Linear(A, B, C, D)


def linearizations(system: System, params: Params, inputs: Inputs, states: Float[np.ndarray, "S U *Q D"]) -> Linear:
    """Linearizes every network at states under each constant input; NaN where a state is NaN."""
    flat = states.reshape(*states.shape[:2], -1, system.dimension)
    known = np.isfinite(flat).all(axis=-1)
    found: Linear = each_network(_LINEARIZATION, system, params, (flat, known), inputs)
    return Linear(*(each.reshape(*states.shape[:-1], *each.shape[3:]) for each in found))


_LINEARIZATION = partial(from_each, _linearization)


def eigenvalues_at(
    system: System, params: Params, inputs: Inputs, states: Float[np.ndarray, "S U Q D"]
) -> Complex[np.ndarray, "S U Q D"]:
    """Returns the `eigenvalues` of every network's Jacobian at states; a few networks at a time, for memory."""
    found = []
    for first in range(0, len(states), MEMBERS):
        some = slice(first, first + MEMBERS)
        own = jax.tree.map(lambda leaf, some=some: leaf[some], params)
        found.append(eigenvalues(linearizations(system, own, inputs, states[some]).A))
    return np.concatenate(found)


def eigenvalues(matrices: Float[np.ndarray, "*N D D"]) -> Complex[np.ndarray, "*N D"]:
    """Returns eigenvalues by descending modulus, complex pairs with the positive imaginary part first; keeps NaN."""
    found = np.full(matrices.shape[:-1], np.nan, complex)
    known = np.isfinite(matrices).all(axis=(-2, -1))
    values = np.linalg.eigvals(matrices[known]).astype(complex)
    found[known] = np.take_along_axis(values, by_modulus(values), axis=-1)
    return found


def by_modulus(values: Complex[np.ndarray, "*N D"]) -> Int[np.ndarray, "*N D"]:
    """Returns the order of `eigenvalues`; values are rounded so that complex pairs stay together."""
    return np.lexsort((-values.imag, -np.abs(values).round(12)))


def modes(values: Complex[np.ndarray, "*N D"], spacing: float) -> Modes:
    """Time constants and frequencies of eigenvalues, with ``spacing`` units of x between time points."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return Modes(spacing / (0.0 - np.log(np.abs(values))), np.angle(values) / spacing)


def response(linear: Linear, frequencies: Float[np.ndarray, " W"], spacing: float) -> Complex[np.ndarray, "*N W A F"]:
    """The complex gain ``D + C (exp(i w spacing) - A)^-1 B`` at angular frequencies w in radians per unit of x."""
    z = np.exp(1j * frequencies * spacing)
    shape = (*linear.A.shape[:-2], len(z), linear.C.shape[-2], linear.B.shape[-1])
    found = np.full(shape, np.nan, complex)
    for place in map(tuple, np.argwhere(np.isfinite(linear.A).all(axis=(-2, -1)))):
        found[place] = _response(Linear(*(each[place] for each in linear)), z)
    return found


def _response(linear: Linear, z: Complex[np.ndarray, " W"]) -> Complex[np.ndarray, "W A F"]:
    """The response of ONE linearization by its modes, or by linear systems if the modes are nearly parallel."""
    A, B, C, D = linear
    identity = np.eye(len(A))
    exact = D + C @ np.linalg.solve(z[0] * identity - A, B + 0j)
    values, vectors = (each.astype(complex) for each in np.linalg.eig(A))
    with np.errstate(all="ignore"), suppress(np.linalg.LinAlgError):
        by_mode = D + np.einsum("ad,wd,df->waf", C @ vectors, 1 / (z[:, None] - values), np.linalg.solve(vectors, B))
        if np.abs(by_mode[0] - exact).max() <= AGREE * np.abs(exact).max():
            return np.asarray(by_mode)
    return np.stack([D + C @ np.linalg.solve(each * identity - A, B + 0j) for each in z])


def measured_response(
    system: System,
    params: Params,
    states: Float[np.ndarray, "S D"],
    level: float,
    frequency: float,
    spacing: float,
    amplitude: float,
) -> Complex[np.ndarray, "S A"]:
    """Measures the complex gain of networks of one feature with a sine ``level + amplitude * sin(w x)``.

    A least-squares fit of ``a + b sin(w x) + c cos(w x)`` to the answers gives the gain ``(b + i c) / amplitude``. It
    is NaN where the initial states, such as fixed points, are. The frequency w is in radians per unit of x.
    """
    half = max(SETTLED, int(np.ceil(PERIODS * 2 * np.pi / (frequency * spacing))))
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
    kept = answers[None, None, -projection.shape[1] :]  # Sums of a batch have the last bits of the published gains.
    return jnp.einsum("wpt,wfta->wfpa", projection[None], kept)[0, 0]


def distances(
    system: System, params: Params, curves: Float[np.ndarray, "C T F"], starts: Float[np.ndarray, "S P D"]
) -> Float[np.ndarray, "S C T"]:
    """How every network forgets: the distance of its states from two starts along the same curve.

    Euclidean, relative to the initial distance; a geometric mean over the distances from the first start to each other.
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
