"""How a training grows: with members in one process, and with the workers of a cluster on this machine.

Networks of 32 units on one sine, 200 steps or, of more than 1,000, fewer, all of which are recorded; every training
runs in a process of its own. Rates are those of the whole machine, medians of interleaved rounds, compilation left out:
over workers they are counted from when each has given back its first group. *Against here* is the median over rounds of
the ratio to the same members without a cluster. Memory is the peak of a process, that of the client beyond the arrays
that are kept, in MiB; bytes on the wire are those of finished groups, as they are pickled.
"""

import math
import pickle
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks import command, timing
from benchmarks.job import Workload
from lstm_toys.execution import devices
from lstm_toys.execution.cluster import connected
from lstm_toys.populations import blocks
from lstm_toys.populations.checkpoints import Checkpoints, Group
from lstm_toys.populations.programs import specify
from lstm_toys.populations.train import PopulationTraining

HERE, ADDRESSES = "none", ("local:1", "local:2")
MEMBERS = (16, 64, 256, 1_024, 4_096, 16_384)
USUAL = 1_000
"""Steps that networks take unless told otherwise."""


class MeasuredTraining(PopulationTraining):
    """A training that measures its groups as they come.

    Attributes:
        waited: seconds until all groups had come; what a training takes beyond them puts their arrays together.
        received: of each group when it came, the seconds for which its worker compiled, its member-steps, and its
            bytes as it is pickled.
    """

    waited = 0.0

    def groups(self) -> Iterator[Group]:
        """See `PopulationTraining`."""
        self.began, self.received = time.perf_counter(), list[tuple[float, float, int, int]]()
        began = self.began
        for group in super().groups():
            came, size = time.perf_counter(), len(pickle.dumps(group))
            self.received.append((came, group.seconds["compile"], int(group.taken.sum()), size))
            self.waited += time.perf_counter() - began
            yield group
            began = time.perf_counter()

    def rate(self) -> float:
        """Member-steps per second since every worker has returned its first group, for which it compiled.

        A worker that keeps the programs of an earlier training does not compile again; if none does, all groups count.
        """
        # Looking up programs takes microseconds.
        began = max((came for came, compiling, *_ in self.received if compiling > 1e-3), default=self.began)
        return sum(steps for came, _, steps, _ in self.received if came > began) / (self.received[-1][0] - began)


def train(members: int, address: str, repeats: int) -> dict[str, Any]:
    """Trains so many members several times: fewer steps of more members, so that each training takes seconds.

    Args:
        members: of each training.
        address: of a cluster; ``none``: this process.
        repeats: trainings that are timed.

    Returns:
        ``steps``: of each training, all of which are recorded; ``rates``: member-steps per second; ``group``: members
        of a group; ``merge``: seconds of putting the groups together; ``kept``: bytes of the arrays that are kept;
        ``client`` and ``worker``: peak memory of the processes in bytes; ``wire``: bytes of a finished group per
        network, as workers send them; ``disk``: bytes of checkpoints per network.
    """
    devices.configure()
    devices.start()
    job, steps = Workload(), max(50, min(200, 200_000 // members))
    specification, start = specify(job.task, job.model, seeds=members, steps=steps, learning_rate=job.learning_rate)
    rates, merges = [], []
    with nullcontext() if address == HERE else connected(address, tell=lambda _: None) as cluster:
        for _ in range(repeats):
            training, began = MeasuredTraining(specification, start, cluster or devices.Executor()), time.perf_counter()
            networks = training.networks()
            merges.append(time.perf_counter() - began - training.waited)
            rates.append(training.rate() if cluster else members * steps / training.seconds["train"])
        recorded = networks.results.training
        arrays = [networks.params, recorded.train_loss.values, recorded.train_rmse.values]
        client, worker = timing.peak(), max(cluster._client.run(timing.peak).values()) if cluster else None
        with tempfile.TemporaryDirectory() as folder:
            few = jax.tree.map(lambda leaf: leaf[: blocks.GROUP_MEMBERS], start)
            checkpoints = Checkpoints(Path(folder), math.inf)
            PopulationTraining(specification, few, cluster or devices.Executor(), checkpoints).networks()
            disk = sum(path.stat().st_size for path in Path(folder).iterdir()) / len(few.seed)
    return {
        "steps": steps,
        "rates": rates,
        "group": training.group_size,
        "merge": merges,
        "kept": sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(arrays)),
        "client": client,
        "worker": worker,
        "wire": sum(size for *_, size in training.received) / members if cluster else None,
        "disk": disk,
    }


def measure(*, quick: bool) -> command.Results:
    """Trains every number of members here and by workers.

    Returns:
        ``rows``: each with ``address``, ``members``, and of all ``rounds`` what `train` returns.
    """
    members, clustered, rounds = (MEMBERS[:3], MEMBERS[2:3], 1) if quick else (MEMBERS, MEMBERS[3::2], 3)
    cells = [(HERE, count) for count in members] + [(each, count) for each in ADDRESSES for count in clustered]
    timers = {
        f"{address}, {count:,} members": partial(timing.isolated, train, count, address, 3 if count <= 256 else 1)
        for address, count in cells
    }
    rows = zip(cells, timing.rounds(timers, rounds).values(), strict=True)
    return {"rows": [{"address": address, "members": count, "rounds": each} for (address, count), each in rows]}


def report(results: command.Results) -> Iterator[str]:
    """The results as a table, and what follows from it."""
    rows = {(row["address"], row["members"]): row["rounds"] for row in results["rows"]}
    every = {key: timing.spread([rate for each in of for rate in each["rates"]]) for key, of in rows.items()}
    medians = {key: [statistics.median(each["rates"]) for each in of] for key, of in rows.items()}
    against = {key: timing.ratios(own, medians[HERE, key[1]])["median"] for key, own in medians.items()}

    def median(key: tuple[str, int], name: str) -> float:
        return statistics.median(each[name] for each in rows[key])

    def cells(key: tuple[str, int]) -> Iterator[str]:
        clustered, kept = key[0] != HERE, median(key, "kept")
        yield from (key[0] if clustered else "–", f"{key[1]:,}", f"{median(key, 'steps'):.0f}")
        yield from timing.ranged(every[key], 0)
        yield f"{against[key]:.2f}" if clustered else ""
        yield f"{(median(key, 'client') - kept) / 2**20:,.0f}"
        yield f"{median(key, 'worker') / 2**20:,.0f}" if clustered else ""
        yield f"{kept / 2**20:,.1f}"
        yield f"{median(key, 'wire') / 1e3:,.1f}" if clustered else ""
        yield f"{statistics.median(seconds for each in rows[key] for seconds in each['merge']):.2f}"

    memory = "client> | worker> | kept> | wire, KB a network> | merging, s>"
    head = f"workers | members> | steps> | member-steps/s> | lowest to highest> | against here> | {memory}"
    yield from command.table(head, map(cells, rows))
    flat = [every[key]["median"] for key in rows if key[0] == HERE and key[1] >= 64]
    yield f"Without a cluster the slowest number from 64 up is {1 - min(flat) / max(flat):.0%} below the fastest."
    for address, members in rows:
        if address != HERE:
            key, more = (address, members), 1 / against[address, members] - 1
            group, steps = median(key, "group"), median(key, "steps")
            seconds = more * group * steps / every[HERE, members]["median"]
            yield f"Over {address}, {members:,} members: a group of {group:.0f} takes {1e3 * seconds:+.0f} ms against"
            yield f"here, which of one of {USUAL:,} steps is {more * steps / USUAL:+.1%}."
    yield f"A checkpoint of a finished group takes {median([*rows][-1], 'disk') / 1e3:.1f} KB a network."


if __name__ == "__main__":
    command.carry_out("scaling", __doc__, measure, report, "quick")
