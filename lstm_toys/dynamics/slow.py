"""Slow points: states that hardly move under a constant input, after Sussillo and Barak (2013).

A state x moves by ``F(x, u) - x`` in a step, and ``q(x) = |F(x, u) - x|^2 / 2``. Fixed points have q = 0. Local minima
of q above 0 are ghosts of fixed points that nearly exist, and lines of slow points hold continuous values.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from lstm_toys import arguments
from lstm_toys.dynamics.limits import evenly, table
from lstm_toys.dynamics.linear import UNKNOWN, eigenvalues_at
from lstm_toys.dynamics.system import Input, Params, State, States, Step, System, at_each, each_network, once, search
from lstm_toys.populations.trained import AnyNetworks

STEPS, FLAT = 100, 1e-14
"""Most steps of the descent, and the gradient of q, in every component, at which q counts as smallest."""

DAMPING, LESS, MORE, STIFF = 1.0, 1 / 3, 4.0, 1e12
"""Damping at the start, the factors after a step that was taken and one that was not, and the damping that ends it."""

TOLERANCE = 1e-10


class SlowPoints(NamedTuple):
    """Where the descent of q ended, from every start of every network under every constant input.

    Attributes:
        start: the visited states from which the descents began ``[S, U, P, D]``. States are flat: they join those of
            all layers.
        state: the states at which the descents ended ``[S, U, P, D]``.
        q: half of the squared Euclidean distance that the state moves in a step ``[S, U, P]``.
        speed: this distance per unit of x ``[S, U, P]``.
        answer: the answer one step later ``[S, U, P, A]``.
        examined: indices, along P, of the E points whose eigenvalues were computed.
        eigenvalues: those of the Jacobian at these points, by descending modulus ``[S, U, E, D]``.
        seeds: seeds of the networks ``[S]``.
        settings: settings that vary between the networks ``[S]``, by name.
        inputs: the constant inputs ``[U, F]``.
        spacing: distance of time points, in the unit of x.
        components: names of the components of a state, such as ``lstm_0/cell/3``.

    Example:
        >>> lt.dynamics.SlowPoints._fields[:4]
        ('start', 'state', 'q', 'speed')
    """

    start: Float[np.ndarray, "S U P D"]
    state: Float[np.ndarray, "S U P D"]
    q: Float[np.ndarray, "S U P"]
    speed: Float[np.ndarray, "S U P"]
    answer: Float[np.ndarray, "S U P A"]
    examined: Int[np.ndarray, " E"]
    eigenvalues: Complex[np.ndarray, "S U E D"]
    seeds: Any = None
    settings: Any = None
    inputs: Any = None
    spacing: float | None = None
    components: tuple[str, ...] | None = None

    def to_dataframe(self, *, states: bool = False) -> Any:
        """Returns a table with a row for each start.

        Args:
            states: also have a column for each component of the state.

        Returns:
            A `pandas.DataFrame` with the columns ``seed``, settings that vary between networks, ``input`` (``input_0``
            and so on for several features), ``q``, ``speed``, ``time_constant_steps`` and ``time_constant`` of the
            leading eigenvalue, in steps and in x, ``eigenvalue_real`` and ``eigenvalue_imaginary``, which are NaN
            unless examined, and ``answer``. A time constant is negative where this mode grows. ``eigenvalues`` has the
            other modes.

        Example:
            >>> points = lt.dynamics.slow_points(trained, visited, inputs)  # doctest: +SKIP
            >>> points.to_dataframe().groupby("seed").speed.median()  # doctest: +SKIP
        """
        leading = np.full(self.q.shape, UNKNOWN)
        leading[..., self.examined] = self.eigenvalues[..., 0]
        columns = {"q": self.q, "speed": self.speed}
        return table(self, np.isfinite(self.q), columns, leading, states=states)


def slow_points(
    networks: AnyNetworks,
    visited: Mapping[str, Mapping[str, Float[np.ndarray, "S C T _"]]],
    inputs: Float[np.ndarray, "U F"],
    *,
    starts: int = 256,
    spacing: float = 1.0,
    tolerance: float = TOLERANCE,
    examined: int = 16,
) -> SlowPoints:
    """Finds slow points of every network under constant inputs, by descent of q from visited states.

    Computes in double precision. The points of a network do not depend on the other networks.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        visited: states by layer and name ``[S, C, T, H]``, such as `lt.states` returns.
        inputs: constant inputs ``[U, F]``, one per row. Slow points depend on the input, so take those that the task
            has, such as zeros between pulses.
        starts: number of visited states from which descents begin, P, evenly spaced along all curves. More of them find
            rarer points.
        spacing: distance of time points, in the unit of x; only ``speed`` depends on it.
        tolerance: the value of q at which a descent ends. A smaller one moves states along lines of slow points, toward
            the slowest points of the lines.
        examined: largest number of points, evenly spaced, whose eigenvalues are computed.

    Returns:
        The states at which descents ended, how fast they move, and eigenvalues; see `SlowPoints`.

    Raises:
        ValueError: an argument is invalid, or layers of the model ignore given initial states; or see `lt.answers`.

    Example:
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(20))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> visited = lt.states(trained, np.linspace(0, 1, 20)[None, :, None])
        >>> held = np.array([[0.2], [0.4]])
        >>> lt.dynamics.slow_points(trained, visited, held, starts=8).q.shape  # doctest: +SKIP
        (2, 2, 8)
    """
    starts, examined = arguments.counts(starts=starts, examined=examined)
    tolerance = arguments.number("tolerance", tolerance, least=0)
    system, params, inputs, states, labels = search(networks, visited, inputs, spacing)
    begun = np.repeat(evenly(states, starts)[:, None], len(inputs), axis=1)
    return descents(system, params, inputs, begun, labels["spacing"], tolerance, examined)._replace(**labels)


def descents(
    system: System,
    params: Params,
    inputs: Float[np.ndarray, "U F"],
    starts: Float[np.ndarray, "S U P D"],
    spacing: float,
    tolerance: float = TOLERANCE,
    examined: int = 16,
) -> SlowPoints:
    """Finds slow points from flat states, one from each, as `lt.dynamics.slow_points` does from states by layer.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        inputs: constant inputs ``[U, F]``.
        starts: flat states from which descents begin, under each input ``[S, U, P, D]``.
        spacing: distance of time points, in the unit of x; only ``speed`` depends on it.
        tolerance: the value of q at which a descent ends.
        examined: largest number of points, evenly spaced, whose eigenvalues are computed.
    """
    states = each_network(_DESCENTS, system, params, starts, inputs, np.float64(tolerance))
    after, answer = each_network(once, system, params, states, inputs)
    distance = np.linalg.norm(after - states, axis=-1)
    chosen = np.unique(np.linspace(0, starts.shape[2] - 1, examined).round().astype(int))
    values = eigenvalues_at(system, params, inputs, states[:, :, chosen])
    return SlowPoints(starts, states, distance**2 / 2, distance / spacing, answer, chosen, values)


def _descent(step: Step, start: State, inputs: Input, tolerance: Float[Array, ""]) -> State:
    """A state of ONE network near a start where q is at most ``tolerance``, or smallest.

    By the method of Levenberg and Marquardt, whose damping is large at the start. Directions that contract fast are
    followed first, so that a state reaches a line of slow points before it moves along the line.
    """

    def motion(state: State) -> State:
        return step(state, inputs)[0] - state

    Carry = tuple[Int[Array, ""], State, State, Float[Array, ""], Bool[Array, ""]]

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


_DESCENTS = partial(at_each, _descent)


def variance_shares(states: States, counted: Bool[np.ndarray, "S U P"]) -> Float[np.ndarray, "S U 2"]:
    """Returns the shares of the variance of states along their first and second principal component.

    A first share near 1 means a line, two equal ones a ring or a disk, several small ones a cloud.

    Args:
        states: states of each network under each input ``[S, U, P, D]``.
        counted: which of them count ``[S, U, P]``, such as those that are slow enough.

    Returns:
        Both shares ``[S, U, 2]``; NaN where fewer than three states are counted, or all are the same.

    Example:
        >>> line = np.linspace(0, 1, 5)[:, None] * np.array([1.0, 2.0])
        >>> variance_shares(line[None, None], np.ones((1, 1, 5), bool)).round(6).tolist()
        [[[1.0, 0.0]]]
    """
    shares = np.full((*states.shape[:2], 2), np.nan)
    for place in np.ndindex(states.shape[:2]):
        points = states[place][counted[place]]
        if len(points) > 2:
            variances = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
            if variances.sum() > 0:
                shares[place] = np.pad(variances / variances.sum(), (0, 1))[:2]
    return shares
