"""Measures what checkpoints cost, as a share of a run, and how long other formats would take for the same state.

usage: python -m benchmarks.checkpoints [MEMBERS [STEPS]]
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from benchmarks.job import LEARNING_RATE, Job
from lstm_toys.execution import devices
from lstm_toys.populations import train
from lstm_toys.populations.checkpoints import UNTOLD, Checkpoints, Origin, State

REPEATS = 7


class Timed(Checkpoints):
    """Keeps the largest state, which is that of a group in training, and the seconds of every checkpoint."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.seconds: list[float] = []
        self.state: State = {}

    def save(
        self, first: int, last: int, step: int, state: State, origin: Origin = UNTOLD, *, finished: bool = False
    ) -> None:
        """See `Checkpoints`."""
        save = partial(super().save, first, last, step, state, origin, finished=finished)
        self.seconds.append(timed(save))
        self.state = max(self.state, state, key=size)


def size(state: State) -> int:
    """Bytes of a state."""
    return sum(array.nbytes for array in state.values())


def timed(action: Callable[[], None]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(members: int, steps: int, folder: Path) -> dict[str, Any]:
    """Trains, and times the checkpoints of it and other formats, with what belongs to the numbers."""
    job = Job()
    checkpoints = Timed(folder / "checkpoints", 1.0, devices.fingerprint(job.block))
    begun = train.Training(
        job.task, job.model, seeds=members, steps=steps, learning_rate=LEARNING_RATE, checkpoints=checkpoints
    )
    trained = begun.population()
    state, training = checkpoints.state, trained.seconds["train"]

    def npz(path: Path) -> None:
        np.savez(path, allow_pickle=False, **state)

    def orbax(path: Path) -> None:
        with ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(path, {name: array for name, array in state.items() if array.size})

    def median(save: Callable[[Path], None]) -> float:
        times = (timed(partial(save, folder / f"{save.__name__}-{repeat}")) for repeat in range(REPEATS))
        return round(statistics.median(times), 4)

    one = statistics.median(checkpoints.seconds)
    group = begun.group_size
    often = one * (1 / 30 + trained.member_steps / training / (4_000 * group))
    return {
        "members": members,
        "members in a checkpoint": group,
        "MiB of a checkpoint": round(size(state) / 2**20, 2),
        "seconds of a checkpoint, median": round(one, 4),
        "checkpoints": len(checkpoints.seconds),
        "seconds of training, checkpoints included": round(training, 1),
        "percent of this training": round(100 * sum(checkpoints.seconds) / training, 2),
        "percent at 4,000 steps and a checkpoint every 30 s": round(100 * often, 2),
        "seconds of other formats, median": {"npz, not flushed, no checksum": median(npz), "orbax": median(orbax)},
        "platform": jax.default_backend(),
    }


def main() -> None:
    """Measures as the command line says; prints JSON."""
    members, steps = (int(argument) for argument in [*sys.argv[1:], "16384", "100"][:2])
    devices.configure()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(members, steps, Path(folder)), indent=2))


if __name__ == "__main__":
    main()
