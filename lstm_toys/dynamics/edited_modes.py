"""Networks with one oscillation changed: another frequency or decay of a mode at rest, all else unchanged.

With the equilibrium x* under a constant input, an eigenvalue l of the Jacobian there, and its eigenvectors v and w with
``w^H v = 1``, the edited network is ``x' = F(x, u) + M (x - x*)``, ``M = 2 Re((l' - l) v w^H)``. At x* this replaces
the pair l by l' and leaves the other eigenvalues unchanged.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from lstm_toys import arguments
from lstm_toys.dynamics.limits import limits
from lstm_toys.dynamics.linear import by_modulus
from lstm_toys.dynamics.models import equilibria
from lstm_toys.dynamics.system import Input, State, Step, each_network, system_of
from lstm_toys.populations.trained import AnyNetworks, resolved


class Oscillation(NamedTuple):
    """A complex pair of eigenvalues at an equilibrium; NaN where a network has no equilibrium or no such pair.

    Attributes:
        rest: the equilibrium x*, as a flat state ``[S, U, D]``.
        value: the eigenvalue l of the pair that has a positive imaginary part ``[S, U]``.
        projection: ``v w^H``, the product of the right and the left eigenvector ``[S, U, D, D]``.
        jacobian: the Jacobian at the equilibrium ``[S, U, D, D]``.
    """

    rest: Float[np.ndarray, "S U D"]
    value: Complex[np.ndarray, "S U"]
    projection: Complex[np.ndarray, "S U D D"]
    jacobian: Float[np.ndarray, "S U D D"]

    def turned(self, factor: float = 1.0, decay: float = 1.0) -> Float[np.ndarray, "S U D D"]:
        """Returns the matrices M ``[S, U, D, D]`` that change the oscillation, for `edited`.

        Args:
            factor: multiplies the frequency of the pair.
            decay: multiplies its time constant; above 1, the oscillation fades more slowly.
        """
        value = np.abs(self.value) ** (1 / decay) * np.exp(1j * factor * np.angle(self.value))
        return 2 * ((value - self.value)[..., None, None] * self.projection).real

    def others_turned(self, factor: float) -> Float[np.ndarray, "S U D D"]:
        """Returns the matrices M that multiply the frequencies of all other complex pairs by a factor."""
        matrices = -self.turned(factor)
        for place in map(tuple, np.argwhere(np.isfinite(self.value))):
            values, right = np.linalg.eig(self.jacobian[place])
            turned = np.where(values.imag == 0, values, np.abs(values) * np.exp(1j * factor * np.angle(values)))
            matrices[place] += (right * (turned - values) @ np.linalg.inv(right)).real
        return matrices


def oscillation(networks: AnyNetworks, inputs: Float[np.ndarray, " U"], rank: int = 0) -> Oscillation:
    """Finds, under each constant input, the equilibrium that the zero state reaches, and a complex pair there.

    Args:
        networks: networks with one input feature, or a pair ``(model, params)``; see `lt.answers`.
        inputs: constant inputs ``[U]``.
        rank: which pair: 0 is the one with the largest modulus, which fades most slowly, 1 the next one.

    Returns:
        The equilibria and the pairs; see `Oscillation`.

    Raises:
        ValueError: an argument is invalid; the networks take more than one feature, or ignore given initial states.

    Example:
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(20))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> lt.dynamics.oscillation(trained, np.array([0.2])).rest.shape  # doctest: +SKIP
        (2, 1, 8)
    """
    inputs = np.asarray(arguments.array("inputs", inputs, "U"), float)
    networks = resolved(networks)
    system, params = system_of(networks, 1), networks.params
    begun = np.zeros((len(networks), 2, system.dimension))  # Two copies of the zero state, as few as `limits` takes.
    at_rest = equilibria(system, params, inputs, limits(system, params, inputs[:, None], begun))
    jacobian = at_rest.linear.A
    pair_values = np.full(at_rest.state.shape[:2], np.nan, complex)
    projections = np.full(jacobian.shape, np.nan, complex)
    for place in map(tuple, np.argwhere(np.isfinite(jacobian).all(axis=(-2, -1)))):
        values, right = np.linalg.eig(jacobian[place])
        pairs = [number for number in by_modulus(values.astype(complex)) if values[number].imag > 0]
        if len(pairs) > rank:
            pair_values[place] = values[pairs[rank]]
            try:
                left = np.linalg.inv(right)[pairs[rank]]  # Its product with the eigenvector is 1.
            except np.linalg.LinAlgError:  # Others coincide, as those of units that a ReLU switches off.
                others, lefts = np.linalg.eig(jacobian[place].T)
                left = lefts[:, np.abs(others - values[pairs[rank]]).argmin()]
                left = left / (left @ right[:, pairs[rank]])
            projections[place] = np.outer(right[:, pairs[rank]], left)
    return Oscillation(at_rest.state, pair_values, projections, jacobian)


def edited(
    networks: AnyNetworks,
    curves: Float[np.ndarray, "C T F"],
    rests: Float[np.ndarray, "S #C D"],
    matrices: Float[np.ndarray, "S #C D D"],
    speed: float = 1.0,
) -> Float[np.ndarray, "S C T A"]:
    """Computes answers of networks ``x' = x + speed (F(x, u) - x) + M (x - x*)`` from zero states, in double precision.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        curves: curves ``[C, T, F]``.
        rests: the states x* ``[S, C, D]``, one per curve, or ``[S, 1, D]``, the same for all.
        matrices: the matrices M ``[S, C, D, D]`` or ``[S, 1, D, D]``, such as from `Oscillation.turned`.
        speed: how fast states follow the map, by default 1, as in the networks; it changes all modes alike.

    Returns:
        Answers ``[S, C, T, A]``; NaN where M or x* is.

    Raises:
        ValueError: an argument is invalid, or networks ignore given initial states; or see `lt.answers`.

    Example:
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(20))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> mode, curves = lt.dynamics.oscillation(trained, np.array([0.2])), np.ones((3, 20, 1))
        >>> lt.dynamics.edited(trained, curves, mode.rest, mode.turned(1.2)).shape  # doctest: +SKIP
        (2, 3, 20, 1)
    """
    curves = np.asarray(arguments.array("curves", curves, "C T F", hint=", such as lt.show returns"))
    networks = resolved(networks)
    system, speeds = system_of(networks, curves.shape[2]), np.full(len(rests), speed)
    return np.asarray(each_network(_edited, system, networks.params, (rests, matrices, speeds), curves))


def _edited(
    step: Step,
    edit: tuple[Float[Array, "#C D"], Float[Array, "#C D D"], Float[Array, ""]],
    curves: Float[Array, "C T F"],
) -> Float[Array, "C T A"]:
    rests, matrices = (jnp.broadcast_to(leaf, (len(curves), *leaf.shape[1:])) for leaf in edit[:2])

    def answered(curve: Float[Array, "T F"], at: State, matrix: Float[Array, "D D"]) -> Float[Array, "T A"]:
        def change(state: State, inputs: Input) -> tuple[Array, Array]:
            after, answer = step(state, inputs)
            return state + edit[2] * (after - state) + matrix @ (state - at), answer

        return jax.lax.scan(change, jnp.zeros_like(at), curve)[1]

    # NaN at every point, also at the first, whose answer no edit has reached.
    lost = jnp.isnan(rests).any(axis=-1) | jnp.isnan(matrices).any(axis=(-2, -1))
    return jnp.where(lost[:, None, None], jnp.nan, jax.vmap(answered)(curves, rests, matrices))


def turn_mode(
    networks: AnyNetworks,
    curves: Float[Array, "C T 1"] | Float[np.ndarray, "C T 1"],
    factor: float = 1.0,
    decay: float = 1.0,
    at: float | None = None,
) -> Float[np.ndarray, "S C T A"]:
    """Computes answers while the leading oscillation of every network has another frequency or another decay.

    The leading oscillation is the complex pair of eigenvalues with the largest modulus at the equilibrium that the zero
    state reaches under a constant input. Near this equilibrium, the other modes remain as they are; far from it, the
    edit also changes where the network rests. With ``factor`` and ``decay`` of 1, networks answer as usual.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        curves: curves of one feature ``[C, T, 1]``, as `lt.show` makes them.
        factor: multiplies the frequency of the oscillation, above 0; by default 1, as it is.
        decay: multiplies its time constant, above 0; by default 1. Above 1, the oscillation fades more slowly.
        at: the constant input; None: the mean of the curves.

    Returns:
        Answers ``[S, C, T, A]`` in double precision; NaN for networks without such an equilibrium, or without an
        oscillation there.

    Raises:
        ValueError: ``factor`` or ``decay`` is not above 0; the networks take more than one feature, or ignore given
            initial states; or see `lt.answers`.

    Example:
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> curves = lt.show(x[None] ** 2, x, ("y",))
        >>> lt.dynamics.turn_mode(trained, curves, factor=1.2).shape  # doctest: +SKIP
        (2, 1, 20, 1)
    """
    curves = arguments.array("curves", curves, "C T 1", hint=", curves of one feature as lt.show makes them")
    factor, decay = (arguments.number(name, value, above=0) for name, value in (("factor", factor), ("decay", decay)))
    level = float(np.mean(curves)) if at is None else arguments.number("at", at)
    mode = oscillation(networks, np.array([level]))
    return edited(networks, np.asarray(curves), mode.rest, mode.turned(factor, decay))
