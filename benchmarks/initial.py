"""The networks that every contestant starts from: those of `lstm_toys.networks.training.init`."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int, PyTree

from benchmarks.job import LEARNING_RATE, Job, Start
from lstm_toys.networks import training
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import blocks, programs
from lstm_toys.tasks import families, supervision
from lstm_toys.tasks.supervision import Task


def task(job: Job) -> Task:
    """What the members are trained on."""
    return supervision.reproduce("sine", job.parameters, families.time_points(job.points))


def model(job: Job) -> Stack:
    """The network."""
    return Stack(1, job.hidden)


def block(job: Job) -> int:
    """Members in a block, as `lstm_toys.populations.train` chooses it."""
    return programs.suitable_block(task(job), model(job))


def members(job: Job, seeds: Int[np.ndarray, "blocks N"]) -> PyTree:
    """Members before their first step, on the devices, as `lstm_toys.populations.train` makes them."""
    mesh = blocks.mesh()
    examples = task(job)

    start = programs.members("sgd", seeds=seeds.size, learning_rate=LEARNING_RATE)

    def begin(start: programs.Start) -> training.Member:
        key = training.seed_key(jnp.uint32(0), start.seed)
        return training.init(examples, model(job), "sgd", key, start.hyper)

    return blocks.spread(begin, mesh, batch=blocks.one_by_one)(programs.place(seeds, start, mesh))


def start(job: Job, count: int) -> Start:
    """The curves, and the weights of the first members."""
    devices = jax.device_count()
    seeds = np.arange(-(-count // devices) * devices).reshape(devices, -1)
    weights = blocks.flat(members(job, seeds).params)
    curves = task(job).examples(jax.random.key(0), jnp.float32(1)).inputs
    return Start(np.asarray(curves), jax.tree.map(lambda leaf: leaf[:count], weights))
