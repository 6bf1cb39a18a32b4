"""Contestants in JAX: the project's engine, and a scan, Flax and Equinox, differentiated by JAX."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from benchmarks.job import LEAVES, InitialWeights, State, Trainer, Weights, Workload, take
from lstm_toys.execution import devices
from lstm_toys.networks import training
from lstm_toys.populations import blocks, programs
from lstm_toys.populations.specification import specify

CHUNK = 20
"""Steps between two records, as in an experiment of 4,000 steps."""


def engine(job: Workload, start: InitialWeights) -> Trainer:
    """The project's engine, driven as `lstm_toys.populations.train.train` does it, records included.

    The members come from the seeds' numbers, as those of ``start`` do.
    """
    devices.configure()
    mesh = blocks.mesh()
    specification, seeds = specify(
        job.task, job.model, seeds=start.members, steps=1, learning_rate=job.learning_rate, block=job.block
    )
    size = blocks.group_size(start.members, job.block, mesh.size)
    initialize, train_until = programs.compile_programs(specification, size, mesh)
    placed = blocks.placed(seeds, size, job.block, mesh)
    groups = [initialize(members, jnp.uint32(0)) for _, members in placed]
    losses = [np.empty(0)] * len(groups)

    def train(steps: int) -> None:
        recorded = np.append(np.arange(CHUNK, steps, CHUNK), steps).astype(np.int32)
        for number, members in enumerate(groups):
            reached = np.int32(0)
            pending: training.Record
            for first in range(0, len(recorded), programs.STOPS):
                stops = recorded[first : first + programs.STOPS]
                padding = (0, programs.STOPS - len(stops))
                padded = np.pad(stops, padding, mode="edge"), np.pad(np.ones(len(stops), bool), padding)
                members, following = train_until(members, reached, *padded)
                if first:
                    look(pending)
                reached, pending = stops[-1], following
            groups[number] = members
            losses[number] = look(pending)[:, len(stops) - 1]

    def look(record: training.Record) -> Float[np.ndarray, "M stops"]:
        """Brings to the host what the engine does, and returns the losses."""
        loss, _, _ = blocks.flat((record.loss, record.measures, record.sound))
        return loss

    def state(members: list[int]) -> State:
        return take(_joined([group.params for group in groups]), members), np.concatenate(losses)[members]

    return Trainer(train, state)


class Network(NamedTuple):
    """A job's network in another library.

    Attributes:
        params: of all members.
        answer: from one member's parameters and the curves to its answers.
        weights: from parameters back to weights.
    """

    params: PyTree
    answer: Callable[[PyTree, Float[Array, "C T 1"]], Float[Array, "C T 1"]]
    weights: Callable[[PyTree], Weights]


def spread(
    build: Callable[[Workload, Weights], Network], job: Workload, start: InitialWeights, *, as_engine: bool = False
) -> Trainer:
    """Training by autodiff of a loss of one member, spread over the devices.

    Args:
        build: makes the network of a job and weights.
        job: what to train.
        start: what to begin with.
        as_engine: whether members are batched in blocks, and XLA is set up, as for the engine; otherwise all members of
            a device are together, and XLA is as it comes.
    """
    if as_engine:
        devices.configure()
    else:
        devices.use_every_core()
        devices.cache_compilations()
    mesh = blocks.mesh()
    network = build(job, start.weights)
    transform = optax.sgd(job.learning_rate)
    inputs = jnp.asarray(start.inputs)

    def loss(params: PyTree, inputs: Float[Array, "C T 1"]) -> Float[Array, ""]:
        return jnp.mean(jnp.square(network.answer(params, inputs) - inputs))

    def advance(params: PyTree, steps: Int[Array, ""], inputs: Float[Array, "C T 1"]) -> PyTree:
        def step(_: Int[Array, ""], state: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
            params, optimizer = state
            updates, optimizer = transform.update(jax.grad(loss)(params, inputs), optimizer, params)
            return optax.apply_updates(params, updates), optimizer

        return jax.lax.fori_loop(0, steps, step, (params, transform.init(params)))[0]

    block = job.block if as_engine else -(-start.members // mesh.size)
    groups = [blocks.place(take(network.params, group), mesh) for group in _groups(start.members, block, mesh)]
    advanced = blocks.spread(advance, mesh, donate=True).lower(groups[0], jnp.int32(0), inputs).compile()

    def train(steps: int) -> None:
        groups[:] = [advanced(group, jnp.int32(steps), inputs) for group in groups]
        jax.block_until_ready(groups)

    def state(members: list[int]) -> State:
        chosen = take(_joined(groups), members)
        return network.weights(chosen), np.asarray(jax.jit(jax.vmap(loss, in_axes=(0, None)))(chosen, inputs))

    return Trainer(train, state)


def scan(job: Workload, weights: Weights) -> Network:
    """A plain scan: with `spread` as the engine, what is left of that without its own backward pass."""

    def layer(weights: PyTree, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        projected = jnp.swapaxes(inputs, 0, 1) @ weights["kernel"] + weights["bias"][None, None]

        def step(state: tuple[Array, Array], projected: Array) -> tuple[tuple[Array, Array], Array]:
            hidden, cell = state
            i, f, g, o = jnp.split(projected + hidden @ weights["recurrent_kernel"], 4, axis=-1)
            cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
            hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
            return (hidden, cell), hidden

        zeros = jnp.zeros((inputs.shape[0], len(weights["recurrent_kernel"])))
        return jnp.swapaxes(jax.lax.scan(step, (zeros, zeros), projected)[1], 0, 1)

    def answer(weights: PyTree, inputs: Float[Array, "C T 1"]) -> Float[Array, "C T 1"]:
        sequence = inputs
        for name in job.layers:
            sequence = layer(weights[name], sequence)
        return sequence

    return Network(weights, answer, lambda weights: weights)


class FlaxStack(nn.Module):
    """The network in Flax's own layers."""

    job: Workload

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T 1"]) -> Float[Array, "C T 1"]:
        """Answers curves."""
        sequence = inputs
        for name, units in self.job.layers.items():
            sequence = nn.RNN(nn.OptimizedLSTMCell(units, name=name))(sequence)  # type: ignore[assignment]
        return sequence


def flax(job: Workload, weights: Weights) -> Network:
    """`flax.linen.RNN` of `OptimizedLSTMCell`, a kernel and a recurrent kernel for each gate."""
    module = FlaxStack(job)
    params: PyTree = {}
    for name, layer in weights.items():
        parts = zip(*(np.split(layer[leaf], 4, axis=-1) for leaf in LEAVES), strict=True)
        params[name] = {}
        for gate, (kernel, recurrent_kernel, bias) in zip("ifgo", parts, strict=True):
            params[name] |= {f"i{gate}": {"kernel": kernel}, f"h{gate}": {"kernel": recurrent_kernel, "bias": bias}}

    def joined(cell: PyTree, side: str, leaf: str) -> np.ndarray:
        return np.concatenate([cell[f"{side}{gate}"][leaf] for gate in "ifgo"], axis=-1)

    places = dict(zip(LEAVES, (("i", "kernel"), ("h", "kernel"), ("h", "bias")), strict=True))
    return Network(
        params,
        lambda params, inputs: cast(Array, module.apply({"params": params}, inputs)),
        lambda params: {
            name: {leaf: joined(cell, *place) for leaf, place in places.items()} for name, cell in params.items()
        },
    )


def equinox(job: Workload, weights: Weights) -> Network:
    """`equinox.nn.LSTMCell` in a scan."""
    import equinox as eqx

    sizes = zip((1, *job.hidden), job.layers.values(), strict=True)
    cells = [eqx.nn.LSTMCell(below, units, key=jax.random.key(0)) for below, units in sizes]

    def leaves(cells: list[Any]) -> list[Any]:
        return [getattr(cell, name) for cell in cells for name in ("weight_ih", "weight_hh", "bias")]

    def turned(leaf: np.ndarray) -> np.ndarray:
        return np.swapaxes(leaf, 1, -1) if leaf.ndim == 3 else np.asarray(leaf)

    values = [turned(weights[name][leaf]) for name in job.layers for leaf in LEAVES]
    params, static = eqx.partition(eqx.tree_at(leaves, cells, values), eqx.is_array_like)

    def layer(cell: Any, sequence: Float[Array, "T F"]) -> Float[Array, "T H"]:
        def step(state: tuple[Array, Array], value: Array) -> tuple[tuple[Array, Array], Array]:
            state = cell(value, state)
            return state, state[0]

        zero = jnp.zeros(cell.hidden_size)
        return jax.lax.scan(step, (zero, zero), sequence)[1]

    def answer(params: PyTree, curve: Float[Array, "T 1"]) -> Float[Array, "T 1"]:
        sequence = curve
        for cell in eqx.combine(params, static):
            sequence = layer(cell, sequence)
        return sequence

    return Network(
        params,
        jax.vmap(answer, in_axes=(None, 0)),
        lambda params: {
            name: dict(zip(LEAVES, map(turned, leaves([cell])), strict=True))
            for name, cell in zip(job.layers, params, strict=True)
        },
    )


def _groups(members: int, block: int, mesh: jax.sharding.Mesh) -> list[Int[np.ndarray, "blocks N"]]:
    """Numbers of the members in each group, as `lstm_toys.populations.train` makes them."""
    return list(blocks.groups(members, blocks.group_size(members, block, mesh.size), block, mesh.size))


def _joined(groups: list[PyTree]) -> PyTree:
    """Joins the groups' trees along one axis of members."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *map(blocks.flat, groups))
