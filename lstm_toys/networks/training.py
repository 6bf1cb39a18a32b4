"""Training of one network: pure functions without an axis for seeds.

`lstm_toys.populations.programs` compiles them for many networks with `jax.vmap`, by `blocks.spread`.
"""

import math
from functools import partial
from typing import NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, UInt32

from lstm_toys.networks import optimizers, sizes
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.hyper import Hyper
from lstm_toys.networks.optimizers import Scheduled
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.supervision import Examples, Task

PURPOSES = ("parameters", "examples", "order", "noise")
"""The purposes of a seed's randomness; each has its own key."""

WEIGHT_LIMIT = 1_000.0
"""A larger parameter holds its units at their bounds, where they no longer learn."""


class LastGood(NamedTuple):
    """The last recorded state in which a network had not diverged, and the loss of the untrained network.

    A network has diverged while its loss is NaN or above the untrained network's, or a parameter is NaN or beyond
    `WEIGHT_LIMIT`. LSTM units have bounded answers and so a bounded loss: checking only for finite numbers would miss
    exploded weights.
    """

    step: Int[Array, ""]
    params: PyTree[Float[Array, "..."]]
    first_loss: Float[Array, ""]


class Member(NamedTuple):
    """One network in training; ``key`` is its seed's PRNG key, ``sound`` its last state before it diverged."""

    key: Key[Array, ""]
    hyper: Hyper
    examples: Examples
    params: PyTree[Float[Array, "..."]]
    optimizer_state: PyTree
    sound: LastGood


class Record(NamedTuple):
    """Measurements of a network at a recorded step.

    Attributes:
        loss: mean squared error over the whole training set.
        rmse: root mean squared error of each output feature; the beginning of a sequence is left out, since every
            network starts from a zero state and has to find the curve first.
        answer: the answer to the first training curve.
        sound: whether the network has not diverged; see `LastGood`.
    """

    loss: Float[Array, ""]
    rmse: Float[Array, " A"]
    answer: Float[Array, "T A"] | Float[Array, " A"]
    sound: Bool[Array, ""]


def seed_key(base_seed: UInt32[Array, ""], seed: UInt32[Array, ""] | UInt32[np.ndarray, ""]) -> Key[Array, ""]:
    """The key of a seed, independent of all other seeds."""
    return jax.random.fold_in(jax.random.key(base_seed), seed)


def purpose_key(key: Key[Array, ""], purpose: str) -> Key[Array, ""]:
    """The key of a seed for one of `PURPOSES`."""
    return jax.random.fold_in(key, PURPOSES.index(purpose))


def answer(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"]
) -> Float[Array, "C T A"] | Float[Array, "C A"]:
    """The model's answers with the given parameters."""
    return cast(Array, model.apply({"params": params}, inputs))


def loss(model: nn.Module, params: PyTree, examples: Examples) -> Float[Array, ""]:
    """Mean squared error of the answers, which training minimizes; raises InvalidModel if shapes differ."""
    answers = answer(model, params, examples.inputs)
    return jnp.mean(jnp.square(_missed(answers, examples.targets)))


def _missed(answers: Float[Array, "..."], targets: Float[Array, "..."]) -> Float[Array, "..."]:
    """Answers minus targets, without broadcasting, which would change what the mean is over."""
    if answers.shape != targets.shape:
        raise InvalidModel(
            f"targets of shape {targets.shape} are not of the shape of the network's answers, {answers.shape}"
        )
    return answers - targets


def first_settled(timesteps: int, after: float | int = AFTER) -> int:
    """The index of the first time point after the given share of evenly spaced ones."""
    return math.ceil(round(after * (timesteps - 1), 6))  # A tenth of 30 is more than 3 in floating point.


def training_set(task: Task, key: Key[Array, ""], hyper: Hyper) -> Examples:
    """A seed's training set: the task's examples, with noise on the inputs."""
    examples = task.made(purpose_key(key, "examples"), jax.tree.map(jnp.asarray, hyper.numbers))
    noise = jax.random.normal(purpose_key(key, "noise"), examples.inputs.shape, examples.inputs.dtype)
    return examples._replace(inputs=examples.inputs + hyper.noise * noise)


def init(task: Task, model: nn.Module, optimizer: str | Scheduled, key: Key[Array, ""], hyper: Hyper) -> Member:
    """Initializes a network; raises InvalidModel if it has no parameters, or other variables as well.

    Map over members with `jax.lax.map`: orthogonal initialization calls LAPACK, which can block forever under
    `jax.vmap` on jaxlib 0.10 and 0.11.0.
    """
    examples = training_set(task, key, hyper)
    params = sizes.checked(model, model.init(purpose_key(key, "parameters"), examples.inputs))
    sound = LastGood(jnp.int32(0), params, jnp.full((), jnp.inf, examples.inputs.dtype))
    return Member(key, hyper, examples, params, optimizers.optimizer(optimizer, hyper).init(params), sound)


def record(
    model: nn.Module, member: Member, step: Int[Array, ""], *, after: float | int = AFTER
) -> tuple[Member, Record]:
    """Measures a network on its whole training set, and updates its last sound state.

    ``after`` is the share of a sequence, from its beginning, that the RMSE leaves out.
    """
    examples = member.examples
    answers = answer(model, member.params, examples.inputs)
    squared = jnp.square(_missed(answers, examples.targets))
    settled = squared[:, first_settled(examples.inputs.shape[1], after) :] if squared.ndim == 3 else squared
    rmse = jnp.sqrt(jnp.mean(settled, axis=tuple(range(settled.ndim - 1))))
    mse = jnp.mean(squared)  # As in `loss`, without answering again.
    first_loss = jnp.where(step == 0, mse, member.sound.first_loss)
    bounded = [jnp.all(jnp.abs(leaf) <= WEIGHT_LIMIT) for leaf in jax.tree.leaves(member.params)]
    sound = jnp.isfinite(mse) & (mse <= first_loss) & jnp.stack(bounded).all()
    latest = LastGood(step, member.params, first_loss)
    kept = jax.tree.map(partial(jnp.where, sound), latest, member.sound._replace(first_loss=first_loss))
    return member._replace(sound=kept), Record(mse, rmse, answers[0], sound)


def shuffled(task: Task, key: Key[Array, ""], epoch: Int[Array, ""], count: int) -> Int[Array, "batches N"]:
    """Shuffles the indices of curves into batches, anew for each seed and epoch.

    Raises:
        ValueError: the batch does not divide the number of curves.
    """
    size = task.batch or count
    if count % size:
        raise ValueError(f"a batch of {size} does not divide {count} curves")
    order = jax.random.permutation(jax.random.fold_in(purpose_key(key, "order"), epoch), count)
    return order.reshape(-1, size)


def gradient(model: nn.Module, params: PyTree, examples: Examples, *, curves_in_turn: bool) -> PyTree:
    """The gradient of the loss with respect to the parameters.

    With ``curves_in_turn`` the gradients of single curves are added up one by one, so that the backward pass needs the
    memory of one curve only. If the model answers each curve separately, the result is the same except for rounding.
    """
    of_loss = jax.grad(loss, argnums=1)
    count = len(examples.inputs)
    if not curves_in_turn or count == 1:
        return of_loss(model, params, examples)
    jax.eval_shape(partial(loss, model), params, examples)  # Reports wrong shapes for all curves, not for one.

    def add(total: PyTree, curve: Examples) -> tuple[PyTree, None]:
        single = jax.tree.map(lambda leaf: leaf[None], curve)
        return jax.tree.map(jnp.add, total, of_loss(model, params, single)), None

    total, _ = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, params), examples)
    return jax.tree.map(lambda leaf: leaf / count, total)


def step(
    model: nn.Module, optimizer: str | Scheduled, member: Member, examples: Examples, *, curves_in_turn: bool = False
) -> Member:
    """Updates the parameters once, with the gradient over the examples; see `gradient`."""
    grads = gradient(model, member.params, examples, curves_in_turn=curves_in_turn)
    transform = optimizers.optimizer(optimizer, member.hyper)
    updates, optimizer_state = transform.update(grads, member.optimizer_state, member.params)
    return member._replace(params=optax.apply_updates(member.params, updates), optimizer_state=optimizer_state)


def train_steps(
    task: Task,
    model: nn.Module,
    optimizer: str | Scheduled,
    member: Member,
    start: Int[Array, ""],
    stop: Int[Array, ""],
    *,
    curves_in_turn: bool = False,
) -> Member:
    """Trains from step ``start`` to step ``stop``."""
    examples, update = member.examples, partial(step, model, optimizer, curves_in_turn=curves_in_turn)
    if task.batch is None:
        return jax.lax.fori_loop(start, stop, lambda _, m: update(m, examples), member)

    count = len(examples.inputs)
    batches = count // task.batch

    def shuffle(index: Int[Array, ""]) -> Int[Array, "batches N"]:
        return shuffled(task, member.key, index // batches, count)

    def update_in_order(
        index: Int[Array, ""], state: tuple[Member, Int[Array, "batches N"]]
    ) -> tuple[Member, Int[Array, "batches N"]]:
        member, order = state
        # Members of a block begin an epoch together, so under `vmap` this remains a branch.
        order = jax.lax.cond(index % batches == 0, shuffle, lambda _: order, index)
        chosen = order[index % batches]
        return update(member, Examples(examples.inputs[chosen], examples.targets[chosen])), order

    return jax.lax.fori_loop(start, stop, update_in_order, (member, shuffle(start)))[0]


def train_until(
    task: Task,
    model: nn.Module,
    optimizer: str | Scheduled,
    member: Member,
    start: Int[Array, ""],
    stops: Int[Array, " R"],
    recorded: Bool[Array, " R"],
    *,
    after: float | int = AFTER,
    curves_in_turn: bool = False,
) -> tuple[Member, Record]:
    """Trains from step ``start`` to each of the ascending ``stops`` in turn, and records where ``recorded`` is True.

    Returns:
        The network at the last stop, and records with a leading axis R, zeros at stops that are not recorded.
    """

    def segment(
        state: tuple[Member, Int[Array, ""]], at: tuple[Int[Array, ""], Bool[Array, ""]]
    ) -> tuple[tuple[Member, Int[Array, ""]], Record]:
        member, begun = state
        stop, is_recorded = at
        member = train_steps(task, model, optimizer, member, begun, stop, curves_in_turn=curves_in_turn)

        def recording(member: Member) -> tuple[LastGood, Record]:
            member, measured = record(model, member, stop, after=after)
            return member.sound, measured

        nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(recording, member)[1])
        # Members of a block stop together, so under `vmap` this remains a branch.
        sound, measured = jax.lax.cond(is_recorded, recording, lambda member: (member.sound, nothing), member)
        member = member._replace(sound=sound)
        return (member, stop), measured

    (member, _), records = jax.lax.scan(segment, (member, start), (stops, recorded))
    return member, records
