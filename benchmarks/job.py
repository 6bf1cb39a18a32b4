"""The work that is timed, and the networks that everyone begins it with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree

from benchmarks.timing import peak
from lstm_toys.execution import devices
from lstm_toys.networks import training
from lstm_toys.networks.cells import Gates
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import programs
from lstm_toys.populations.programs import specify
from lstm_toys.populations.train import PopulationTraining
from lstm_toys.tasks import families
from lstm_toys.tasks.curve_tasks import reproduce
from lstm_toys.tasks.supervision import Task

CHECKED_STEPS = 50
"""Steps after which a contestant is held against the float64 reference."""

LEAVES = ("kernel", "recurrent_kernel", "bias")
"""The weights of a layer."""

Weights = dict[str, dict[str, np.ndarray]]
"""Layers ``lstm_0``, ``lstm_1``, ..., ``readout``, each with its `LEAVES`, these with a leading axis M."""

State = tuple[Weights, Float[np.ndarray, " M"]]
"""Weights and losses of some members."""


@dataclass(frozen=True)
class Workload:
    """What one member-step is.

    Attributes:
        hidden: units of each layer below the readout, a layer of one unit.
        points: time points of a curve.
        curves: in the training set, all of them in every step.
        cell: what every layer is, a name in `lstm_toys.networks.cells.CELLS`.
        gates: of it.
    """

    hidden: tuple[int, ...] = (32,)
    points: int = 100
    curves: int = 1
    cell: str = "lstm"
    gates: Gates = "sigmoid"

    @property
    def layers(self) -> dict[str, int]:
        """Units of each layer by its name, from the input up."""
        return {f"{self.cell}_{layer}": units for layer, units in enumerate(self.hidden)} | {"readout": 1}

    @property
    def task(self) -> Task:
        """The sines 0.3 + 0.3 sin(10 x), and where there are more, frequencies up to 60."""
        frequency = 10.0 if self.curves == 1 else np.linspace(10.0, 60.0, self.curves)
        parameters = {"amplitude": 0.3, "frequency": frequency, "phase": 0.0, "offset": 0.3}
        return reproduce("sine", parameters, families.time_points(self.points))

    @property
    def model(self) -> Stack:
        """The network."""
        return Stack(1, self.hidden, cell=self.cell, gates=self.gates)

    @property
    def learning_rate(self) -> float:
        """Of SGD. At larger ones some vanilla RNNs are chaotic, so that float32 does not follow float64."""
        return 0.0003 if self.cell == "rnn" else 0.1

    def __str__(self) -> str:
        kind = f"{self.cell}, {self.gates} gates, " if (self.cell, self.gates) != ("lstm", "sigmoid") else ""
        widths = ", ".join(map(str, self.hidden))
        return f"{kind}{widths} units, {self.points:,} points, {self.curves} curve{'s' if self.curves > 1 else ''}"


@dataclass(frozen=True, eq=False)
class InitialWeights:
    """What a contestant begins with; equal only to itself.

    Attributes:
        job: what is trained.
        inputs: the curves, which are the targets too.
        weights: of some members.
    """

    job: Workload
    inputs: Float[np.ndarray, "C T 1"]
    weights: Weights

    @property
    def members(self) -> int:
        """How many members there are."""
        return len(self.weights["readout"]["bias"])

    def take(self, members: list[int]) -> "InitialWeights":
        """Some of the members."""
        return replace(self, weights=take(self.weights, members))


class Trainer(NamedTuple):
    """A training that has begun.

    Attributes:
        train: takes every member so many steps further, and returns when that is done.
        state: of some members.
    """

    train: Callable[[int], None]
    state: Callable[[list[int]], State]


def take(tree: PyTree, members: Any) -> PyTree:
    """Some of the members of a pytree; numbers past the last one stand for the last."""
    return jax.tree.map(partial(np.take, indices=members, axis=0, mode="clip"), tree)


def start(job: Workload, members: int) -> InitialWeights:
    """The curves, and the networks that `lstm_toys.populations.train` makes of the first seeds."""
    task, how = job.task, training.Procedure(job.task, job.model, "sgd")

    def weights(seed: programs.Start) -> PyTree:
        return training.init(how, training.seed_key(jnp.uint32(0), seed.seed), seed.hyper).params

    _, seeds = specify(task, job.model, seeds=members, steps=1, learning_rate=job.learning_rate)
    made = jax.jit(partial(jax.lax.map, weights))(seeds)
    curves = task.examples(jax.random.key(0), {}).inputs
    return InitialWeights(job, np.asarray(curves), jax.tree.map(np.asarray, made))


def begin(members: int, began: float) -> dict[str, float]:
    """Trains four steps in this process: the seconds to ``compile``, to the ``first_step``, and its peak ``bytes``.

    Args:
        members: how many networks.
        began: when the process was started, in seconds since 1970.
    """
    devices.configure()
    records: list[float] = []
    job = Workload()
    specified = specify(job.task, job.model, seeds=members, steps=4, learning_rate=job.learning_rate)
    trained = PopulationTraining(*specified, watch=lambda *_: records.append(time.time()))
    trained.networks()
    return {"compile": trained.seconds["compile"], "first_step": records[1] - began, "bytes": peak()}
