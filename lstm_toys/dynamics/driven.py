"""Networks driven by a curve: how fast they forget their initial state, and their largest Lyapunov exponents."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from lstm_toys.dynamics.system import Step, System, each_network


class Driven(NamedTuple):
    """Networks along curves.

    Attributes:
        distance: the Euclidean distance of two states that are driven by the same curve, relative to their initial
            distance; a geometric mean over pairs of initial states.
        exponents: the largest Lyapunov exponents per unit of x, in descending order; minus infinity where a direction
            is forgotten at once.
    """

    distance: Float[np.ndarray, "S C T"]
    exponents: Float[np.ndarray, "S C L"]


def distance(step: Step, first: Float[Array, " D"], second: Float[Array, " D"], curve: Float[Array, "T F"]) -> Array:
    """Returns the distances ``[T]`` of the states of ONE network from two starts, relative to the starts' distance."""

    def both(
        states: tuple[Float[Array, " D"], Float[Array, " D"]], inputs: Float[Array, " F"]
    ) -> tuple[tuple[Float[Array, " D"], Float[Array, " D"]], Float[Array, ""]]:
        states = step(states[0], inputs)[0], step(states[1], inputs)[0]
        return states, jnp.linalg.norm(states[0] - states[1])

    return jax.lax.scan(both, (first, second), curve)[1] / jnp.linalg.norm(first - second)


def growth(
    step: Step, start: Float[Array, " D"], curve: Float[Array, "T F"], directions: Float[Array, "D L"]
) -> Float[Array, "T L"]:
    """Returns the logarithms of the factors by which directions grow at each time point of a curve, for ONE network.

    Uses QR decompositions (Benettin et al., 1980): the Jacobian maps orthonormal directions, which are then made
    orthonormal again. The means over time are the largest Lyapunov exponents.
    """

    def carried(
        at: tuple[Float[Array, " D"], Float[Array, "D L"]], inputs: Float[Array, " F"]
    ) -> tuple[tuple[Float[Array, " D"], Float[Array, "D L"]], Float[Array, " L"]]:
        state, basis = at
        after, push = jax.linearize(lambda each: step(each, inputs)[0], state)
        basis, factors = jnp.linalg.qr(jax.vmap(push, 1, 1)(basis))
        return (after, basis), jnp.log(jnp.abs(jnp.diagonal(factors)))

    return jax.lax.scan(carried, (start, directions), curve)[1]


def driven(
    system: System,
    params: PyTree[Float[np.ndarray, "S ..."]],
    curves: Float[np.ndarray, "C T F"],
    starts: Float[np.ndarray, "S P D"],
    spacing: float,
    largest: int = 4,
    skipped: int = 0,
) -> Driven:
    """Drives every network along curves.

    Args:
        system: the map of the networks.
        params: their parameters.
        curves: the curves.
        starts: states of each network: the first is compared with every other, and exponents are computed from it.
        spacing: distance of time points, in units of x.
        largest: the number of exponents, L; at most D.
        skipped: time points before averaging, while the directions align with those that grow most.
    """
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(system.dimension, largest)))[0]
    distances, grown = each_network(_driven, system, params, starts, curves, directions)
    with np.errstate(divide="ignore"):
        mean = np.exp(np.log(distances).mean(axis=2))
    return Driven(mean, np.sort(grown[:, :, skipped:].mean(axis=2))[..., ::-1] / spacing)


def _driven(
    system: System,
    params: PyTree,
    starts: Float[Array, "P D"],
    curves: Float[Array, "C T F"],
    directions: Float[Array, "D L"],
) -> tuple[Float[Array, "C N T"], Float[Array, "C T L"]]:
    step = partial(system.step, params)

    def along(curve: Float[Array, "T F"]) -> tuple[Float[Array, "N T"], Float[Array, "T L"]]:
        distances = jax.vmap(lambda other: distance(step, starts[0], other, curve))(starts[1:])
        return distances, growth(step, starts[0], curve, directions)

    return jax.lax.map(along, curves)
