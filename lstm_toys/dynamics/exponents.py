"""Lyapunov exponents: how fast states of a network that begin close together separate or approach along a curve."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float
from scipy import stats

from lstm_toys import arguments
from lstm_toys.dynamics.system import Input, State, Step, each_network, system_of
from lstm_toys.populations.trained import AnyNetworks, resolved, varied

BLOCKS = 20
"""Blocks of time whose rates give the standard error."""

VANISHED = 1e-13
"""A direction vanishes if a step shortens what earlier directions leave of it to this share, which is rounding."""

NEAR = 1e-2
"""Standard deviation of the components of the state in which networks begin by default."""

NEUTRAL = 1e-9
"""Exponents this close to 0 are not told apart from it."""


def lyapunov(
    networks: AnyNetworks,
    curves: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    count: int | None = 4,
    settle: int | None = None,
    starts: Float[np.ndarray, "S D"] | None = None,
) -> xr.Dataset:
    """Computes Lyapunov exponents of every network along curves: the rates at which nearby states separate.

    Along a constant curve they are the exponents of the autonomous network, along another one conditional exponents of
    the driven network. If the largest is negative, the network forgets the state in which it began; if it is positive,
    nearby states separate, as in chaos. Directions are moved by the network's Jacobian and made orthonormal again at
    every time point (Benettin et al., 1980), in double precision. The exponents of a network do not depend on the other
    networks.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        curves: inputs ``[C, T, F]``, such as 2,000 time points of one value; more of them reduce the standard error.
        count: number of exponents, K, the largest ones, at most one for each number in a flat state; None: all.
        settle: number of time points at the beginning that are not counted, while states approach their limit and
            directions align; None: a fifth of them. Up to 19 more are left out, so that blocks of time are equal.
        starts: flat states ``[S, D]`` in which networks begin; see `lstm_toys.dynamics.system`. None: a small random
            state, the same for all networks, since zero may be an unstable fixed point.

    Returns:
        A dataset with ``exponent`` ``[seed, curve, order]``, in descending order, per time point (divide by the spacing
        for one per unit of x); ``error`` ``[seed, curve, order]``, its standard error, from 20 blocks of time; and
        ``dimension`` ``[seed, curve]`` of Kaplan and Yorke (1979), NaN if it needs more exponents. An exponent is
        -infinity, without an error, if the Jacobian loses the direction, as where hard gates are 0.

    Raises:
        ValueError: an argument is invalid, fewer than 20 time points are counted, or layers of the model ignore given
            initial states; or see `lt.answers`.

    Example:
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> found = lt.dynamics.lyapunov(trained, np.full((1, 500, 1), 0.3))
        >>> found.exponent.shape, bool((found.exponent < 0).all())
        ((2, 1, 4), True)
    """
    networks = resolved(networks)
    curves = np.asarray(arguments.array("curves", curves, "C T F"), float)
    system, points = system_of(networks, curves.shape[2]), curves.shape[1]
    size = system.dimension
    kept = size if count is None else min(size, arguments.whole("count", count, least=1))
    settle = points // 5 if settle is None else arguments.whole("settle", settle, least=0)
    arguments.expect(
        points - settle >= BLOCKS, "curves", f"at least {BLOCKS} time points after settle={settle}", curves
    )
    random = np.random.default_rng(0)
    frame, near = random.normal(size=(kept, size)), NEAR * random.normal(size=size)
    begun = np.tile(near, (len(networks), 1)) if starts is None else starts
    begun = np.asarray(arguments.array("starts", begun, f"{len(networks)} {size}"), float)
    settle += (points - settle) % BLOCKS
    counted = curves[:, settle:].reshape(len(curves), BLOCKS, -1, curves.shape[2])
    rates = each_network(_rates, system, networks.params, begun, frame, curves[:, :settle], counted)
    with np.errstate(invalid="ignore"):
        exponents, errors = rates.mean(axis=2), rates.std(axis=2, ddof=1) / np.sqrt(BLOCKS)
    order = np.argsort(-exponents, axis=-1, kind="stable")
    exponents, errors = (np.take_along_axis(each, order, axis=-1) for each in (exponents, errors))
    settings = {name: ("seed", values) for name, values in varied(networks.numbers).items()}
    return xr.Dataset(
        {
            "exponent": (("seed", "curve", "order"), exponents, {"units": "per time point"}),
            "error": (("seed", "curve", "order"), errors, {"units": "per time point"}),
            "dimension": (("seed", "curve"), np.apply_along_axis(_dimension, -1, exponents, size)),
        },
        {"seed": np.array(networks.seeds), "order": 1 + np.arange(kept), **settings},
    )


def half_width(errors: Float[np.ndarray, "*N"]) -> Float[np.ndarray, "*N"]:
    """Returns half the width of 95 % intervals of exponents, from their standard errors by Student's t distribution.

    Args:
        errors: standard errors, such as ``error`` of `lt.dynamics.lyapunov`.
    """
    return np.asarray(stats.t.ppf(0.975, BLOCKS - 1) * errors)


def signs(exponents: Float[np.ndarray, "*N"], errors: Float[np.ndarray, "*N"]) -> Float[np.ndarray, "*N"]:
    """Returns whether each exponent is above 0 (1), below (-1), or not told apart from it (0).

    Args:
        exponents: exponents, such as of `lt.dynamics.lyapunov`, per time point.
        errors: their standard errors. An exponent is told apart from 0 if 0 is outside of its 95 % interval.

    Returns:
        The sign of each exponent; NaN where an exponent is NaN.

    Example:
        >>> signs(np.array([0.1, 0.01, -np.inf]), np.array([0.01, 0.01, np.nan])).tolist()
        [1.0, 0.0, -1.0]
    """
    apart = np.abs(exponents) > np.maximum(NEUTRAL, half_width(np.nan_to_num(errors)))
    return np.where(apart | np.isnan(exponents), np.sign(exponents), 0.0)


def _rates(
    step: Step,
    start: State,
    frame: Float[Array, "K D"],
    settling: Float[Array, "C T0 F"],
    counted: Float[Array, "C B T1 F"],
) -> Float[Array, "C B K"]:
    """The mean logarithms of growth of ONE network in each block of time."""

    def at(carry: tuple[State, Array], inputs: Input) -> tuple[tuple[State, Array], Float[Array, " K"]]:
        state, frame = carry
        after, moved = jax.linearize(lambda state: step(state, inputs)[0], state)
        frame, lengths = _orthonormal(jax.vmap(moved)(frame))
        return (after, frame), jnp.log(lengths)

    def block(carry: tuple[State, Array], inputs: Float[Array, "T1 F"]) -> tuple[tuple[State, Array], Array]:
        carry, logarithms = jax.lax.scan(at, carry, inputs)
        return carry, logarithms.mean(axis=0)

    def along(settling: Float[Array, "T0 F"], counted: Float[Array, "B T1 F"]) -> Float[Array, "B K"]:
        settled, _ = jax.lax.scan(at, (start, _orthonormal(frame)[0]), settling)
        return jax.lax.scan(block, settled, counted)[1]

    return jax.vmap(along)(settling, counted)


def _orthonormal(rows: Float[Array, "K D"]) -> tuple[Float[Array, "K D"], Float[Array, " K"]]:
    """Rows made orthonormal by Gram-Schmidt steps as in `lt.orthogonal`, and the lengths that they had; or zeros."""
    count = len(rows)

    def at(number: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        rows, lengths = carry
        earlier = jnp.where(jnp.arange(count)[:, None] < number, rows, 0)
        given = row = rows[number]
        for _ in range(2):
            row = row - (earlier @ row) @ earlier
        length = jnp.sqrt(jnp.sum(row * row))
        lost: Bool[Array, ""] = length <= VANISHED * jnp.sqrt(jnp.sum(given * given))
        length = jnp.where(lost, 0, length)
        return rows.at[number].set(row / jnp.where(lost, jnp.inf, length)), lengths.at[number].set(length)

    return jax.lax.fori_loop(0, count, at, (rows, jnp.zeros(count, rows.dtype)))


def _dimension(exponents: Float[np.ndarray, " K"], size: int) -> float:
    """The dimension of Kaplan and Yorke: the number of exponents whose sum is 0, interpolated."""
    total = np.cumsum(exponents)
    if np.isnan(total).any():
        return np.nan
    if (total >= 0).all():
        return float(size) if len(total) == size else np.nan
    last = int(np.argmax(total < 0))
    return last + float(total[last - 1] / -exponents[last]) if last else 0.0
