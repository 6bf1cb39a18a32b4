"""Limits of networks under constant inputs: fixed points, cycles, or cells that integrate while the answer rests.

Iteration finds attractors and the shares of starts that they attract; Newton's method, from where states end and from
where they began, is exact, and also finds unstable points. Duplicates are merged.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int, Shaped

from lstm_toys import arguments
from lstm_toys.dynamics.linear import eigenvalues_at
from lstm_toys.dynamics.system import (
    Input,
    Inputs,
    Params,
    State,
    Step,
    System,
    at_each,
    each_network,
    flat_states,
    if_known,
    once,
    system_of,
)
from lstm_toys.populations.trained import Given, resolved

SETTLE, LONG = 300, 2_000
"""Steps before states are watched, and further steps for states that have not reached a limit by then."""

WINDOW = 128
"""Steps during which states are watched; longer cycles are not found."""

NEAR = 0.1
"""Largest distance, in every component, of a state that ends at rest from its fixed point."""

ALIKE, MERGED = 1e-2, 1e-4
"""Newton's method runs once for states, and fixed points count as one, if no component differs by more than this.
Cycles, and answers at rest, count as one if their answers differ by at most `ALIKE`."""

STILL, RESTING = 1e-6, 1e-3
"""Largest movement of a component of a state at rest within half a window, and of an answer at rest in a window."""

STEADY = 0.02
"""Largest relative change between halves of a window of a constant rate, and of a constant swing."""

RETURNED = 0.1
"""A state returned to its end if it was nearer than this share of its largest distance from there, and since then
farther than half of the largest distance."""

ITERATIONS, TOLERANCE, REACH = 15, 1e-12, 1.0
"""Newton's method: the maximum number of steps, the residual at which it ends, relative to 1 + the largest component,
and the largest change of a component in a step."""

NEUTRAL = 1e-9
"""A fixed point is neutral if the largest modulus of its eigenvalues is this close to 1."""


class Kind(IntEnum):
    """The kind of limit that a state approaches under a constant input.

    Attributes:
        NOTHING: there is no further limit; pads the axis Q of `Rest`.
        STABLE: a fixed point whose eigenvalues all have a modulus below 1.
        NEUTRAL: a fixed point whose largest modulus is 1, up to 1e-9.
        UNSTABLE: a fixed point whose largest modulus is above 1.
        CYCLE: the state returns to where it was.
        INTEGRATES: the answer rests, while the state moves on at a constant rate.
        NONE: none of these; the state still moves after all steps.

    Example:
        >>> lt.dynamics.Kind.STABLE.name
        'STABLE'
    """

    NOTHING = -1
    STABLE = 0
    NEUTRAL = 1
    UNSTABLE = 2
    CYCLE = 3
    INTEGRATES = 4
    NONE = 5


class Rest(NamedTuple):
    """Where networks settle under each constant input, by share of starts; then fixed points that no start reached.

    Attributes:
        kind: a value of `Kind` for each limit ``[S, U, Q]``.
        share: the share of starts that ended there ``[S, U, Q]``; 0 for a fixed point that only Newton's method found.
        state: the fixed point, or the last state of a start that ended there ``[S, U, Q, D]``.
        answer: the answer there, of a cycle the mean over it ``[S, U, Q, A]``.
        eigenvalues: those of the Jacobian at fixed points, by descending modulus ``[S, U, Q, D]``; elsewhere NaN.
        found: number of limits that were found ``[S, U]``, which may exceed Q.
    """

    kind: Int[Any, "S U Q"]
    share: Float[Any, "S U Q"]
    state: Float[Any, "S U Q D"]
    answer: Float[Any, "S U Q A"]
    eigenvalues: Complex[Any, "S U Q D"]
    found: Int[Any, "S U"]


class Watched(NamedTuple):
    """States during the last `WINDOW` steps: the last state, and the smallest, largest and mean answer.

    Attributes:
        swings: the largest range of a component in each half.
        rates: the mean change of each component per step in each half.
        returned: whether the state was near its end before, and away since; see `RETURNED`.
    """

    end: Float[Any, "*N P D"]
    swings: Float[Any, "*N P 2"]
    low: Float[Any, "*N P A"]
    high: Float[Any, "*N P A"]
    mean: Float[Any, "*N P A"]
    rates: Float[Any, "*N P 2 D"]
    returned: Bool[Any, "*N P"]


def newton(step: Step, start: State, inputs: Input) -> State:
    """A fixed point of ONE network under a constant input; NaN if Newton's method finds none from this start.

    Components that stay constant regardless of the others, such as saturated memory cells, are left unchanged.
    """

    def change(state: State) -> State:
        return step(state, inputs)[0] - state

    def open_(carry: tuple[Int[Array, ""], State, State]) -> Bool[Array, ""]:
        count, state, rest = carry
        return (count < ITERATIONS) & (jnp.abs(rest).max() > TOLERANCE * (1 + jnp.abs(state).max()))

    def nearer(carry: tuple[Int[Array, ""], State, State]) -> tuple[Int[Array, ""], State, State]:
        count, state, rest = carry
        slopes = jax.jacfwd(change)(state)
        held = (slopes == 0).all(axis=1) & (rest == 0)
        moved = jnp.linalg.solve(slopes + jnp.diag(held.astype(slopes.dtype)), -rest[:, None])[:, 0]
        state = state + moved * jnp.minimum(1, REACH / jnp.maximum(jnp.abs(moved).max(), REACH))
        return count + 1, state, change(state)

    carry = jax.lax.while_loop(open_, nearer, (jnp.int32(0), start, change(start)))
    _, state, rest = carry
    return jnp.where(jnp.isfinite(rest).all() & ~open_((jnp.int32(0), state, rest)), state, jnp.nan)


def rest(
    networks: Given,
    visited: Mapping[str, Mapping[str, Float[np.ndarray, "S C T _"]]],
    inputs: Float[np.ndarray, "U F"],
    *,
    starts: int = 64,
    most: int = 8,
) -> Rest:
    """Finds where networks come to rest under constant inputs: fixed points, cycles, or cells that integrate.

    Networks are iterated from visited states, and from as many around them; Newton's method then finds fixed points
    near where they end, and unstable ones between these. Computes in double precision. What is found of a network does
    not depend on the other networks.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        visited: states by layer and name ``[S, C, T, H]``, such as `lt.states` returns.
        inputs: constant inputs ``[U, F]``, one per row, such as zeros between pulses.
        starts: number of initial states, P, at least two; every second one is drawn around the visited ones. More of
            them find limits that attract fewer states.
        most: largest number of limits of each network and input, Q; those with the largest shares of starts are kept.
            ``found`` says how many there were.

    Returns:
        The limits, their kinds, and the shares of starts that end there; see `Rest`.

    Raises:
        ValueError: an argument is invalid, or layers of the model ignore given initial states; or see `lt.answers`.

    Example:
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(20))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> visited = lt.states(trained, np.linspace(0, 1, 20)[None, :, None])
        >>> lt.dynamics.rest(trained, visited, np.array([[0.2], [0.4]]), most=3).kind.shape  # doctest: +SKIP
        (2, 2, 3)
    """
    inputs = np.asarray(arguments.array("inputs", inputs, "U F", hint=", one constant input per row"), float)
    starts, (most,) = arguments.whole("starts", starts, least=2), arguments.counts(most=most)
    networks = resolved(networks)
    system = system_of(networks, inputs.shape[1])
    return limits(system, networks.params, inputs, starts_of(flat_states(system, networks, visited), starts), most)


def limits(system: System, params: Params, inputs: Inputs, starts: Float[np.ndarray, "S P D"], most: int = 8) -> Rest:
    """Finds limits from flat initial states, as `lt.dynamics.rest` does from states by layer.

    Newton's method begins near where states ended, at every second start, and halfway between the fixed points at which
    this start and the next one ended, which finds unstable points between stable ones.

    Args:
        system: the map of the networks' model, from `lstm_toys.dynamics.system.system_of`.
        params: parameters of the networks, such as ``networks.params``; every leaf has a leading axis S.
        inputs: constant inputs ``[U, F]``.
        starts: initial states of each network ``[S, P, D]``, at least two, such as from `starts_of`. More of them find
            limits that attract fewer states.
        most: maximum number of limits returned for each network and input, Q; those with the largest shares.
    """
    shape = (len(starts), len(inputs), starts.shape[1])
    begun = np.broadcast_to(starts[:, None], (*shape, system.dimension))
    seen: Watched = each_network(_watched, system, params, begun, inputs, np.int64(SETTLE))
    integrates = _kinds(seen, np.full_like(seen.end, np.nan)) == Kind.INTEGRATES
    points = _near_ends(system, params, inputs, seen.end, ~integrates)
    restless = np.isin(_kinds(seen, points), (Kind.CYCLE, Kind.NONE))
    if restless.any():

        def later(new: Shaped[np.ndarray, "S U P *N"], old: Shaped[np.ndarray, "S U P *N"]) -> np.ndarray:
            return np.where(restless.reshape(*shape, *(1,) * (old.ndim - 3)), new, old)

        own = np.where(np.asarray(restless.any(axis=-1))[..., None, None], seen.end, np.nan)
        seen = jax.tree.map(later, each_network(_watched, system, params, own, inputs, np.int64(LONG)), seen)
        points = later(_near_ends(system, params, inputs, seen.end, restless), points)
    before, odd = np.roll(points, 1, axis=2), np.arange(shape[2]) % 2 == 1
    apart = np.abs(points - before).max(axis=-1) > MERGED
    between = np.where(odd[:, None], np.where(apart[..., None], (points + before) / 2, np.nan), begun)
    from_starts = each_network(_NEWTON, system, params, between, inputs)
    every = [
        _limits(Watched(*(leaf[place] for leaf in seen)), points[place], from_starts[place], most)
        for place in np.ndindex(shape[:2])
    ]
    found: Rest = jax.tree.map(lambda *each: np.stack(each).reshape(*shape[:2], *np.shape(each[0])), *every)
    at_rest = found.kind == Kind.STABLE
    states = np.where(at_rest[..., None], found.state, np.nan)
    found.eigenvalues[:] = eigenvalues_at(system, params, inputs, states)
    largest = np.abs(found.eigenvalues[..., 0])
    found.kind[at_rest & (largest > 1 - NEUTRAL)] = Kind.NEUTRAL
    found.kind[at_rest & (largest > 1 + NEUTRAL)] = Kind.UNSTABLE
    found.answer[at_rest] = each_network(once, system, params, found.state, inputs)[1][at_rest]
    return found


def starts_of(visited: Float[np.ndarray, "S N D"], count: int) -> Float[np.ndarray, "S P D"]:
    """Returns initial states for `limits`: visited ones, alternating with as many from a box around them.

    The box extends the visited range of each component by its own length on both sides. All networks share the random
    numbers, so that the starts of a network do not depend on the others.

    Args:
        visited: states of each network along curves ``[S, N, D]``, N in all, from which evenly spaced ones are taken.
        count: number of initial states, P.

    Example:
        >>> starts_of(np.linspace(0, 1, 5)[None, :, None], count=4)[0, ::2, 0].tolist()
        [0.0, 1.0]
    """
    drawn = count // 2
    low, high = visited.min(axis=1, keepdims=True), visited.max(axis=1, keepdims=True)
    uniform = np.random.default_rng(0).uniform(-1, 2, (1, drawn, visited.shape[2]))
    starts = np.empty((len(visited), count, visited.shape[2]))
    starts[:, ::2], starts[:, 1::2] = evenly(visited, count - drawn), low + uniform * (high - low)
    return starts


def evenly(states: Float[np.ndarray, "S N D"], count: int) -> Float[np.ndarray, "S P D"]:
    """Returns as many states, evenly spaced along N; some of them repeatedly if there are fewer."""
    return states[:, np.linspace(0, states.shape[1] - 1, count).round().astype(int)]


def merged(points: Float[np.ndarray, "P D"], distance: float) -> Int[np.ndarray, " P"]:
    """Returns for each point the first unmerged one within a distance in every component; -1 for NaN."""
    near = np.abs(points[:, None] - points[None]).max(axis=-1) <= distance
    first = np.full(len(points), -1)
    for place in np.flatnonzero(near.diagonal()):
        earlier = np.flatnonzero(near[place, :place] & (first[:place] == np.arange(place)))
        first[place] = earlier[0] if len(earlier) else place
    return first


def _watched(step: Step, starts: Float[Array, "U P D"], inputs: Float[Array, "U F"], steps: Int[Array, ""]) -> Watched:
    """Iterates states of ONE network under constant inputs, `if_known`, ``steps`` and then `WINDOW` times."""
    every = jax.vmap(step, (0, None))

    def under(starts: Float[Array, "P D"], constant: Input) -> Watched:
        begun = jax.lax.fori_loop(0, steps, lambda _, states: every(states, constant)[0], starts)

        def recorded(states: Float[Array, "P D"], _: None) -> tuple[Array, tuple[Array, Array]]:
            states, answers = every(states, constant)
            return states, (states, answers)

        end, (states, answers) = jax.lax.scan(recorded, begun, length=WINDOW)
        halves = states.reshape(2, WINDOW // 2, *states.shape[1:])
        swings = (halves.max(axis=1) - halves.min(axis=1)).max(axis=-1)
        rates = (halves[:, -1] - halves[:, 0]) / (WINDOW // 2 - 1)
        away = jnp.abs(states[-2::-1] - end[None]).max(axis=-1)  # At a lag of 1 and more.
        farther = jnp.concatenate([away[1:], jnp.full_like(away[:1], jnp.inf)])
        gone = jax.lax.cummax(away) >= away.max(axis=0)[None] / 2
        back = gone & (away <= RETURNED * away.max(axis=0)[None]) & (away < farther)
        ends = answers.min(axis=0), answers.max(axis=0), answers.mean(axis=0)
        return Watched(end, swings.T, *ends, jnp.swapaxes(rates, 0, 1), back.any(axis=0))

    return jax.lax.map(lambda each: if_known(under, *each), (starts, inputs))


_NEWTON = partial(at_each, newton)


def _near_ends(
    system: System, params: Params, inputs: Inputs, ends: Float[np.ndarray, "S U P D"], asked: Bool[np.ndarray, "S U P"]
) -> Float[np.ndarray, "S U P D"]:
    """The fixed point that Newton's method finds from each end, or from one that is `ALIKE`."""
    masked = np.where(asked[..., None], ends, np.nan).reshape(-1, *ends.shape[2:])
    first = np.stack([merged(each, ALIKE) for each in masked]).reshape(asked.shape)
    own = np.where((first == np.arange(asked.shape[2]))[..., None], ends, np.nan)
    points = each_network(_NEWTON, system, params, own, inputs)
    return np.take_along_axis(points, np.maximum(first, 0)[..., None], axis=2)


def _kinds(seen: Watched, points: Float[np.ndarray, "*N P D"]) -> Int[np.ndarray, "*N P"]:
    """The kinds of limits that states approach, with all fixed points, near which they end, called stable.

    A state is at rest near its point if it is still or coming to rest. It integrates if answers rest while the
    component that moves fastest moves at a constant rate. It cycles if it returned to where it was, with constant
    swings.
    """
    before, after = np.moveaxis(seen.swings, -1, 0)
    near = np.abs(seen.end - points).max(axis=-1) <= NEAR
    settled = near & (after <= np.maximum(STILL, (1 - STEADY) * before))
    early, late = np.moveaxis(np.take_along_axis(seen.rates, _fastest(seen)[..., None, None], -1)[..., 0], -1, 0)
    steady = (np.abs(late - early) <= STEADY * np.abs(late)) & (np.abs(late) * (WINDOW // 2) > STILL)
    integrates = steady & ((seen.high - seen.low).max(axis=-1) <= RESTING)
    cycles = seen.returned & (np.abs(after - before) <= STEADY * before) & (after > STILL)
    return np.select([settled, integrates, cycles], [Kind.STABLE, Kind.INTEGRATES, Kind.CYCLE], Kind.NONE)


def _fastest(seen: Watched) -> Int[np.ndarray, "*N P"]:
    return np.asarray(np.abs(seen.rates[..., 1, :]).argmax(axis=-1))


def _limits(seen: Watched, points: Float[np.ndarray, "P D"], from_starts: Float[np.ndarray, "P D"], most: int) -> Rest:
    """The limits of ONE network under one input, ``[Q ...]``, before its fixed points are classified."""
    kinds, fastest, count = _kinds(seen, points), _fastest(seen), len(points)
    settled, every = kinds == Kind.STABLE, np.concatenate([points, from_starts])
    at_rest = merged(np.where(np.append(settled, np.ones(count, bool))[:, None], every, np.nan), MERGED)
    alike = merged(np.concatenate([seen.low, seen.high, fastest[:, None]], axis=-1), ALIKE)
    groups = [*zip(kinds.tolist(), np.select([settled, kinds != Kind.NONE], [at_rest[:count], alike]), strict=True)]
    sizes = {group: groups.count(group) for group in dict.fromkeys(groups)}
    sizes |= {(Kind.STABLE, place): 0 for place in dict.fromkeys(at_rest[count:]) if place >= count}

    state, answer = np.full(points.shape[1], np.nan), np.full(seen.mean.shape[1], np.nan)
    nothing = Rest(Kind.NOTHING, 0.0, state, answer, state.astype(complex), 0)
    limits = [nothing] * most
    for q, ((kind, place), size) in enumerate(sorted(sizes.items(), key=lambda item: -item[1])[:most]):
        limits[q] = nothing._replace(kind=kind, share=size / count, state=every[place])
        if kind != Kind.STABLE:
            member = groups.index((kind, place))
            limits[q] = limits[q]._replace(state=seen.end[member], answer=seen.mean[member])
    return Rest(*map(np.stack, zip(*limits, strict=True)))._replace(found=len(sizes))
