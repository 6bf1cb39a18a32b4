"""Free-running networks, whose inputs are their own earlier answers."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from lstm_toys import arguments
from lstm_toys.networks import training
from lstm_toys.networks.layer import check_model
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.states import check_initial, inside, last

CHUNK = 256
"""Steps of one call of the compiled program, which serves any number of steps."""

Feedback = Callable[[Float[Array, "C A"]], Float[Array, "C F"]]
"""Makes the next inputs from answers, as a function of `jax.numpy`."""


class Rollout(NamedTuple):
    """The answers of networks whose inputs are their own earlier answers.

    Attributes:
        answers: ``[S, C, K, A]``, one per ``every`` steps.
        states: the states after the last step, ``[S, C, H]`` by layer and name; `lt.states` can continue from them.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Rollout._fields
        ('answers', 'states')
    """

    answers: Float[np.ndarray, "S C K A"]
    states: dict[str, dict[str, Float[np.ndarray, "S C _"]]]


class Carry(NamedTuple):
    """A network between two steps: its parameters, its states, and its next inputs ``[C, F]``."""

    params: PyTree
    states: PyTree
    inputs: Float[Array, "C F"]


def rollout(
    model: nn.Module,
    params: PyTree[Float[np.ndarray, "S ..."]],
    start: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    steps: int,
    feedback: Feedback | None = None,
    every: int = 1,
    *,
    block: int = blocks.BLOCK,
) -> Rollout:
    """Shows networks the beginning of curves, then feeds their answers back as inputs, step by step.

    The last answer to the beginning is the first input that is fed back. Memory does not grow with the number of steps,
    except for the returned answers.

    Args:
        model: the Flax module of the networks, which answers at every time point.
        params: their parameters; every leaf has a leading axis S, one entry per network.
        start: the beginning of each curve.
        steps: number of steps after the beginning.
        feedback: function from answers to the next inputs; None: the next inputs are the answers.
        every: number of steps between returned answers.
        block: number of networks that one compiled program computes; another value changes the last bits.

    Raises:
        ValueError: answers do not have the features of inputs, and there is no ``feedback``; the layers ignore given
            initial states; or see `lt.answers`.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> alone = lt.rollout(trained.model, trained.params, lt.show(x[None] ** 2, x, ("y",)), steps=1000, every=100)
        >>> alone.answers.shape, alone.states["lstm_0"]["cell"].shape
        ((2, 1, 10, 1), (2, 1, 4))
    """
    check_model(model)
    arguments.known("start", start)
    start = arguments.array("start", start, "C T F", hint=", curves as lt.show makes them")
    steps, every = arguments.whole("steps", steps, least=0), arguments.whole("every", every, least=1)
    block = arguments.whole("block", block, least=1)
    if feedback is not None:
        arguments.function("feedback", feedback, "a function of answers, or None", 1)
        arguments.hashable("feedback", feedback)
    seeds = answering.networks(model, params, *start.shape[1:])
    check_initial(model, params, start.shape[2])
    one = jax.tree.map(lambda leaf: leaf[0], params)
    if jax.eval_shape(partial(training.answer, model), one, jnp.zeros(start.shape)).ndim != 3:
        raise ValueError("networks that answer once per curve have no rollout: sequence must be True")
    mesh = blocks.mesh()
    begin, advance = _programs(model, feedback, mesh)
    size = blocks.group_size(seeds, block, mesh.size)
    answers, states = [], []
    for group in blocks.groups(seeds, size, block, mesh.size):
        members = blocks.place(jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), params), mesh)
        count = min(size, seeds - int(group[0, 0]))
        carry, shape = begin(members, jnp.asarray(start, jnp.float32))
        made = [np.empty((count, shape.shape[2], 0, shape.shape[3]), np.float32)]
        for first in range(0, steps, CHUNK):
            carry, chunk = advance(carry, jnp.int32(min(CHUNK, steps - first)))
            number = np.arange(first + 1, min(first + CHUNK, steps) + 1)
            made.append(blocks.flat(chunk)[:count][:, :, np.flatnonzero(number % every == 0)])
        answers.append(np.concatenate(made, axis=2))
        states.append(jax.tree.map(lambda leaf, count=count: leaf[:count], blocks.flat(carry.states)))
    return Rollout(np.concatenate(answers), jax.tree.map(lambda *parts: np.concatenate(parts), *states))


@cache
def _programs(
    model: nn.Module, feedback: Feedback | None, mesh: jax.sharding.Mesh
) -> tuple[jax.stages.Wrapped, jax.stages.Wrapped]:
    """Programs that show the beginning, and that take up to `CHUNK` steps; cached to avoid recompiling."""

    def following(answer: Float[Array, "C A"], inputs: Float[Array, "C F"]) -> Float[Array, "C F"]:
        if feedback is None and answer.shape != inputs.shape:
            raise ValueError(
                f"answers of shape {answer.shape} cannot be inputs, which have shape {inputs.shape}; give a feedback"
            )
        fed = answer if feedback is None else feedback(answer)
        return jnp.asarray(arguments.array("what feedback returns", fed, " ".join(map(str, inputs.shape))))

    def begin(params: PyTree, start: Float[Array, "C T F"]) -> tuple[Carry, Float[Array, "C A"]]:
        answers, states = inside(model, params, start)
        return Carry(params, last(states), following(answers[:, -1], start[:, -1])), answers[:, -1]

    def advance(carry: Carry, count: Int[Array, ""]) -> tuple[Carry, Float[Array, "C K A"]]:
        def step(carry: Carry, number: Int[Array, ""]) -> tuple[Carry, Float[Array, "C A"]]:
            answers, states = inside(model, carry.params, carry.inputs[:, None], carry.states)
            after = Carry(carry.params, last(states), following(answers[:, -1], carry.inputs))
            return jax.tree.map(lambda new, old: jnp.where(number < count, new, old), after, carry), answers[:, -1]

        carry, made = jax.lax.scan(step, carry, jnp.arange(CHUNK, dtype=jnp.int32))
        return carry, jnp.swapaxes(made, 0, 1)

    return blocks.spread(begin, mesh), blocks.spread(advance, mesh)
