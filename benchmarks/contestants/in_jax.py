"""Contestants in JAX: the project's engine, and a scan, Flax and Equinox, differentiated by JAX."""

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from benchmarks.job import LEAVES, InitialWeights, State, Trainer, Weights, Workload, take
from lstm_toys.execution import devices
from lstm_toys.populations import blocks, programs
from lstm_toys.populations.programs import specify

CHUNK = 20
"""Steps between two records, as in an experiment of 4,000 steps."""


def engine(job: Workload, start: InitialWeights) -> Trainer:
    """The project's engine, driven as `lstm_toys.populations.train.train` does it, records included.

    The members come from the seeds' numbers, as those of ``start`` do.
    """
    devices.configure()
    mesh = blocks.mesh()
    specification, seeds = specify(job.task, job.model, seeds=start.members, steps=1, learning_rate=job.learning_rate)
    block = specification.block
    size = blocks.group_size(start.members, block, mesh.size)
    initialize, train_until = programs.compile_programs(specification, size)
    groups = [initialize(members, jnp.uint32(0)) for _, members in blocks.placed(seeds, size, block)]
    losses = [np.empty(0)] * len(groups)

    def train(steps: int) -> None:
        recorded = np.append(np.arange(CHUNK, steps, CHUNK), steps).astype(np.int32)
        for number, members in enumerate(groups):
            reached, pending = np.int32(0), None
            for stops in np.split(recorded, range(programs.STOPS, len(recorded), programs.STOPS)):
                padding = (0, programs.STOPS - len(stops))
                padded = np.pad(stops, padding, mode="edge"), np.pad(np.ones(len(stops), bool), padding)
                members, following = train_until(members, reached, *padded)
                if pending is not None:  # Brought to the host while the devices train on.
                    blocks.flat(pending)
                reached, pending = stops[-1], following
            groups[number], losses[number] = members, blocks.flat(pending).loss[:, len(stops) - 1]

    def state(members: list[int]) -> State:
        params = blocks.joined(blocks.flat(group.params) for group in groups)
        return take((params, np.concatenate(losses)), members)

    return Trainer(train, state)


class Network(NamedTuple):
    """A job's network in another library.

    Attributes:
        params: from the weights of all members to their parameters, the same numbers in another order.
        answer: from one member's parameters and the curves to its answers.
    """

    params: Callable[[Weights], PyTree]
    answer: Callable[[PyTree, Float[Array, "C T 1"]], Float[Array, "C T 1"]]


def spread(
    build: Callable[[Workload], Network], job: Workload, start: InitialWeights, *, as_engine: bool = False
) -> Trainer:
    """Training by autodiff of a loss of one member, spread over the devices.

    Args:
        build: makes the network of a job.
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
    mesh, network, transform = blocks.mesh(), build(job), optax.sgd(job.learning_rate)
    inputs = jnp.asarray(start.inputs)

    def loss(params: PyTree, inputs: Float[Array, "C T 1"]) -> Float[Array, ""]:
        return jnp.mean(jnp.square(network.answer(params, inputs) - inputs))

    def advance(params: PyTree, steps: Int[Array, ""], inputs: Float[Array, "C T 1"]) -> PyTree:
        def step(_: Int[Array, ""], state: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
            params, optimizer = state
            updates, optimizer = transform.update(jax.grad(loss)(params, inputs), optimizer, params)
            return optax.apply_updates(params, updates), optimizer

        return jax.lax.fori_loop(0, steps, step, (params, transform.init(params)))[0]

    block = programs.suitable_block(job.task, job.model) if as_engine else -(-start.members // mesh.size)
    size = blocks.group_size(start.members, block, mesh.size)
    groups = [members for _, members in blocks.placed(network.params(start.weights), size, block)]
    advanced = blocks.spread(advance, donate=True).lower(groups[0], jnp.int32(0), inputs).compile()

    def train(steps: int) -> None:
        groups[:] = [advanced(group, jnp.int32(steps), inputs) for group in groups]
        jax.block_until_ready(groups)

    def state(members: list[int]) -> State:
        chosen = take(blocks.joined(map(blocks.flat, groups)), members)
        # The transpose of another order is the order before.
        (weights,) = jax.linear_transpose(network.params, take(start.weights, members))(chosen)
        losses = jax.jit(jax.vmap(loss, in_axes=(0, None)))(chosen, inputs)
        return jax.tree.map(np.asarray, (weights, losses))

    return Trainer(train, state)


def scan(job: Workload) -> Network:
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
        return reduce(lambda sequence, name: layer(weights[name], sequence), job.layers, inputs)

    return Network(lambda weights: weights, answer)


def flax(job: Workload) -> Network:
    """`flax.linen.RNN` of `OptimizedLSTMCell`, a kernel and a recurrent kernel for each gate."""
    module = nn.Sequential([nn.RNN(nn.OptimizedLSTMCell(units)) for units in job.layers.values()])

    def cell(layer: dict[str, Any]) -> PyTree:
        parts = (jnp.split(layer[leaf], 4, axis=-1) for leaf in LEAVES)
        gates = [*zip("ifgo", *parts, strict=True)]
        own = {f"i{gate}": {"kernel": kernel} for gate, kernel, *_ in gates}
        return own | {f"h{gate}": {"kernel": kernel, "bias": bias} for gate, _, kernel, bias in gates}

    return Network(
        lambda weights: {f"layers_{n}": {"cell": cell(weights[name])} for n, name in enumerate(job.layers)},
        lambda params, inputs: cast(Array, module.apply({"params": params}, inputs)),
    )


def equinox(job: Workload) -> Network:
    """`equinox.nn.LSTMCell` in a scan."""
    import equinox as eqx

    sizes = zip((1, *job.hidden), job.layers.values(), strict=True)
    cells = [eqx.nn.LSTMCell(below, units, key=jax.random.key(0)) for below, units in sizes]

    def params(weights: Weights) -> PyTree:
        leaves = [weights[name][leaf] for name in job.layers for leaf in LEAVES]
        turned = [jnp.swapaxes(leaf, 1, -1) if leaf.ndim == 3 else leaf for leaf in leaves]
        return eqx.tree_at(
            lambda cells: [each for c in cells for each in (c.weight_ih, c.weight_hh, c.bias)], cells, turned
        )

    def layer(sequence: Float[Array, "T F"], cell: Any) -> Float[Array, "T H"]:
        def step(state: tuple[Array, Array], value: Array) -> tuple[tuple[Array, Array], Array]:
            state = cell(value, state)
            return state, state[0]

        zero = jnp.zeros(cell.hidden_size)
        return jax.lax.scan(step, (zero, zero), sequence)[1]

    return Network(params, jax.vmap(lambda params, curve: reduce(layer, params, curve), in_axes=(None, 0)))
