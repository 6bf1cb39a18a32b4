"""Slow points: states that hardly move under a constant input, after Sussillo and Barak (2013).

A state x moves by ``F(x, u) - x`` in a step, and ``q(x) = |F(x, u) - x|^2 / 2``. Fixed points have q = 0. Local minima
of q above 0 are ghosts of fixed points that nearly exist, and lines of slow points hold continuous values.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int, PyTree

from lstm_toys.dynamics.linear import eigenvalues, linearizations
from lstm_toys.dynamics.system import MEMBERS, Step, System, each_network

STEPS, FLAT = 100, 1e-14
"""Most steps of the descent, and the gradient of q, in every component, at which q counts as smallest."""

DAMPING, LESS, MORE, STIFF = 1.0, 1 / 3, 4.0, 1e12
"""Damping at the start, the factors after a step that was taken and one that was not, and the damping that ends it."""


class SlowPoints(NamedTuple):
    """Where the descent of q ended, from every start of every network under every constant input.

    Attributes:
        state: the last state.
        q: half of the squared Euclidean distance that the state moves in a step.
        speed: this distance per unit of x.
        answer: the answer one step later.
        examined: the numbers, along P, of the points whose eigenvalues were computed.
        eigenvalues: those of the Jacobian at these points, by descending modulus.
    """

    state: Float[np.ndarray, "S U P D"]
    q: Float[np.ndarray, "S U P"]
    speed: Float[np.ndarray, "S U P"]
    answer: Float[np.ndarray, "S U P A"]
    examined: Int[np.ndarray, " E"]
    eigenvalues: Complex[np.ndarray, "S U E D"]


def descent(
    step: Step, start: Float[Array, " D"], inputs: Float[Array, " F"], tolerance: Float[Array, ""]
) -> Float[Array, " D"]:
    """A state of ONE network near a start where q is at most ``tolerance``, or smallest.

    By the method of Levenberg and Marquardt, whose damping is large at the start. Directions that contract fast are
    followed first, so that a state reaches a line of slow points before it moves along the line.
    """

    def motion(state: Float[Array, " D"]) -> Float[Array, " D"]:
        return step(state, inputs)[0] - state

    Carry = tuple[Int[Array, ""], Float[Array, " D"], Float[Array, " D"], Float[Array, ""], Bool[Array, ""]]

    def unfinished(carry: Carry) -> Bool[Array, ""]:
        count, _, moved, damping, flat = carry
        return (count < STEPS) & (moved @ moved / 2 > tolerance) & (damping < STIFF) & ~flat

    def lower(carry: Carry) -> Carry:
        count, state, moved, damping, _ = carry
        slopes = jax.jacfwd(motion)(state)
        gradient = slopes.T @ moved
        taken = jnp.linalg.solve(slopes.T @ slopes + damping * jnp.eye(len(state)), gradient[:, None])[:, 0]
        after = motion(state - taken)
        better = after @ after < moved @ moved
        state, moved = jnp.where(better, state - taken, state), jnp.where(better, after, moved)
        return count + 1, state, moved, damping * jnp.where(better, LESS, MORE), jnp.abs(gradient).max() <= FLAT

    begun = motion(start)
    carry = (jnp.int32(0), start, begun, jnp.asarray(DAMPING, begun.dtype), jnp.asarray(False))
    return jax.lax.while_loop(unfinished, lower, carry)[1]


def slow_points(
    system: System,
    params: PyTree[Float[np.ndarray, "S ..."]],
    inputs: Float[np.ndarray, "U F"],
    starts: Float[np.ndarray, "S P D"],
    spacing: float,
    tolerance: float = 1e-10,
    examined: int = 16,
) -> SlowPoints:
    """Finds slow points of every network under every constant input, one from every start.

    Args:
        system: the map of the networks.
        params: their parameters.
        inputs: constant inputs.
        starts: initial states of each network, such as visited ones.
        spacing: distance of time points, in units of x.
        tolerance: the value of q at which a descent ends. A smaller one moves states along lines of slow points, toward
            the slowest points of the lines.
        examined: at most so many points, evenly spaced along P, have their eigenvalues computed.
    """
    states, moved, answer = each_network(_descents, system, params, starts, inputs, np.float64(tolerance))
    distance = np.linalg.norm(moved, axis=-1)
    chosen = np.unique(np.linspace(0, starts.shape[1] - 1, examined).round().astype(int))
    values = []
    for first in range(0, len(states), MEMBERS):  # A few at a time, as matrices are large.
        some = slice(first, first + MEMBERS)
        own = jax.tree.map(lambda leaf, some=some: leaf[some], params)
        values.append(eigenvalues(linearizations(system, own, inputs, states[some][:, :, chosen]).A))
    return SlowPoints(states, distance**2 / 2, distance / spacing, answer, chosen, np.concatenate(values))


def _descents(
    system: System,
    params: PyTree,
    starts: Float[Array, "P D"],
    inputs: Float[Array, "U F"],
    tolerance: Float[Array, ""],
) -> tuple[Float[Array, "U P D"], Float[Array, "U P D"], Float[Array, "U P A"]]:
    """The last states of ONE network, how they move in a step, and its answers."""
    step = partial(system.step, params)

    def under(constant: Float[Array, " F"]) -> tuple[Float[Array, "P D"], Float[Array, "P D"], Float[Array, "P A"]]:
        states = jax.lax.map(lambda start: descent(step, start, constant, tolerance), starts)
        after, answers = jax.vmap(step, (0, None))(states, constant)
        return states, after - states, answers

    return jax.lax.map(under, inputs)


def variance_shares(
    states: Float[np.ndarray, "S U P D"], counted: Bool[np.ndarray, "S U P"], most: int = 2
) -> Float[np.ndarray, "S U M"]:
    """How states lie: the shares of their variance along their first principal components, in descending order.

    A first share near 1 is a line, two equal ones a ring or a disk, several small ones a cloud. NaN where fewer than
    three states are counted, or all are the same.
    """
    shares = np.full((*states.shape[:2], most), np.nan)
    for place in np.ndindex(states.shape[:2]):
        points = states[place][counted[place]]
        if len(points) > most:
            variances = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
            if variances.sum() > 0:
                shares[place] = (variances / variances.sum())[:most]
    return shares
