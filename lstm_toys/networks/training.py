"""The training of ONE network: pure functions without an axis for seeds.

`lstm_toys.populations.programs` compiles them for many networks, side by side with `jax.vmap` by `blocks.spread`.
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
"""What a seed's randomness is used for; each purpose has a key of its own."""

WEIGHT_LIMIT = 1_000.0
"""A parameter beyond this holds the units that it leads to at their bounds, where they learn nothing any more."""


class LastGood(NamedTuple):
    """The last recorded state in which a network had not diverged.

    A network has diverged while its loss is not a number, or above that of the untrained network, or a parameter is
    not a number, or beyond `WEIGHT_LIMIT`. The answers of LSTM units are bounded and so is their loss, so that looking
    for numbers that are not finite would not find a network whose weights exploded.

    Attributes:
        step: at which it was recorded.
        params: of the model.
        first_loss: of the untrained network.
    """

    step: Int[Array, ""]
    params: PyTree[Float[Array, "..."]]
    first_loss: Float[Array, ""]


class Member(NamedTuple):
    """One network in training.

    Attributes:
        key: the seed's own PRNG key.
        hyper: its hyper-parameters.
        examples: what it is trained on.
        params: of the model.
        optimizer_state: of the Optax optimizer.
        sound: its last sound state.
    """

    key: Key[Array, ""]
    hyper: Hyper
    examples: Examples
    params: PyTree[Float[Array, "..."]]
    optimizer_state: PyTree
    sound: LastGood


class Record(NamedTuple):
    """What is told of a network at a recorded step.

    Attributes:
        loss: mean squared error over the whole training set.
        rmse: root mean squared error of each feature of the answers; of a sequence, after its beginning, since every
            network starts from a zero state and has to find the curve first.
        answer: to the first curve of the training set.
        sound: whether it has not diverged; see `LastGood`.
    """

    loss: Float[Array, ""]
    rmse: Float[Array, " A"]
    answer: Float[Array, "T A"] | Float[Array, " A"]
    sound: Bool[Array, ""]


def seed_key(base_seed: UInt32[Array, ""], seed: UInt32[Array, ""] | UInt32[np.ndarray, ""]) -> Key[Array, ""]:
    """The key of a seed: the same whichever other seeds there are."""
    return jax.random.fold_in(jax.random.key(base_seed), seed)


def purpose_key(key: Key[Array, ""], purpose: str) -> Key[Array, ""]:
    """The key that a seed uses for one purpose out of `PURPOSES`."""
    return jax.random.fold_in(key, PURPOSES.index(purpose))


def answer(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"]
) -> Float[Array, "C T A"] | Float[Array, "C A"]:
    """The model's answers with the given parameters."""
    return cast(Array, model.apply({"params": params}, inputs))


def loss(model: nn.Module, params: PyTree, examples: Examples) -> Float[Array, ""]:
    """Mean squared error of the model's answers: what training differentiates, and `record` computes again.

    Raises:
        InvalidModel: the targets are not of the shape of the answers.
    """
    answers = answer(model, params, examples.inputs)
    return jnp.mean(jnp.square(_missed(answers, examples.targets)))


def _missed(answers: Float[Array, "..."], targets: Float[Array, "..."]) -> Float[Array, "..."]:
    """Answers less targets, which are not broadcast: a mean over what that made would be of something else."""
    if answers.shape != targets.shape:
        raise InvalidModel(
            f"targets of shape {targets.shape} are not of the shape of the network's answers, {answers.shape}"
        )
    return answers - targets


def first_settled(timesteps: int, after: float | int = AFTER) -> int:
    """The first of evenly spaced time points that is at least a share of their range from the first."""
    return math.ceil(round(after * (timesteps - 1), 6))  # A tenth of 30 is more than 3 in floating point.


def training_set(task: Task, key: Key[Array, ""], hyper: Hyper) -> Examples:
    """What the network of a seed is trained on: the task's examples, the inputs with noise."""
    examples = task.made(purpose_key(key, "examples"), jax.tree.map(jnp.asarray, hyper.numbers))
    noise = jax.random.normal(purpose_key(key, "noise"), examples.inputs.shape, examples.inputs.dtype)
    return examples._replace(inputs=examples.inputs + hyper.noise * noise)


def init(task: Task, model: nn.Module, optimizer: str | Scheduled, key: Key[Array, ""], hyper: Hyper) -> Member:
    """A network before its first step.

    The orthogonal initialization calls LAPACK; batched by `jax.vmap` it can block for ever on jaxlib 0.10 and 0.11.0,
    so walk over members with `jax.lax.map` instead.

    Raises:
        InvalidModel: the model has no parameters, or keeps more than those.
    """
    examples = training_set(task, key, hyper)
    params = sizes.checked(model, model.init(purpose_key(key, "parameters"), examples.inputs))
    sound = LastGood(jnp.int32(0), params, jnp.full((), jnp.inf, examples.inputs.dtype))
    return Member(key, hyper, examples, params, optimizers.optimizer(optimizer, hyper).init(params), sound)


def record(
    model: nn.Module, member: Member, step: Int[Array, ""], *, after: float | int = AFTER
) -> tuple[Member, Record]:
    """A record of a network over its whole training set, and the network with its last sound state brought up to date.

    Args:
        model: the network.
        member: its state.
        step: the step that it has reached.
        after: the share of a sequence whose errors the RMSE leaves out.
    """
    examples = member.examples
    answers = answer(model, member.params, examples.inputs)
    squared = jnp.square(_missed(answers, examples.targets))
    settled = squared[:, first_settled(examples.inputs.shape[1], after) :] if squared.ndim == 3 else squared
    rmse = jnp.sqrt(jnp.mean(settled, axis=tuple(range(settled.ndim - 1))))
    mse = jnp.mean(squared)  # As `loss`, of the same answers.
    first_loss = jnp.where(step == 0, mse, member.sound.first_loss)
    bounded = [jnp.all(jnp.abs(leaf) <= WEIGHT_LIMIT) for leaf in jax.tree.leaves(member.params)]
    sound = jnp.isfinite(mse) & (mse <= first_loss) & jnp.stack(bounded).all()
    latest = LastGood(step, member.params, first_loss)
    kept = jax.tree.map(partial(jnp.where, sound), latest, member.sound._replace(first_loss=first_loss))
    return member._replace(sound=kept), Record(mse, rmse, answers[0], sound)


def shuffled(task: Task, key: Key[Array, ""], epoch: Int[Array, ""], count: int) -> Int[Array, "batches N"]:
    """The curves of each batch of an epoch, in an order of the seed's own that is new in every epoch.

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

    Args:
        model: the network.
        params: of it.
        examples: what the loss is over.
        curves_in_turn: take the gradient of every curve in turn and add them up, so that no more is kept for the
            backward pass than one curve takes. The same but for rounding, of a model that answers each curve by itself.
    """
    of_loss = jax.grad(loss, argnums=1)
    count = len(examples.inputs)
    if not curves_in_turn or count == 1:
        return of_loss(model, params, examples)
    jax.eval_shape(partial(loss, model), params, examples)  # Tells of all curves what does not fit.

    def add(total: PyTree, curve: Examples) -> tuple[PyTree, None]:
        single = jax.tree.map(lambda leaf: leaf[None], curve)
        return jax.tree.map(jnp.add, total, of_loss(model, params, single)), None

    total, _ = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, params), examples)
    return jax.tree.map(lambda leaf: leaf / count, total)


def step(
    model: nn.Module, optimizer: str | Scheduled, member: Member, examples: Examples, *, curves_in_turn: bool = False
) -> Member:
    """One update of the parameters with the gradient over the examples; see `gradient`."""
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
    """The steps from ``start`` up to ``stop``."""
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
        # All members of a block begin an epoch together, so that `vmap` leaves this a branch.
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
    """The steps from ``start`` up to each stop in turn, and a record at those stops that are to be recorded.

    Args:
        task: what the network is trained on.
        model: the network.
        optimizer: a name in `lstm_toys.networks.hyper.TAKES`, or one with a schedule.
        member: its state.
        start: the step that it has reached.
        stops: steps, none before the one it follows.
        recorded: which of them to record.
        after: see `record`.
        curves_in_turn: see `gradient`.

    Returns:
        The network at the last stop, and records with a leading axis R: zeros at stops that are not recorded.
    """

    def segment(
        state: tuple[Member, Int[Array, ""]], at: tuple[Int[Array, ""], Bool[Array, ""]]
    ) -> tuple[tuple[Member, Int[Array, ""]], Record]:
        member, begun = state
        stop, wanted = at
        member = train_steps(task, model, optimizer, member, begun, stop, curves_in_turn=curves_in_turn)

        def recording(member: Member) -> tuple[LastGood, Record]:
            member, made = record(model, member, stop, after=after)
            return member.sound, made

        nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(recording, member)[1])
        # All members of a block stop together, so that `vmap` leaves this a branch.
        sound, made = jax.lax.cond(wanted, recording, lambda member: (member.sound, nothing), member)
        member = member._replace(sound=sound)
        return (member, stop), made

    (member, _), records = jax.lax.scan(segment, (member, start), (stops, recorded))
    return member, records
