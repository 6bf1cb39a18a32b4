"""A training compared with the loop that a user of JAX writes.

Vanilla RNNs of 32 units with a dense readout compare two numbers, each shown for 5 of 40 points: 1,000 steps of SGD on
32 fresh trials. The loop is one jitted function with one `jax.vmap` over networks, and returns parameters and a last
loss; lstm_toys records as by default. With validation, both compute the loss of 256 trials at 200 records. Warm is the
median of three trainings in a process, cold the one before, with an empty compilation cache and without imports.
Medians of interleaved rounds, in seconds; *ratio* is the median over rounds of lstm_toys' seconds divided by those of
the loop, with the lowest and the highest.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key, PyTree

import lstm_toys as lt
from benchmarks import command, timing

UNITS, POINTS, TRIALS, VALIDATION, RATE = 32, 40, 32, 256, 0.1
STEPS, RECORDS, NETWORKS = 1_000, 200, (8, 16, 64)


def trials(key: Key[Array, ""], count: int) -> tuple[Float[Array, "C T 1"], Float[Array, "C 1"]]:
    """Two numbers, each shown for five points, with noise, and whether the first is the larger one."""
    number_key, noise_key = jax.random.split(key)
    first, second = jax.random.uniform(number_key, (2, count, 1))
    t = jnp.arange(POINTS)
    shown = first * ((t >= 5) & (t < 10)) + second * ((t >= 25) & (t < 30))
    inputs = shown + 0.05 * jax.random.normal(noise_key, shown.shape)
    return inputs[..., None], (first > second).astype(jnp.float32)


def loop(networks: int, steps: int, *, validated: bool) -> Callable[[], Any]:
    """A training of vanilla RNNs in one jitted function, with one `jax.vmap` over networks."""
    transform, records = optax.sgd(RATE), RECORDS if validated else 1

    def init(key: Key[Array, ""]) -> PyTree:
        kernel, recurrent_kernel, readout = jax.random.split(key, 3)
        return {
            "kernel": jax.random.normal(kernel, (1, UNITS)),
            "recurrent_kernel": jax.random.normal(recurrent_kernel, (UNITS, UNITS)) / UNITS**0.5,
            "bias": jnp.zeros(UNITS),
            "readout": jax.random.normal(readout, (UNITS, 1)) / UNITS**0.5,
        }

    def loss(params: PyTree, inputs: Float[Array, "C T 1"], targets: Float[Array, "C 1"]) -> Float[Array, ""]:
        def step(hidden: Float[Array, "C H"], value: Float[Array, "C 1"]) -> tuple[Float[Array, "C H"], None]:
            summed = value @ params["kernel"] + hidden @ params["recurrent_kernel"] + params["bias"]
            return jnp.tanh(summed), None

        hidden, _ = jax.lax.scan(step, jnp.zeros((len(inputs), UNITS)), jnp.swapaxes(inputs, 0, 1))
        return jnp.mean(optax.sigmoid_binary_cross_entropy(hidden @ params["readout"], targets))

    @jax.jit
    @jax.vmap
    def train(key: Key[Array, ""]) -> tuple[PyTree, Float[Array, " R"]]:
        def update(number: Any, state: PyTree) -> PyTree:
            params, optimizer = state
            grads = jax.grad(loss)(params, *trials(jax.random.fold_in(key, number), TRIALS))
            updates, optimizer = transform.update(grads, optimizer)
            return optax.apply_updates(params, updates), optimizer

        def until_record(state: PyTree, number: Any) -> tuple[PyTree, Float[Array, ""]]:
            every = steps // records
            state = jax.lax.fori_loop(number * every, (number + 1) * every, update, state)
            return state, loss(state[0], *validation)

        validation, params = trials(jax.random.key(1), VALIDATION if validated else TRIALS), init(key)
        return jax.lax.scan(until_record, (params, transform.init(params)), jnp.arange(records))

    return partial(train, jax.random.split(jax.random.key(0), networks))


def ours(networks: int, steps: int, *, validated: bool) -> Callable[[], Any]:
    """The same training by `lstm_toys.train`."""
    lt.configure()
    validation = lt.Examples(*trials(jax.random.key(1), VALIDATION)) if validated else None

    def draw(key: Key[Array, ""], _: Any) -> lt.Examples:
        return lt.Examples(*trials(key, TRIALS))

    more: Any = {"sequence": False, "loss": "binary_cross_entropy", "fresh": True, "validation": validation}
    task = lt.Task(draw, ("number",), ("first is larger",), **more)
    model = lt.Stack(1, (UNITS,), "dense", sequence=False, cell="rnn")
    return lambda: lt.train(task, model, seeds=networks, steps=steps, learning_rate=RATE).params


def seconds(contestant: str, networks: int, steps: int, validated: bool) -> dict[str, float]:
    """What a training takes in this process: ``cold``, the first time, and ``warm``, the median of three others."""
    train = {"loop": loop, "ours": ours}[contestant](networks, steps, validated=validated)
    jax.block_until_ready(jnp.zeros(()))  # Starts the device, which is not timed.
    taken = []
    for _ in range(4):
        began = time.perf_counter()
        jax.block_until_ready(train())
        taken.append(time.perf_counter() - began)
    return {"cold": taken[0], "warm": statistics.median(taken[1:])}


def measure(*, quick: bool) -> command.Results:
    """The seconds of each case, one a round, by name: the contestant, the networks and whether they are validated."""
    counts, steps, rounds = (NETWORKS[:1], RECORDS, 1) if quick else (NETWORKS, STEPS, 5)

    def case(contestant: str, networks: int, validated: bool) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as caches:
            return timing.isolated(seconds, contestant, networks, steps, validated, XDG_CACHE_HOME=caches)

    every = itertools.product((False, True), counts, ("loop", "ours"))
    cases = {f"{who}, {networks}, {more}": partial(case, who, networks, more) for more, networks, who in every}
    return {"networks": counts, "seconds": timing.rounds(cases, rounds)}


def report(results: command.Results) -> Iterator[str]:
    """The results as a table."""

    def row(validated: bool, stage: str, networks: int) -> Iterator[str]:
        rounds = (results["seconds"][f"{contestant}, {networks}, {validated}"] for contestant in ("loop", "ours"))
        loop, ours = ([each[stage] for each in of] for of in rounds)
        yield from (f"{networks}", f"{VALIDATION} trials" if validated else "–", stage)
        yield from (timing.ranged(timing.spread(each))[0] for each in (loop, ours))
        yield from timing.ranged(timing.ratios(ours, loop))

    head = "networks> | validation | cache | loop, s> | lstm_toys, s> | ratio> | lowest to highest>"
    rows = itertools.product((False, True), ("warm", "cold"), results["networks"])
    yield from command.table(head, (row(*each) for each in rows))


if __name__ == "__main__":
    command.carry_out("loop", __doc__, measure, report, "quick")
