"""One training for `benchmarks.scaling`, in a process of its own: here, or by the workers of a cluster."""

import json
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
from distributed import Client

from benchmarks.footprint import peak
from benchmarks.job import LEARNING_RATE, Job
from lstm_toys.execution import base, cluster, devices
from lstm_toys.populations import blocks, checkpoints, train

P = TypeVar("P")


def steps_of(members: int) -> int:
    """Steps of a training, all of which are recorded: fewer of more members, so that each takes seconds."""
    return max(50, min(200, 200_000 // members))


class Counted(base.Elsewhere):
    """A cluster, the bytes of what went there and came back, and when it came."""

    def __init__(self, found: cluster.Cluster) -> None:
        self._found, self.bytes = found, 0
        self.came: list[tuple[float, str, int]] = []

    @property
    def workers(self) -> int:
        """See `base.Elsewhere`."""
        return self._found.workers

    def outcomes(self, job: base.Job, parts: Iterable[P], stop: Callable[[], bool]) -> Iterator[tuple[P, base.Outcome]]:
        """See `base.Elsewhere`."""
        shared = len(cluster.packed(job))
        for part, outcome in self._found.outcomes(job, parts, stop):
            self.bytes += shared + len(pickle.dumps(part)) + len(pickle.dumps(outcome))
            self.came.append((time.perf_counter(), outcome.worker, outcome.value.member_steps))
            yield part, outcome

    def rate(self) -> float:
        """Member-steps a second after every worker had given back its first group, before which it compiled."""
        first = {worker: when for when, worker, _ in reversed(self.came)}
        began = max(first.values())
        return sum(steps for when, _, steps in self.came if when > began) / (self.came[-1][0] - began)

    def peaks(self) -> list[int]:
        """The most memory that each worker has held."""
        client: Client = self._found._client
        return [*client.run(peak).values()]


def measure(members: int, address: str, repeats: int) -> dict[str, Any]:
    """Trains so many members several times.

    Args:
        members: of each training.
        address: of a cluster; ``none``: this process.
        repeats: trainings that are timed.

    Returns:
        ``steps``: of each training; ``rates``: member-steps a second; ``group``: members of a group; ``merge``: seconds
        beside the training; ``kept``, ``client`` and ``worker``: bytes of the arrays that are kept, and of the peaks of
        processes; ``wire`` and ``disk``: bytes a network, of what parts and their outcomes are as they are pickled, and
        of checkpoints.
    """
    devices.configure()
    devices.start()
    connected = cluster.connected(address, mixed=False, tell=lambda _: None) if address != "none" else nullcontext()
    job, steps = Job(), steps_of(members)
    rates, merges = [], []
    with connected as found:
        begin = partial(train.Training, job.task, job.model, steps=steps, learning_rate=LEARNING_RATE)
        for _ in range(repeats):
            counted = None if found is None else Counted(found)
            training = begin(seeds=members, cluster=counted)
            began = time.perf_counter()
            population = training.population()
            merges.append(time.perf_counter() - began - sum(training.seconds.values()))
            rates.append(counted.rate() if counted else members * steps / training.seconds["train"])
        arrays = [population.states[steps], population.train_loss, population.train_rmse, population.frames]
        client, worker = peak(), max(counted.peaks()) if counted else None
        with tempfile.TemporaryDirectory() as folder:
            told = checkpoints.Checkpoints(Path(folder), 1e9, devices.fingerprint(training.block))
            begin(seeds=blocks.GROUP_MEMBERS, cluster=counted, checkpoints=told).population()
            disk = sum(path.stat().st_size for path in Path(folder).iterdir()) / blocks.GROUP_MEMBERS
        return {
            "steps": steps,
            "rates": rates,
            "group": training.group_size,
            "merge": merges,
            "kept": sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(arrays)),
            "client": client,
            "worker": worker,
            "wire": counted.bytes / members if counted else None,
            "disk": disk,
        }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
