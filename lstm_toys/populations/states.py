"""Hidden and cell states inside trained networks, and rollouts, in which answers become the next inputs."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt32

from lstm_toys import arguments
from lstm_toys.networks import training
from lstm_toys.networks.states import inside, last
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.trained import AnyNetworks

States = dict[str, dict[str, Float[np.ndarray, "S C T _"]]]


def states(
    networks: AnyNetworks,
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    initial: answering.Initial = None,
    block: int | None = None,
    rngs: training.Keys = None,
) -> States:
    """Computes the states of every layer of every network after every time point of every curve.

    A layer is a module in the model that has an attribute ``units``; if there is none, the model itself is the layer,
    with the name ``""``. If a model runs a layer several times, the states of the last run are returned. As with
    `lt.answers`, a state is bit-identical regardless of the other networks and curves.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        inputs: curves ``[C, T, F]``, as `lt.show` makes them.
        initial: states in which the networks begin, as for `lt.answers`: of what this function returned before, those
            at one time point. None: all states begin at 0.
        block: number of networks that one compiled program computes; another value changes the last bits. None: the
            ``block`` of the networks, which is that of their training.
        rngs: random keys by name, such as ``{"noise": jax.random.key(0)}``, for a model that asks for random numbers;
            each network and each curve gets different numbers, which depend on its index. None: the model gets no
            random numbers.

    Returns:
        States ``[S, C, T, H]`` by layer, such as ``lstm_0``, and name: ``hidden``, the output of the layer;
        ``cell`` for an LSTM; and all states that a user-defined cell sows.

    Raises:
        ValueError: the model has no layer; or see `lt.answers`.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x, ("y",))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> inside = lt.states(trained, lt.show(x[None] ** 2, x, ("y",)))
        >>> inside["lstm_0"]["cell"].shape, sorted(inside["readout"])  # [seed, curve, time, unit]
        ((2, 1, 20, 4), ['cell', 'hidden'])
    """
    networks, inputs, block = answering.checked(networks, inputs, block, empty=True)
    begun = answering.checked_initial(networks, initial, inputs)
    program = _program(networks.model, rngs is not None or begun is not None)
    return answering.in_blocks(program, networks, inputs, block, rngs=rngs, begun=begun)


@cache
def _program(model: nn.Module, begun: bool = False) -> jax.stages.Wrapped:

    def states_of(params: PyTree, inputs: Float[Array, "C T F"], **named: Any) -> PyTree[Float[Array, "C T _"]]:
        return inside(model, params, inputs, **named)[1]

    return answering.chunked(states_of, begun=begun)


CHUNK = 256
"""Steps of one call of the compiled program."""

Feedback = Callable[[Float[Array, "C A"]], Float[Array, "C F"]]


class _Carry(NamedTuple):
    params: PyTree
    states: PyTree
    inputs: Float[Array, "C F"]
    step: Int[Array, ""]


class Rollout(NamedTuple):
    """Answers of networks whose earlier answers are their inputs.

    Attributes:
        answers: one answer for every so many steps, as ``every`` of `lt.rollout` says; answers to the given beginning
            are left out.
        states: the states after the last step ``[S, C, H]``, by layer and name as in `lt.states`.

    Example:
        >>> import lstm_toys as lt
        >>> Rollout._fields
        ('answers', 'states')
    """

    answers: Float[np.ndarray, "S C K A"]
    states: dict[str, dict[str, Float[np.ndarray, "S C _"]]]


def rollout(
    networks: AnyNetworks,
    start: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    steps: int,
    feedback: Feedback | None = None,
    every: int = 1,
    *,
    initial: answering.Initial = None,
    block: int | None = None,
    rngs: training.Keys = None,
) -> Rollout:
    """Shows networks the beginning of curves, then feeds their answers back as inputs, step by step.

    The last answer to the beginning is the first input that is fed back. Memory does not grow with the number of steps,
    except for the returned answers.

    Args:
        networks: networks that answer at every time point, or a pair ``(model, params)``; see `lt.answers`.
        start: the beginning of the curves ``[C, T, F]``, as `lt.show` makes them. A longer one gives networks more time
            to settle.
        steps: number of steps after the beginning, at least 1.
        feedback: function of `jax.numpy` from answers ``[C, A]`` to the next inputs ``[C, F]``; None: the answers are
            the next inputs, as for networks that predict the next value.
        every: number of steps from one returned answer to the next, at most ``steps``; with 1, all answers are
            returned.
        initial: states in which the networks begin, before ``start``, as for `lt.answers`. None: all begin at 0.
        block: number of networks that one compiled program computes; another value changes the last bits. None: the
            ``block`` of the networks, which is that of their training.
        rngs: random keys by name, such as ``{"noise": jax.random.key(0)}``, for a model that asks for random numbers;
            each network, curve and step gets different numbers, which depend on its index. None: the model gets no
            random numbers.

    Returns:
        The answers ``[S, C, K, A]`` and the last states; see `Rollout`.

    Raises:
        ValueError: answers cannot be inputs, and there is no ``feedback``; layers ignore initial states; or see
            `lt.answers`.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x, ("y",))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> alone = lt.rollout(trained, lt.show(x[None] ** 2, x, ("y",)), steps=1000, every=100)
        >>> alone.answers.shape, alone.states["lstm_0"]["cell"].shape
        ((2, 1, 10, 1), (2, 1, 4))
    """
    networks, start, block = answering.checked(networks, start, block, name="start")
    arguments.kinds(locals(), feedback=Callable | None)
    steps = arguments.whole("steps", steps, least=1)
    every = arguments.whole("every", every, least=1, most=steps)
    answering.check_initial(networks.model, networks.params, start.shape[2])
    begun = answering.checked_initial(networks, initial, start)
    begin, advance = _programs(networks.model, feedback)
    numbers = np.arange(len(networks), dtype=np.uint32)
    keys = None if rngs is None else dict(rngs)
    size = blocks.group_size(len(networks), block, jax.device_count())
    parts = []
    for count, members in blocks.placed((networks.params, numbers, begun), size, block):
        carry, shape = begin(members, jnp.asarray(start, jnp.float32), keys)
        answers = [np.empty((count, shape.shape[2], 0, shape.shape[3]), np.float32)]
        for first in range(0, steps, CHUNK):
            carry, chunk = advance((carry, members[1]), jnp.int32(min(CHUNK, steps - first)), keys)
            number = np.arange(first + 1, min(first + CHUNK, steps) + 1)
            answers.append(blocks.flat(chunk, count)[:, :, np.flatnonzero(number % every == 0)])
        parts.append(Rollout(np.concatenate(answers, axis=2), blocks.flat(carry.states, count)))
    return blocks.joined(parts)


@cache
def _programs(model: nn.Module, feedback: Feedback | None) -> tuple[jax.stages.Wrapped, jax.stages.Wrapped]:

    def following(answer: Float[Array, "C A"], inputs: Float[Array, "C F"]) -> Float[Array, "C F"]:
        if feedback is None and answer.shape != inputs.shape:
            raise ValueError(
                f"answers of shape {answer.shape} cannot be inputs, which have shape {inputs.shape}; give a feedback"
            )
        fed = answer if feedback is None else feedback(answer)
        return jnp.asarray(arguments.array("what feedback returns", fed, " ".join(map(str, inputs.shape))))

    def at_step(rngs: training.Keys, number: UInt32[Array, ""], step: Int[Array, ""]) -> dict[str, Any]:
        return {"rngs": training.folded(training.folded(rngs, number), step)}

    def begin(
        member: tuple[PyTree, UInt32[Array, ""], PyTree], start: Float[Array, "C T F"], rngs: training.Keys
    ) -> tuple[_Carry, Float[Array, "C A"]]:
        (params, number, initial), step = member, jnp.int32(0)
        answers, states = inside(model, params, start, initial, **at_step(rngs, number, step))
        return _Carry(params, last(states), following(answers[:, -1], start[:, -1]), step), answers[:, -1]

    def advance(
        member: tuple[_Carry, UInt32[Array, ""]], count: Int[Array, ""], rngs: training.Keys
    ) -> tuple[_Carry, Float[Array, "C K A"]]:
        carry, network = member

        def step(carry: _Carry, number: Int[Array, ""]) -> tuple[_Carry, Float[Array, "C A"]]:
            named = at_step(rngs, network, carry.step + 1)
            answers, states = inside(model, carry.params, carry.inputs[:, None], carry.states, **named)
            after = _Carry(carry.params, last(states), following(answers[:, -1], carry.inputs), carry.step + 1)
            return jax.tree.map(lambda new, old: jnp.where(number < count, new, old), after, carry), answers[:, -1]

        carry, answers = jax.lax.scan(step, carry, jnp.arange(CHUNK, dtype=jnp.int32))
        return carry, jnp.swapaxes(answers, 0, 1)

    return blocks.spread(begin), blocks.spread(advance)
