"""Networks with one oscillation changed: another frequency or decay of a mode at rest, all else as it was.

With the equilibrium x* under a constant input, an eigenvalue l of the Jacobian there, and its eigenvectors v and w with
``w^H v = 1``, the edited network is ``x' = F(x, u) + M (x - x*)``, ``M = 2 Re((l' - l) v w^H)``. At x* this replaces
the pair l by l' and leaves the other eigenvalues unchanged.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, PyTree

from lstm_toys.dynamics.linear import by_modulus
from lstm_toys.dynamics.models import equilibria
from lstm_toys.dynamics.rest import rest
from lstm_toys.dynamics.system import Params, System, each_network


class Oscillation(NamedTuple):
    """A complex pair of eigenvalues at an equilibrium; NaN where a network has no equilibrium or no such pair.

    Attributes:
        rest: the equilibrium.
        value: the eigenvalue with the positive imaginary part.
        projection: ``v w^H``.
    """

    rest: Float[np.ndarray, "S U D"]
    value: Complex[np.ndarray, "S U"]
    projection: Complex[np.ndarray, "S U D D"]

    def turned(self, factor: float = 1.0, decay: float = 1.0) -> Float[np.ndarray, "S U D D"]:
        """The matrices M that multiply the frequency of the pair by a factor, and its time constant by ``decay``."""
        value = np.abs(self.value) ** (1 / decay) * np.exp(1j * factor * np.angle(self.value))
        return 2 * ((value - self.value)[..., None, None] * self.projection).real


def oscillation(system: System, params: Params, inputs: Float[np.ndarray, " U"], rank: int = 0) -> Oscillation:
    """Finds, under each constant input, the equilibrium that the zero state reaches, and a complex pair there.

    ``rank`` counts complex pairs by descending modulus; networks have one input feature.
    """
    networks = len(jax.tree.leaves(params)[0])
    begun = np.zeros((networks, 2, system.dimension))  # Two copies of the zero state, as few as `rest` takes.
    known = equilibria(system, params, inputs, rest(system, params, inputs[:, None], begun))
    values = np.full(known.state.shape[:2], np.nan, complex)
    projections = np.full(known.linear.A.shape, np.nan, complex)
    for place in np.argwhere(np.isfinite(known.linear.A).all(axis=(-2, -1))):
        own, right = np.linalg.eig(known.linear.A[tuple(place)])
        pairs = [number for number in by_modulus(own.astype(complex)) if own[number].imag > 0]
        if len(pairs) > rank:
            values[tuple(place)] = own[pairs[rank]]
            left = np.linalg.inv(right)[pairs[rank]]  # Its product with the eigenvector is 1.
            projections[tuple(place)] = np.outer(right[:, pairs[rank]], left)
    return Oscillation(known.state, values, projections)


def edited(
    system: System,
    params: Params,
    curves: Float[np.ndarray, "C T F"],
    rests: Float[np.ndarray, "S #C D"],
    matrices: Float[np.ndarray, "S #C D D"],
) -> Float[np.ndarray, "S C T A"]:
    """The answers of networks ``x' = F(x, u) + M (x - x*)`` from zero states, in double precision.

    Each network has one M and x* for all curves, or one per curve. Answers are NaN where these are.
    """
    answers: np.ndarray = each_network(_edited, system, params, (rests, matrices), np.asarray(curves))
    return answers


def _edited(
    system: System,
    params: PyTree,
    own: tuple[Float[Array, "#C D"], Float[Array, "#C D D"]],
    curves: Float[Array, "C T F"],
) -> Float[Array, "C T A"]:
    rests, matrices = (jnp.broadcast_to(each, (len(curves), *each.shape[1:])) for each in own)
    step = partial(system.step, params)

    def answered(
        curve: Float[Array, "T F"], at: Float[Array, " D"], matrix: Float[Array, "D D"]
    ) -> Float[Array, "T A"]:
        def change(state: Float[Array, " D"], inputs: Float[Array, " F"]) -> tuple[Array, Array]:
            after, answer = step(state, inputs)
            return after + matrix @ (state - at), answer

        return jax.lax.scan(change, jnp.zeros_like(at), curve)[1]

    # NaN at every point, also at the first, whose answer no edit has reached.
    lost = jnp.isnan(rests).any(axis=-1) | jnp.isnan(matrices).any(axis=(-2, -1))
    return jnp.where(lost[:, None, None], jnp.nan, jax.vmap(answered)(curves, rests, matrices))
