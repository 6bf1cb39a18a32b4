"""Initialization, training steps and records of one network: pure functions without an axis for seeds.

`lstm_toys.populations.programs` compiles them for many networks with `jax.vmap`, by `blocks.spread`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.errors import InvalidRngError
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, UInt32

from lstm_toys import arguments
from lstm_toys.networks import losses, transforms
from lstm_toys.networks.cells import CELLS, InvalidModel
from lstm_toys.networks.layer import check_model
from lstm_toys.networks.optimizers import Hyper
from lstm_toys.networks.stack import Stack
from lstm_toys.networks.states import Initial, inside, listed, variables
from lstm_toys.networks.transforms import Kind
from lstm_toys.tasks.goal import NEVER, EarlyStopping
from lstm_toys.tasks.supervision import Examples, Numbers, Task

PURPOSES = ("parameters", "examples", "order", "noise", "validation", "model")
"""The purposes of a seed's randomness; each has its own key."""

WEIGHT_LIMIT = 1_000.0
"""A larger parameter saturates its units, which then no longer learn."""

RANDOM = ("noise", "dropout")
"""Names of the random numbers that a model may ask for, as in ``self.make_rng("noise")``; only training has them."""

Penalty = Callable[[PyTree, Mapping[str, Mapping[str, Float[Array, "C T _"]]], Numbers], Float[Array, ""]]
"""A function of the parameters of one network, its states by layer and name, and its training numbers, which returns a
term of the loss."""

Keys = Mapping[str, Key[Array, ""]] | None


def folded(rngs: Keys, number: Int[Array, ""] | UInt32[Array, ""]) -> Keys:
    """Other random keys of the same names."""
    return None if rngs is None else {name: jax.random.fold_in(key, number) for name, key in rngs.items()}


MEMBERS = "members"
"""The mapped axis of the members of a block."""


class Procedure(NamedTuple):
    """How ONE network is trained; the programs of a training are compiled from it.

    Attributes:
        curves_in_turn: whether the gradients of single curves are added up one by one; see `gradient`. False with a
            penalty, which is computed once, over all curves.
    """

    task: Task
    model: nn.Module
    optimizer: Kind
    early_stopping: EarlyStopping = NEVER
    penalty: Penalty | None = None
    curves_in_turn: bool = False


class Held(NamedTuple):
    """For how many ``records`` in a row a network has met its goal, and its last ``step``, -1 while it trains."""

    records: Int[Array, ""]
    step: Int[Array, ""]


class Best(NamedTuple):
    """The record at which a network had its smallest loss."""

    step: Int[Array, ""]
    loss: Float[Array, ""]


class LastGood(NamedTuple):
    """The last recorded state in which a network had not diverged, and the loss of the untrained network.

    A network has diverged while its loss is NaN or above the untrained network's, or a parameter is NaN or beyond
    `WEIGHT_LIMIT`. LSTM units have bounded answers and so a bounded loss: checking only for finite numbers would miss
    exploded weights. With fresh examples, a loss on the validation set above the untrained network's is not divergence.

    With early stopping, ``held`` is how long the goal has been met. If the best parameters are kept, ``params`` are
    those of the record ``best``.
    """

    step: Int[Array, ""]
    params: PyTree[Float[Array, "..."]]
    first_loss: Float[Array, ""]
    held: Held | None = None
    best: Best | None = None


class Member(NamedTuple):
    """One network in training.

    ``examples`` are its training set or, with fresh examples, the task's validation set; ``validation``, if any, are
    the examples by which its best parameters are chosen.
    """

    key: Key[Array, ""]
    hyper: Hyper
    examples: Examples
    params: PyTree[Float[Array, "..."]]
    optimizer_state: PyTree
    sound: LastGood
    validation: Examples | None = None


class Record(NamedTuple):
    """Measurements of a network at a recorded step.

    ``answer`` is the answer to the first training curve; ``sound``: the network has not diverged, see `LastGood`;
    ``validation``: the loss on the validation examples, if there are any; ``penalty`` is not part of ``loss``.
    """

    loss: Float[Array, ""]
    measures: Float[Array, " E"]
    answer: Float[Array, "T A"] | Float[Array, " A"]
    sound: Bool[Array, ""]
    validation: Float[Array, ""] | None = None
    penalty: Float[Array, ""] | None = None


def seed_key(base_seed: UInt32[Array, ""], seed: UInt32[Array, ""] | UInt32[np.ndarray, ""]) -> Key[Array, ""]:
    """The key of a seed, independent of all other seeds."""
    return jax.random.fold_in(jax.random.key(base_seed), seed)


def purpose_key(key: Key[Array, ""], purpose: str) -> Key[Array, ""]:
    """The key of a seed for one of `PURPOSES`."""
    return jax.random.fold_in(key, PURPOSES.index(purpose))


def answer(
    model: nn.Module,
    params: PyTree,
    inputs: Float[Array, "C T F"],
    lengths: Int[Array, " C"] | None = None,
    rngs: Keys = None,
    initial: Initial = None,
) -> Float[Array, "C T A"] | Float[Array, "C A"]:
    """The model's answers; models that answer once per curve take ``lengths``, as Flax's ``seq_lengths``."""
    named: dict[str, Any] = {} if lengths is None else {"seq_lengths": lengths}
    return cast(Array, model.apply(variables(params, initial), inputs, rngs={**rngs} if rngs else None, **named))


def parameter_count(model: nn.Module, features: int) -> int:
    """Counts the trainable numbers of one network, such as to compare cells of equal size.

    Args:
        model: a `Stack`, or another Flax module.
        features: number of features of the network's inputs, F; the input kernel of the first layer grows with it.

    Raises:
        ValueError: the model is not a Flax module, keeps other variables, or cannot take curves of F features.

    Example:
        Of how many units has a GRU as many parameters as an LSTM of 32?

        >>> import lstm_toys as lt
        >>> lt.parameter_count(lt.Stack(1, (32,), "dense"), features=1)
        4385
        >>> [lt.parameter_count(lt.Stack(1, (units,), "dense", cell="gru"), features=1) for units in (36, 37)]
        [4249, 4478]
    """
    check_model(model)
    inputs = jax.ShapeDtypeStruct((1, 2, arguments.whole("features", features, least=1)), np.float32)
    params = only_parameters(model, jax.eval_shape(model.init, jax.random.key(0), inputs))
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def answers_to(
    how: Procedure, params: PyTree, examples: Examples, numbers: Mapping[str, Any], rngs: Keys = None
) -> tuple[Float[Array, "C T A"] | Float[Array, "C A"], Float[Array, ""] | None]:
    """The answers to examples, and the penalty on the states along them.

    Padding cannot change answers at points before it. Raises ValueError if the penalty is not one number, InvalidModel
    if the model cannot do without random numbers.
    """
    lengths = examples.lengths if examples.targets.ndim == 2 else None
    named: dict[str, Any] = {} if lengths is None else {"seq_lengths": lengths}
    try:
        if how.penalty is None:
            return answer(how.model, params, examples.inputs, lengths, rngs), None
        answers, states = inside(how.model, params, examples.inputs, rngs=rngs, **named)
    except InvalidRngError as error:
        raise InvalidModel(
            f"{type(how.model).__name__} needs random numbers, which only training has; use them where "
            f"self.has_rng(name): {str(error).splitlines()[0]}"
        ) from None
    try:
        cost = how.penalty(params, states, numbers)
    except KeyError as error:
        told = f"the penalty finds no {error}; states by layer and name are {listed(states)}"
        raise ValueError(told).with_traceback(error.__traceback__) from None
    return answers, jnp.asarray(arguments.array("what the penalty returns", cost, ""))


def loss(how: Procedure, params: PyTree, examples: Examples) -> Float[Array, ""]:
    """The loss of the answers without a penalty, see `losses.of_answers`; raises InvalidModel if shapes differ."""
    answers, _ = answers_to(how._replace(penalty=None), params, examples, {})
    return losses.of_answers(how.task.loss, answers, examples.targets, examples.loss_weights)


def training_set(task: Task, key: Key[Array, ""], hyper: Hyper, step: Int[Array, ""] | None = None) -> Examples:
    """A seed's training set, or its fresh examples of a step: the task's examples, with noise on the inputs."""

    def key_for(purpose: str) -> Key[Array, ""]:
        of_seed = purpose_key(key, purpose)
        return of_seed if step is None else jax.random.fold_in(of_seed, step)

    examples = task.training_set(key_for("examples"), jax.tree.map(jnp.asarray, hyper.numbers), step)
    noise = jax.random.normal(key_for("noise"), examples.inputs.shape, examples.inputs.dtype)
    return examples._replace(inputs=examples.inputs + hyper.noise * noise)


def recorded_set(task: Task, key: Key[Array, ""], hyper: Hyper, purpose: str | None = None) -> Examples:
    """A seed's training set or, with fresh examples, its validation set, without noise."""
    set_key = purpose_key(key, purpose or ("validation" if task.fresh else "examples"))
    return task.recorded(set_key, jax.tree.map(jnp.asarray, hyper.numbers))


def check_examples(task: Task, key: Key[Array, ""], numbers: Numbers | Mapping[str, float | int]) -> None:
    """Makes a seed's examples outside of any program, where their values are known; raises ValueError if invalid."""
    values = {name: jnp.float32(value) for name, value in numbers.items()}
    task.training_set(purpose_key(key, "examples"), values)
    if task.fresh:
        task.validated(purpose_key(key, "validation"), values)


def only_parameters(model: nn.Module, variables: Mapping[str, Any]) -> PyTree:
    """Returns a model's parameters; raises InvalidModel if it has none, or other variables as well."""
    if variables.keys() != {"params"}:
        other = ", ".join(sorted(variables.keys() - {"params"})) or "nothing"
        raise InvalidModel(
            f"{type(model).__name__} keeps {other}; a network to be trained must keep parameters and nothing else"
        )
    return variables["params"]


def init(
    how: Procedure, key: Key[Array, ""], hyper: Hyper, initial: PyTree[Float[Array, "..."]] | None = None
) -> Member:
    """Initializes a network, or begins with ``initial`` parameters; raises InvalidModel, see `only_parameters`.

    Map over members with `jax.lax.map`: orthogonal initialization calls LAPACK, which can block forever under
    `jax.vmap` on jaxlib 0.10 and 0.11.0.
    """
    task, early_stopping, params = how.task, how.early_stopping, initial
    examples = recorded_set(task, key, hyper) if task.fresh else training_set(task, key, hyper)
    if params is None:
        params = only_parameters(how.model, how.model.init(purpose_key(key, "parameters"), examples.inputs))
    infinite = jnp.full((), jnp.inf)  # As precise as losses, which examples may not be.
    sound = LastGood(
        jnp.int32(0),
        params,
        infinite,
        held=Held(jnp.int32(0), jnp.int32(-1)) if early_stopping.records else None,
        best=Best(jnp.int32(0), infinite) if early_stopping.best else None,
    )
    source = early_stopping.validation
    validation = recorded_set(source, key, hyper, "validation") if source else None
    state = transforms.transformation(how.optimizer, hyper).init(params)
    return Member(key, hyper, examples, params, state, sound, validation)


def record(how: Procedure, member: Member, step: Int[Array, ""]) -> tuple[Member, Record]:
    """Measures a network on the whole recorded set, and updates its last sound state."""
    task, early_stopping, examples, kind = how.task, how.early_stopping, member.examples, how.task.loss
    answers, cost = answers_to(how, member.params, examples, member.hyper.numbers)
    losses.check(kind, answers, examples.targets)
    measures, weight = losses.measures(kind, answers, examples, early_stopping.after), examples.loss_weights
    value = losses.of_answers(kind, answers, examples.targets, weight)
    first_loss = jnp.where(step == 0, value, member.sound.first_loss)
    bounded = [jnp.all(jnp.abs(leaf) <= WEIGHT_LIMIT) for leaf in jax.tree.leaves(member.params)]
    sound = jnp.isfinite(value) & (task.fresh or value <= first_loss) & jnp.stack(bounded).all()
    before = member.sound._replace(first_loss=first_loss)
    if (goal := early_stopping.goal) is not None and before.held is not None:
        met = sound & goal.met(goal.error(measures, task.measured))
        records = jnp.where(met, before.held.records + 1, 0)
        stops = (before.held.step < 0) & (records >= early_stopping.records)
        before = before._replace(held=Held(records, jnp.where(stops, step, before.held.step)))
    latest = before._replace(step=step, params=member.params)
    validation_loss = None if member.validation is None else loss(how, member.params, member.validation)
    if before.best is not None:
        best = Best(step, value if validation_loss is None else validation_loss)
        smaller = partial(jnp.where, best.loss < before.best.loss)
        params, best = jax.tree.map(smaller, (member.params, best), (before.params, before.best))
        latest = latest._replace(params=params, best=best)
    last_good = jax.tree.map(partial(jnp.where, sound), latest, before)
    return member._replace(sound=last_good), Record(value, measures, answers[0], sound, validation_loss, cost)


def shuffled(task: Task, key: Key[Array, ""], epoch: Int[Array, ""], count: int) -> Int[Array, "batches N"]:
    """Shuffles the indices of curves into full batches, by seed and epoch; raises ValueError if they do not fit."""
    size = task.batch or count
    if count % size:
        raise ValueError(f"the batch size {size} does not divide the number of curves, {count}")
    order = jax.random.permutation(jax.random.fold_in(purpose_key(key, "order"), epoch), count)
    return order.reshape(-1, size)


def gradient(
    how: Procedure, params: PyTree, examples: Examples, numbers: Mapping[str, Any], rngs: Keys = None
) -> PyTree:
    """The gradient of the loss, and of the penalty if there is one, with respect to the parameters.

    With ``curves_in_turn`` the gradients of single curves are added up one by one, so that the backward pass needs the
    memory of one curve only. If the model answers each curve separately, the result is the same except for rounding.
    """
    count = len(examples.inputs)

    def objective(params: PyTree, examples: Examples, total: Float[Array, ""] | None = None) -> Float[Array, ""]:
        answers, cost = answers_to(how, params, examples, numbers, rngs)
        value = losses.of_answers(how.task.loss, answers, examples.targets, examples.loss_weights, total)
        return value if cost is None else value + cost

    of_objective = jax.grad(objective)
    if not how.curves_in_turn or count == 1:
        return of_objective(params, examples)
    jax.eval_shape(objective, params, examples)  # Reports wrong shapes for all curves, not for one.
    weight = examples.loss_weights
    total = None if weight is None else jnp.sum(weight)

    def add(sum_so_far: PyTree, curve: Examples) -> tuple[PyTree, None]:
        single = jax.tree.map(lambda leaf: leaf[None], curve)
        return jax.tree.map(jnp.add, sum_so_far, of_objective(params, single, total)), None

    summed, _ = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, params), examples)
    return summed if weight is not None else jax.tree.map(lambda leaf: leaf / count, summed)


def step(how: Procedure, member: Member, examples: Examples, rngs: Keys = None) -> Member:
    """Updates the parameters once, with the gradient over the examples; see `gradient`."""
    grads = gradient(how, member.params, examples, member.hyper.numbers, rngs)
    transform = transforms.transformation(how.optimizer, member.hyper)
    updates, optimizer_state = transform.update(grads, member.optimizer_state, member.params)
    return member._replace(params=optax.apply_updates(member.params, updates), optimizer_state=optimizer_state)


def train_steps(how: Procedure, member: Member, start: Int[Array, ""], stop: Int[Array, ""]) -> Member:
    """Trains from step ``start`` to step ``stop``."""
    task, examples, update = how.task, member.examples, partial(step, how)
    count = len(examples.inputs)

    def keys(at: Int[Array, ""]) -> Keys:
        if isinstance(how.model, Stack) and how.model.cell in CELLS:
            return None
        of_step = jax.random.fold_in(purpose_key(member.key, "model"), at)
        return {name: jax.random.fold_in(of_step, number) for number, name in enumerate(RANDOM)}

    def update_on_all(at: Int[Array, ""], member: Member) -> Member:
        of_step = training_set(task, member.key, member.hyper, at) if task.fresh else examples
        return update(member, of_step, keys(at))

    if task.batch is None:
        return jax.lax.fori_loop(start, stop, update_on_all, member)
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
        return update(member, jax.tree.map(lambda leaf: leaf[chosen], examples), keys(index)), order

    return jax.lax.fori_loop(start, stop, update_in_order, (member, shuffle(start)))[0]


def train_until(
    how: Procedure, member: Member, start: Int[Array, ""], stops: Int[Array, " R"], recorded: Bool[Array, " R"]
) -> tuple[Member, Record]:
    """Trains from step ``start`` to each of the ascending ``stops`` in turn, and records where ``recorded`` is True.

    Returns the network, and records with a leading axis R, zeros at stops that are not recorded. With early stopping,
    this is mapped over the axis `MEMBERS`.
    """

    def segment(
        state: tuple[Member, Int[Array, ""]], at: tuple[Int[Array, ""], Bool[Array, ""]]
    ) -> tuple[tuple[Member, Int[Array, ""]], Record]:
        before, begun = state
        stop, is_recorded = at
        held = before.sound.held
        end = stop
        if held is not None:  # Nothing is computed if no member of the block trains any more.
            end = jnp.where(jax.lax.pmax((held.step < 0).astype(jnp.int32), MEMBERS) > 0, stop, begun)
        member = train_steps(how, before, begun, end)
        if held is not None:
            trained = member.params, member.optimizer_state
            frozen = partial(jnp.where, held.step >= 0)
            params, optimizer_state = jax.tree.map(frozen, (before.params, before.optimizer_state), trained)
            member = member._replace(params=params, optimizer_state=optimizer_state)

        def recording(member: Member) -> tuple[LastGood, Record]:
            member, measured = record(how, member, stop)
            return member.sound, measured

        nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(recording, member)[1])
        # Members of a block stop together, so under `vmap` this remains a branch.
        sound, measured = jax.lax.cond(is_recorded, recording, lambda member: (member.sound, nothing), member)
        member = member._replace(sound=sound)
        return (member, stop), measured

    (member, _), records = jax.lax.scan(segment, (member, start), (stops, recorded))
    return member, records
