"""One training for `benchmarks.scaling`, in a process of its own: here, or by the workers of a cluster."""

import json
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Any, TypeVar

import jax
import numpy as np
from distributed import Client

from benchmarks.footprint import peak
from benchmarks.job import LEARNING_RATE, Job
from lstm_toys.populations import cluster, devices, elsewhere, train

P = TypeVar("P")


def steps_of(members: int) -> int:
    """Steps of a training, all of which are recorded: fewer of more members, so that each takes some seconds."""
    return max(20, min(200, 200_000 // members))


class Counted(elsewhere.Elsewhere):
    """A cluster, and the bytes of what went there and came back."""

    def __init__(self, found: cluster.Cluster) -> None:
        self._found, self.bytes = found, 0

    @property
    def workers(self) -> int:
        """See `elsewhere.Elsewhere`."""
        return self._found.workers

    def outcomes(
        self, job: elsewhere.Job, parts: Iterable[P], stop: Callable[[], bool]
    ) -> Iterator[tuple[P, elsewhere.Outcome]]:
        """See `elsewhere.Elsewhere`."""
        shared = len(cluster.packed(job))
        for part, outcome in self._found.outcomes(job, parts, stop):
            self.bytes += shared + len(pickle.dumps(part)) + len(pickle.dumps(outcome))
            yield part, outcome

    def peaks(self) -> list[int]:
        """The most memory that each worker has held."""
        client: Client = self._found._client
        return [*client.run(peak).values()]


def measure(members: int, address: str, repeats: int) -> dict[str, Any]:
    """Trains so many members several times, and once before, which compiles.

    Args:
        members: of each training.
        address: of a cluster; ``none``: this process.
        repeats: trainings that are timed.

    Returns:
        ``rates``: member-steps a second; ``merge``: seconds beside the training; ``kept``, ``client`` and ``worker``:
        bytes of the arrays that are kept, and of the peaks of processes; ``wire``: bytes a network.
    """
    devices.configure()
    devices.start()
    connected = cluster.connected(address, mixed=False, tell=lambda _: None) if address != "none" else nullcontext()
    job, steps = Job(), steps_of(members)
    rates, merges = [], []
    with connected as found:
        counted = None if found is None else Counted(found)
        for number in range(repeats + 1):
            training = train.Training(
                job.task, job.model, seeds=members, steps=steps, learning_rate=LEARNING_RATE, cluster=counted
            )
            began, spent = time.perf_counter(), counted.bytes if counted else 0
            population = training.population()
            wall = time.perf_counter() - began
            if number:
                rates.append(members * steps / training.seconds["train"])
                merges.append(wall - sum(training.seconds.values()))
        arrays = [population.states[steps], population.train_loss, population.train_rmse, population.frames]
        return {
            "rates": rates,
            "merge": merges,
            "kept": sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(arrays)),
            "client": peak(),
            "worker": max(counted.peaks()) if counted else None,
            "wire": (counted.bytes - spent) / members if counted else None,
        }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
