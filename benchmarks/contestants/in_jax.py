"""The contestants that need nothing but the project's own dependencies."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from benchmarks import initial
from benchmarks.job import LEARNING_RATE, Job, Start, Weights, nested, take
from lstm_toys.networks import training
from lstm_toys.populations import blocks, devices, programs

CHUNK = 20
"""Steps between two records, as in an experiment of 4,000 steps."""


class Contestant(Protocol):
    """Trains members; made in a process of its own, before anything else there."""

    unit: int
    """Steps that it does at a time; `train` takes multiples of it."""

    def prepare(self, job: Job, start: Start) -> None:
        """Takes the members that it is to train from now on."""

    def train(self, steps: int) -> None:
        """Trains every member further, and returns when that is done."""

    def state(self, members: list[int]) -> tuple[Weights, Float[np.ndarray, " M"]]:
        """Weights and losses of some members."""


class Ours:
    """The project's engine, driven as `lstm_toys.populations.train.train` does it, records included."""

    unit = CHUNK

    def __init__(self) -> None:
        devices.configure()

    def prepare(self, job: Job, start: Start) -> None:
        """See `Contestant`; the members come from the seeds' numbers, as those of ``start`` do."""
        mesh, self._count, block = blocks.mesh(), start.members, initial.block(job)
        groups = list(blocks.groups(self._count, blocks.group_size(self._count, block, mesh.size), block, mesh.size))
        compiled = programs.compile_programs(initial.task(job), initial.model(job), "sgd", groups[0], mesh)
        members = programs.members("sgd", seeds=self._count, learning_rate=LEARNING_RATE)
        self._groups = [compiled.initialize(programs.place(g, members, mesh), jnp.uint32(0)) for g in groups]
        self._follow = compiled.follow
        self._losses = [np.empty(0)] * len(self._groups)

    def train(self, steps: int) -> None:
        """See `Contestant`."""
        recorded = np.append(np.arange(CHUNK, steps, CHUNK), steps).astype(np.int32)
        for number, members in enumerate(self._groups):
            reached = np.int32(0)
            pending: list[training.Record] = []
            for first in range(0, len(recorded), programs.STOPS):
                stops = recorded[first : first + programs.STOPS]
                padding = (0, programs.STOPS - len(stops))
                padded = np.pad(stops, padding, mode="edge"), np.pad(np.ones(len(stops), bool), padding)
                members, following = self._follow(members, reached, *padded)
                for record in pending:
                    _look(record)
                reached, pending = stops[-1], [following]
            self._groups[number] = members
            self._losses[number] = _look(following)[:, len(stops) - 1]

    def state(self, members: list[int]) -> tuple[Weights, Float[np.ndarray, " M"]]:
        """See `Contestant`."""
        weights = _joined([blocks.flat(group.params) for group in self._groups])
        return take(weights, members), np.concatenate(self._losses)[members]


def _look(record: training.Record) -> Float[np.ndarray, " M"]:
    """Brings to the host what the engine does, and returns the losses."""
    losses, _, _ = blocks.flat((record.loss, record.rmse, record.sound))
    return losses


def _joined(parts: list[PyTree]) -> PyTree:
    """Joins the groups' trees along the axis of members."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


class Spread:
    """Training by autodiff of a loss of one member, spread over the devices.

    Attributes:
        as_engine: whether members are batched in blocks, and XLA is set up, as for the engine; otherwise all members of
            a device are together, and XLA is as it comes.
    """

    unit = 1
    as_engine = False

    def __init__(self) -> None:
        if self.as_engine:
            devices.configure()
        else:
            devices.use_every_core()
            devices.cache_compilations()

    def build(self, job: Job, start: Start) -> tuple[PyTree, Callable[[PyTree, Array], Array]]:
        """Parameters of all members, and the answer ``[C, T, 1]`` as a function of one member's and the inputs."""
        raise NotImplementedError

    def weights(self, params: PyTree) -> Weights:
        """The inverse of what `build` does to the weights."""
        raise NotImplementedError

    def prepare(self, job: Job, start: Start) -> None:
        """See `Contestant`."""
        mesh = blocks.mesh()
        params, answer = self.build(job, start)
        transform = optax.sgd(LEARNING_RATE)

        def loss(params: PyTree, inputs: Float[Array, "C T 1"]) -> Float[Array, ""]:
            return jnp.mean(jnp.square(answer(params, inputs) - inputs))

        def advance(params: PyTree, steps: Int[Array, ""], inputs: Float[Array, "C T 1"]) -> PyTree:
            def step(_: Int[Array, ""], state: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
                params, optimizer = state
                updates, optimizer = transform.update(jax.grad(loss)(params, inputs), optimizer, params)
                return optax.apply_updates(params, updates), optimizer

            return jax.lax.fori_loop(0, steps, step, (params, transform.init(params)))[0]

        self._inputs = jnp.asarray(start.inputs)
        self._loss = jax.jit(jax.vmap(loss, in_axes=(0, None)))
        count = start.members
        block = initial.block(job) if self.as_engine else -(-count // mesh.size)
        self._groups = []
        size = blocks.group_size(count, block, mesh.size)
        for seeds in blocks.groups(count, size, block, mesh.size):
            group = jax.tree.map(partial(np.take, indices=seeds, axis=0, mode="clip"), params)
            self._groups.append(blocks.place(group, mesh))
        step = blocks.spread(advance, mesh, donate=True)
        self._advance = step.lower(self._groups[0], jnp.int32(0), self._inputs).compile()

    def train(self, steps: int) -> None:
        """See `Contestant`."""
        self._groups = [self._advance(group, jnp.int32(steps), self._inputs) for group in self._groups]
        jax.block_until_ready(self._groups)

    def state(self, members: list[int]) -> tuple[Weights, Float[np.ndarray, " M"]]:
        """See `Contestant`."""
        params = _joined([blocks.flat(group) for group in self._groups])
        chosen = jax.tree.map(lambda leaf: leaf[members], params)
        return self.weights(chosen), np.asarray(self._loss(chosen, self._inputs))


class Autodiff(Spread):
    """A plain scan, differentiated by JAX, set up as the engine is: what is left without its own backward pass."""

    as_engine = True

    def build(self, job: Job, start: Start) -> tuple[PyTree, Callable[[PyTree, Array], Array]]:
        """See `Spread`."""

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

        return start.weights, answer

    def weights(self, params: PyTree) -> Weights:
        """See `Spread`."""
        return params


class FlaxStack(nn.Module):
    """The network in Flax's own layers."""

    hidden: tuple[int, ...]

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T 1"]) -> Float[Array, "C T 1"]:
        """Answers curves."""
        sequence = inputs
        for layer, units in enumerate((*self.hidden, 1)):
            sequence = nn.RNN(nn.OptimizedLSTMCell(units, name=f"cell_{layer}"))(sequence)  # type: ignore[assignment]
        return sequence


class Flax(Spread):
    """`flax.linen.RNN` of `OptimizedLSTMCell`, all members of a device under one `jax.vmap`."""

    def build(self, job: Job, start: Start) -> tuple[PyTree, Callable[[PyTree, Array], Array]]:
        """See `Spread`."""
        module = FlaxStack(job.hidden)
        params: dict[str, Any] = {}
        self._layers = job.layers
        for layer, name in enumerate(job.layers):
            weights = start.weights[name]
            cell = params[f"cell_{layer}"] = {}
            parts = (np.split(weights[leaf], 4, axis=-1) for leaf in ("kernel", "recurrent_kernel", "bias"))
            for gate, kernel, recurrent_kernel, bias in zip("ifgo", *parts, strict=True):
                cell[f"i{gate}"] = {"kernel": kernel}
                cell[f"h{gate}"] = {"kernel": recurrent_kernel, "bias": bias}
        return params, lambda params, inputs: cast(Array, module.apply({"params": params}, inputs))

    def weights(self, params: PyTree) -> Weights:
        """See `Spread`."""
        leaves = {}
        for layer, name in enumerate(self._layers):
            cell = params[f"cell_{layer}"]
            for leaf, part, of in (
                ("kernel", "i", "kernel"),
                ("recurrent_kernel", "h", "kernel"),
                ("bias", "h", "bias"),
            ):
                leaves[f"{name}/{leaf}"] = np.concatenate([cell[f"{part}{gate}"][of] for gate in "ifgo"], axis=-1)
        return nested(leaves)


class FlaxBlocks(Flax):
    """The same, set up as the engine is."""

    as_engine = True
