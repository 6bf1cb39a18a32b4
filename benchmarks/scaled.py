"""One training for `benchmarks.scaling`, in a process of its own: here, or by the workers of a cluster."""

import json
import math
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
from distributed import Client

from benchmarks.footprint import peak
from benchmarks.job import Workload
from lstm_toys.execution import devices
from lstm_toys.execution.cluster import Cluster, connected, packed
from lstm_toys.execution.executor import Executor, Part, Result
from lstm_toys.populations import blocks
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.group import Group
from lstm_toys.populations.specification import specify
from lstm_toys.populations.train import PopulationTraining


def steps_of(members: int) -> int:
    """Steps of a training, all of which are recorded: fewer of more members, so that each takes seconds."""
    return max(50, min(200, 200_000 // members))


class MeasuredCluster(Executor):
    """A cluster that measures what it sends and receives.

    Attributes:
        bytes: of the parts sent, each with the function, and of their results, as they are pickled.
        received: of each group of members: when it arrived, the seconds that its worker compiled for it, and its
            member-steps.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._began, self.bytes = cluster, 0.0, 0
        self.received: list[tuple[float, float, int]] = []

    @property
    def workers(self) -> int:  # type: ignore[override]
        """See `Executor`."""
        return self._cluster.workers

    @property
    def devices(self) -> int:
        """See `Executor`."""
        return self._cluster.devices

    def map(
        self, function: Callable[[Part], Result], parts: Iterable[Part], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Part, Result]]:
        """See `Executor.map`."""
        function_bytes = len(packed(function))
        self._began = time.perf_counter()
        for part, result in self._cluster.map(function, parts, stop):
            group = cast(Group, result)
            member_steps = int((group.taken - group.begun).sum())
            self.bytes += function_bytes + len(pickle.dumps(part)) + len(pickle.dumps(result))
            self.received.append((time.perf_counter(), group.seconds["compile"], member_steps))
            yield part, result

    def rate(self) -> float:
        """Member-steps per second since every worker has returned its first group, for which it compiled.

        A worker that keeps the programs of an earlier training does not compile again; if none does, all groups count.
        """
        began = max((when for when, compiling, _ in self.received if compiling), default=self._began)
        return sum(steps for when, _, steps in self.received if when > began) / (self.received[-1][0] - began)

    def peaks(self) -> list[int]:
        """The most memory that each worker has held."""
        client: Client = self._cluster._client
        return [*client.run(peak).values()]


class MeasuredTraining(PopulationTraining):
    """A training that measures how long it takes to put the groups together.

    Attributes:
        merging: seconds.
    """

    merging = 0.0

    def groups(self) -> Iterator[Group]:
        """See `PopulationTraining`."""
        for group in super().groups():
            began = time.perf_counter()
            yield group
            self.merging += time.perf_counter() - began


def measure(members: int, address: str, repeats: int) -> dict[str, Any]:
    """Trains so many members several times.

    Args:
        members: of each training.
        address: of a cluster; ``none``: this process.
        repeats: trainings that are timed.

    Returns:
        ``steps``: of each training; ``rates``: member-steps per second; ``group``: members of a group; ``merge``:
        seconds of putting the groups together; ``kept``: bytes of the arrays that are kept; ``client`` and ``worker``:
        peak memory of the processes in bytes; ``wire``: bytes sent and received per network, as they are pickled;
        ``disk``: bytes of checkpoints per network.
    """
    devices.configure()
    devices.start()
    job, steps = Workload(), steps_of(members)
    specification, start = specify(job.task, job.model, seeds=members, steps=steps, learning_rate=job.learning_rate)
    rates, merges = [], []
    with nullcontext() if address == "none" else connected(address, tell=lambda _: None) as cluster:
        for _ in range(repeats):
            measured = None if cluster is None else MeasuredCluster(cluster)
            training = MeasuredTraining(specification, start, executor=measured)
            networks = training.networks()
            merges.append(training.merging)
            rates.append(measured.rate() if measured else members * steps / training.seconds["train"])
        arrays = [networks.params, networks.results.train_loss.values, networks.results.train_rmse.values]
        client, worker = peak(), max(measured.peaks()) if measured else None
        wire = measured.bytes / members if measured else None
        with tempfile.TemporaryDirectory() as folder:
            few = jax.tree.map(lambda leaf: leaf[: blocks.GROUP_MEMBERS], start)
            checkpoints = Checkpoints(Path(folder), math.inf)
            PopulationTraining(specification, few, executor=measured, checkpoints=checkpoints).networks()
            disk = sum(path.stat().st_size for path in Path(folder).iterdir()) / len(few.seed)
        return {
            "steps": steps,
            "rates": rates,
            "group": training.group_size,
            "merge": merges,
            "kept": sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(arrays)),
            "client": client,
            "worker": worker,
            "wire": wire,
            "disk": disk,
        }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
