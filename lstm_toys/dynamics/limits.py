"""Limits of networks under constant inputs: fixed points, cycles, or cells that integrate while the answer rests.

Iteration finds attractors and the shares of starts that they attract; Newton's method, from where states end and from
where they began, is exact, and also finds unstable points. Duplicates are merged. `table` lists limits and slow points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Complex, Float, Int, Shaped

from lstm_toys import arguments
from lstm_toys.dynamics.linear import eigenvalues_at, modes
from lstm_toys.dynamics.system import (
    Input,
    Inputs,
    Params,
    State,
    States,
    Step,
    System,
    at_each,
    each_network,
    once,
    search,
    unless_nan,
)
from lstm_toys.execution.progress import ProgressDisplay
from lstm_toys.output import counted, python_console
from lstm_toys.populations.trained import AnyNetworks

SETTLE, LONG, LONGEST = 300, 2_000, 1_000_000
"""Steps before states are watched; further steps for states that have not reached a limit by then; and the steps up to
which representatives of states that still drift are followed, through windows that are each twice as far away."""

FOLLOWED = 8
"""Most representatives of drifting states, of each network under each input, that are followed."""

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
        INTEGRATES: the answer rests, while a state that nothing bounds moves on at a constant rate; see ``unbounded``
            in [what a cell provides](../cells.md#what-a-cell-provides).
        SLOW: no limit after all steps; the state still moves, at the rate that `Rest` has.

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
    SLOW = 5


class Rest(NamedTuple):
    """Where networks settle under each constant input, by share of starts; then fixed points that no start reached.

    Attributes:
        kind: a value of `Kind` for each limit ``[S, U, Q]``.
        share: the share of starts that ended there ``[S, U, Q]``; 0 for a fixed point that only Newton's method found.
        state: the fixed point, or the last state of a start that ended there ``[S, U, Q, D]``.
        answer: the answer there, of a cycle the mean over it ``[S, U, Q, A]``.
        eigenvalues: those of the Jacobian at fixed points, by descending modulus ``[S, U, Q, D]``; elsewhere NaN.
        rate: the change of the fastest component per step, over half a window at the end ``[S, U, Q]``.
        watched: the steps after which a kind was given ``[S, U, Q]``; 0 for points that no start reached.
        found: number of limits that were found ``[S, U]``, which may exceed Q.
        seeds: seeds of the networks ``[S]``.
        settings: settings that vary between the networks ``[S]``, by name.
        inputs: the constant inputs ``[U, F]``.
        spacing: distance of time points, in the unit of x.
        components: names of the components of a state, such as ``lstm_0/cell/3``.
    """

    kind: Int[Any, "S U Q"]
    share: Float[Any, "S U Q"]
    state: Float[Any, "S U Q D"]
    answer: Float[Any, "S U Q A"]
    eigenvalues: Complex[Any, "S U Q D"]
    rate: Float[Any, "S U Q"]
    watched: Int[Any, "S U Q"]
    found: Int[Any, "S U"]
    seeds: Any = None
    settings: Any = None
    inputs: Any = None
    spacing: float | None = None
    components: tuple[str, ...] | None = None

    def to_dataframe(self, *, states: bool = False) -> Any:
        """Returns a table with a row for each limit.

        Args:
            states: also have a column for each component of the state.

        Returns:
            A `pandas.DataFrame` with the columns ``seed``, settings that vary between networks, ``input`` (``input_0``
            and so on for several features), ``kind`` by name, ``share`` of starts, ``rate``, ``watched``,
            ``time_constant_steps`` and ``time_constant`` of the leading eigenvalue, in steps and in x,
            ``eigenvalue_real``, ``eigenvalue_imaginary``, and ``answer``. A time constant is negative where this mode
            grows. ``eigenvalues`` has the other modes.

        Example:
            >>> limits = lt.dynamics.rest(trained, visited, inputs)  # doctest: +SKIP
            >>> limits.to_dataframe().groupby("seed").kind.value_counts()  # doctest: +SKIP
        """
        names = np.vectorize(lambda kind: Kind(kind).name.lower(), otypes=[object])(self.kind)
        columns = {"kind": names, "share": self.share, "rate": self.rate, "watched": self.watched}
        return table(self, self.kind != Kind.NOTHING, columns, self.eigenvalues[..., 0], states=states)


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


class _Seen(NamedTuple):
    """Where states ended: the fixed points nearby, the kinds of limits, and the number of steps."""

    watched: Watched
    points: Float[Any, "*N P D"]
    kinds: Int[Any, "*N P"]
    steps: Int[Any, "*N P"]


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
    networks: AnyNetworks,
    visited: Mapping[str, Mapping[str, Float[np.ndarray, "S C T _"]]],
    inputs: Float[np.ndarray, "U F"],
    *,
    starts: int = 64,
    most: int = 8,
    spacing: float = 1.0,
    progress: bool = True,
) -> Rest:
    """Finds where networks come to rest under constant inputs: fixed points, cycles, or cells that integrate.

    Networks are iterated from visited states, and from as many around them; Newton's method then finds fixed points
    near where they end, and unstable ones between these. Computes in double precision. The limits of a network do
    not depend on the other networks.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        visited: states by layer and name ``[S, C, T, H]``, such as `lt.states` returns.
        inputs: constant inputs ``[U, F]``, one per row, such as zeros between pulses.
        starts: number of initial states, P, at least two; every second one is drawn around the visited ones. More of
            them find limits that attract fewer states.
        most: largest number of limits of each network and input, Q; those with the largest shares of starts are kept.
            ``found`` says how many there were.
        spacing: distance of time points, in the unit of x; only time constants in tables depend on it.
        progress: whether a terminal or a notebook shows that limits are searched for.

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
    starts, (most,) = arguments.whole("starts", starts, least=2), arguments.counts(most=most)
    system, params, inputs, states, labels = search(networks, visited, inputs, spacing)
    with ProgressDisplay(python_console(progress=progress), None, "iterating") as shown:
        shown.tell(f"limits of {counted(len(states), 'network')} under {counted(len(inputs), 'input')}")
        return limits(system, params, inputs, starts_of(states, starts), most)._replace(**labels)


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
    look = partial(_looked, system, params, inputs)
    seen = look(begun, SETTLE)
    restless = np.isin(seen.kinds, (Kind.CYCLE, Kind.SLOW))
    if restless.any():
        again = look(np.where(np.asarray(restless.any(axis=-1))[..., None, None], seen.watched.end, np.nan), LONG)
        seen = _followed(look, _chosen(restless, again, seen, SETTLE + WINDOW))
    points = seen.points
    before, odd = np.roll(points, 1, axis=2), np.arange(shape[2]) % 2 == 1
    apart = np.abs(points - before).max(axis=-1) > MERGED
    between = np.where(odd[:, None], np.where(apart[..., None], (points + before) / 2, np.nan), begun)
    from_starts = each_network(_NEWTON, system, params, between, inputs)
    by_place = [
        _limits(jax.tree.map(itemgetter(place), seen), from_starts[place], most) for place in np.ndindex(shape[:2])
    ]
    result: Rest = jax.tree.map(lambda *leaves: np.stack(leaves).reshape(*shape[:2], *np.shape(leaves[0])), *by_place)
    at_rest = result.kind == Kind.STABLE
    states = np.where(np.asarray(at_rest)[..., None], result.state, np.nan)
    result.eigenvalues[:] = eigenvalues_at(system, params, inputs, states)
    largest = np.abs(result.eigenvalues[..., 0])
    result.kind[at_rest & (largest > 1 - NEUTRAL)] = Kind.NEUTRAL
    result.kind[at_rest & (largest > 1 + NEUTRAL)] = Kind.UNSTABLE
    result.answer[at_rest] = each_network(once, system, params, result.state, inputs)[1][at_rest]
    return result


def starts_of(visited: Float[np.ndarray, "S N D"], count: int) -> Float[np.ndarray, "S P D"]:
    """Returns initial states for `limits`: visited ones, alternating with as many from a box around them.

    The box extends the visited range of each component by its length on both sides. All networks share the random
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
    """Iterates states of ONE network under constant inputs, `unless_nan`, ``steps`` and then `WINDOW` times."""
    all_step = jax.vmap(step, (0, None))

    def under(starts: Float[Array, "P D"], constant: Input) -> Watched:
        begun = jax.lax.fori_loop(0, steps, lambda _, states: all_step(states, constant)[0], starts)

        def recorded(states: Float[Array, "P D"], _: None) -> tuple[Array, tuple[Array, Array]]:
            states, answers = all_step(states, constant)
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

    return jax.lax.map(lambda place: unless_nan(under, *place), (starts, inputs))


_NEWTON = partial(at_each, newton)


def _looked(system: System, params: Params, inputs: Inputs, begun: States, steps: int) -> _Seen:
    """Watches states after some steps, and finds the limits that they approach."""
    watched: Watched = each_network(_watched, system, params, begun, inputs, np.int64(steps))
    integrates = _kinds(watched, np.full_like(watched.end, np.nan), system.free) == Kind.INTEGRATES
    # Newton's method runs once for ends that are alike.
    first, is_first = _firsts(np.where(integrates[..., None], np.nan, watched.end), ALIKE)
    ends = np.where(is_first[..., None], watched.end, np.nan)
    points = _taken(first, each_network(_NEWTON, system, params, ends, inputs))
    kinds = _kinds(watched, points, system.free)
    # Near an unstable point, but not on it, states slow down before they leave.
    near = (kinds == Kind.STABLE) & (np.abs(watched.end - points).max(axis=-1) > STILL)
    if near.any():
        first, is_first = _firsts(np.where(near[..., None], points, np.nan), MERGED)
        values = eigenvalues_at(system, params, inputs, np.where(is_first[..., None], points, np.nan))
        largest = np.take_along_axis(np.abs(values[..., 0]), first, axis=2)
        kinds = np.where(near & (largest > 1 + NEUTRAL), Kind.SLOW, kinds)
    return _Seen(watched, points, kinds, np.full(kinds.shape, steps + WINDOW))


def _chosen(mask: Bool[np.ndarray, "*N P"], new: _Seen, old: _Seen, before: int | Int[np.ndarray, "*N P"]) -> _Seen:
    """Takes the new entries, after ``before`` more steps, where the mask is True, and else the old ones."""

    def either(new: Shaped[np.ndarray, "*N P *rest"], old: Shaped[np.ndarray, "*N P *rest"]) -> np.ndarray:
        return np.where(mask.reshape(*mask.shape, *(1,) * (old.ndim - mask.ndim)), new, old)

    return jax.tree.map(either, new._replace(steps=new.steps + before), old)


def _followed(look: Callable[[States, int], _Seen], seen: _Seen) -> _Seen:
    """Follows representatives of states that still drift, through windows that are each twice as far away.

    A representative's kind is that of all states within `MERGED` of it, or that are `ALIKE` if there are too many. An
    infinite state is not followed any further.
    """
    drifts = seen.kinds == Kind.SLOW
    if not drifts.any():
        return seen
    ends = np.where(drifts[..., None], seen.watched.end, np.nan)
    (first, fine), (coarse, _) = _firsts(ends, MERGED), _firsts(ends, ALIKE)
    first = np.where((fine.sum(axis=-1) <= FOLLOWED)[..., None], first, coarse)
    sizes = (drifts[..., None] & (first[..., None] == np.arange(drifts.shape[-1]))).sum(axis=-2)
    chosen = np.argsort(-sizes, axis=-1, kind="stable")[..., :FOLLOWED]
    followed = jax.tree.map(partial(_taken, chosen), seen)
    steps, total = LONG, SETTLE + LONG + 2 * WINDOW
    while total < LONGEST:
        open_ = (followed.kinds == Kind.SLOW) & (np.take_along_axis(sizes, chosen, axis=-1) > 0)
        steps = min(2 * steps, LONGEST - total)
        ends = np.where(open_.any(axis=-1)[..., None, None], followed.watched.end, np.nan)
        if not np.isfinite(ends).all(axis=(-2, -1)).any():
            break
        new = look(ends, steps)
        open_ &= np.isfinite(new.watched.end).all(axis=-1)
        if not open_.any():
            break
        followed, total = _chosen(open_, new, followed, followed.steps), total + steps + WINDOW
    matches = first[..., None] == chosen[..., None, :]
    mine, slot = drifts & matches.any(axis=-1), matches.argmax(axis=-1)
    return _chosen(mine, jax.tree.map(partial(_taken, slot), followed), seen, 0)


def _taken(places: Int[np.ndarray, "*N K"], leaf: Shaped[np.ndarray, "*N P *rest"]) -> Shaped[np.ndarray, "*N K *rest"]:
    """Entries along P."""
    return np.take_along_axis(leaf, places.reshape(*places.shape, *(1,) * (leaf.ndim - places.ndim)), places.ndim - 1)


def _firsts(states: States, distance: float) -> tuple[Int[np.ndarray, "*N P"], Bool[np.ndarray, "*N P"]]:
    """For each state the first one with which it is merged, and whether it is this one; 0 and False for NaN."""
    rows = [merged(points, distance) for points in states.reshape(-1, *states.shape[2:])]
    first = np.stack(rows).reshape(states.shape[:3])
    return np.maximum(first, 0), first == np.arange(states.shape[2])


def _kinds(seen: Watched, points: Float[np.ndarray, "*N P D"], free: Bool[np.ndarray, " D"]) -> Int[np.ndarray, "*N P"]:
    """The kinds of limits that states approach, with all fixed points, near which they end, called stable.

    A state is at rest near its point if it is still or coming to rest. It integrates if answers rest while the
    component that moves fastest, which nothing bounds, moves at a constant rate. It cycles if it returned to where it
    was, with constant swings.
    """
    before, after = np.moveaxis(seen.swings, -1, 0)
    near = np.abs(seen.end - points).max(axis=-1) <= NEAR
    settled = near & (after <= np.maximum(STILL, (1 - STEADY) * before))
    fastest = _fastest(seen)
    early, late = np.moveaxis(np.take_along_axis(seen.rates, fastest[..., None, None], -1)[..., 0], -1, 0)
    steady = (np.abs(late - early) <= STEADY * np.abs(late)) & (np.abs(late) * (WINDOW // 2) > STILL)
    integrates = free[fastest] & steady & ((seen.high - seen.low).max(axis=-1) <= RESTING)
    cycles = seen.returned & (np.abs(after - before) <= STEADY * before) & (after > STILL)
    return np.select([settled, integrates, cycles], [Kind.STABLE, Kind.INTEGRATES, Kind.CYCLE], Kind.SLOW)


def _fastest(seen: Watched) -> Int[np.ndarray, "*N P"]:
    return np.asarray(np.abs(seen.rates[..., 1, :]).argmax(axis=-1))


def _limits(seen: _Seen, from_starts: Float[np.ndarray, "P D"], most: int) -> Rest:
    """The limits of ONE network under one input, ``[Q ...]``, before its fixed points are classified."""
    (watched, points, kinds, steps), count = seen, len(from_starts)
    rate = np.abs(watched.rates[..., 1, :]).max(axis=-1)
    settled, candidates = kinds == Kind.STABLE, np.concatenate([points, from_starts])
    at_rest = merged(np.where(np.append(settled, np.ones(count, bool))[:, None], candidates, np.nan), MERGED)
    moving = np.where(kinds == Kind.INTEGRATES, _fastest(watched), 0)
    alike = merged(np.concatenate([watched.low, watched.high, moving[:, None]], axis=-1), ALIKE)
    groups = [*zip(kinds.tolist(), np.select([settled, kinds != Kind.SLOW], [at_rest[:count], alike]), strict=True)]
    sizes = {group: groups.count(group) for group in dict.fromkeys(groups)}
    sizes |= {(Kind.STABLE, place): 0 for place in dict.fromkeys(at_rest[count:]) if place >= count}

    state, answer = np.full(points.shape[1], np.nan), np.full(watched.mean.shape[1], np.nan)
    nothing = Rest(Kind.NOTHING, 0.0, state, answer, state.astype(complex), 0.0, 0, 0)
    limits = [nothing] * most
    for q, ((kind, place), size) in enumerate(sorted(sizes.items(), key=lambda item: -item[1])[:most]):
        limits[q] = nothing._replace(kind=kind, share=size / count, state=candidates[place])
        members = [number for number, group in enumerate(groups) if group == (kind, place)]
        if members:  # Of several, the one that moves fastest.
            member = max(members, key=lambda number: rate[number])
            limits[q] = limits[q]._replace(rate=rate[member], watched=steps[member])
            if kind != Kind.STABLE:
                limits[q] = limits[q]._replace(state=watched.end[member], answer=watched.mean[member])
    stacked: Rest = jax.tree.map(lambda *leaves: np.stack(leaves), *limits)
    return stacked._replace(found=len(sizes))


def table(
    points: Any,
    counted: Bool[np.ndarray, "S U Q"],
    columns: Mapping[str, Shaped[np.ndarray, "S U Q"]],
    eigenvalue: Complex[np.ndarray, "S U Q"],
    *,
    states: bool,
) -> Any:
    """Makes a pandas.DataFrame of the points of a `Rest` or of `SlowPoints` that are ``counted``.

    It has the seed; settings that vary between networks; the input, a number, several, or the name of a period; further
    columns; the leading eigenvalue, its time constant in steps and, times the spacing, in x; the answer; and, on
    request, the ``states``.
    """
    seed, place, _ = at = np.nonzero(counted)
    leading = eigenvalue[at]
    steps = modes(leading, 1.0).time_constant
    rows: dict[str, Any] = {
        "seed": points.seeds[seed],
        **{name: values[seed] for name, values in (points.settings or {}).items()},
        **split("input", points.inputs[place]),
        **{name: values[at] for name, values in columns.items()},
        "time_constant_steps": steps,
        "time_constant": (points.spacing or 1.0) * steps,
        "eigenvalue_real": leading.real,
        "eigenvalue_imaginary": leading.imag,
        **split("answer", points.answer[at]),
    }
    if states:
        rows |= dict(zip(points.components or (), points.state[at].T, strict=True))
    data = {name: ("point", values) for name, values in rows.items()}
    return xr.Dataset(data).to_dataframe().reset_index(drop=True)


def split(name: str, values: Shaped[np.ndarray, "N ..."]) -> dict[str, Shaped[np.ndarray, " N"]]:
    """Makes one column of one number per row, or a column for each of several numbers."""
    if values.ndim == 1 or values.shape[1] == 1:
        return {name: values.reshape(len(values))}
    return {f"{name}_{number}": column for number, column in enumerate(values.T)}
