"""Measures what checkpoints cost, as a share of a run, and how long other formats would take for the same state.

usage: python -m benchmarks.checkpoints [MEMBERS [STEPS]]
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPEATS = 7


def main() -> None:
    """Trains, and times the checkpoints of it; prints JSON."""
    import jax
    import numpy as np
    import orbax.checkpoint as ocp

    from benchmarks import initial
    from benchmarks.job import LEARNING_RATE, Job
    from lstm_toys.populations import devices, train
    from lstm_toys.populations.checkpoints import Checkpoints, State

    members, steps = (int(argument) for argument in [*sys.argv[1:], "16384", "100"][:2])
    devices.configure()
    job = Job()

    class Timed(Checkpoints):
        """Keeps the last state, and the seconds of every checkpoint."""

        seconds: list[float]
        last: State

        def save(self, first: int, last: int, step: int, state: State) -> None:
            began = time.perf_counter()
            super().save(first, last, step, state)
            self.seconds.append(time.perf_counter() - began)
            self.last = state

    with tempfile.TemporaryDirectory() as folder:
        checkpoints = Timed(Path(folder) / "checkpoints", 30.0, devices.fingerprint(initial.block(job)))
        checkpoints.seconds = []
        trained = train.train(
            initial.task(job),
            initial.model(job),
            seeds=members,
            steps=steps,
            learning_rate=LEARNING_RATE,
            checkpoints=checkpoints,
        )
        state, size = checkpoints.last, sum(array.nbytes for array in checkpoints.last.values())

        def npz(path: Path) -> None:
            np.savez(path, allow_pickle=False, **state)

        def orbax(path: Path) -> None:
            with ocp.StandardCheckpointer() as checkpointer:
                checkpointer.save(path, {name: array for name, array in state.items() if array.size})

        formats: dict[str, Any] = {}
        for name, save in {"npz, not flushed, no checksum": npz, "orbax": orbax}.items():
            times = []
            for repeat in range(REPEATS):
                began = time.perf_counter()
                save(Path(folder) / f"{name.split(',')[0]}-{repeat}")
                times.append(time.perf_counter() - began)
            formats[name] = statistics.median(times)
        one = statistics.median(checkpoints.seconds)
        rate = trained.member_steps / trained.seconds["train"]
        group = checkpoints.group_size or members
        print(
            json.dumps(
                {
                    "members": members,
                    "members in a checkpoint": group,
                    "MiB of a checkpoint": round(size / 2**20, 2),
                    "seconds of a checkpoint, median": round(one, 4),
                    "checkpoints": len(checkpoints.seconds),
                    "seconds of training, checkpoints included": round(trained.seconds["train"], 1),
                    "percent of this training": round(100 * sum(checkpoints.seconds) / trained.seconds["train"], 2),
                    "percent at 4,000 steps and a checkpoint every 30 s": round(
                        100 * one * (1 / 30 + rate / (4_000 * group)), 2
                    ),
                    "seconds of other formats, median": {name: round(value, 4) for name, value in formats.items()},
                    "platform": jax.default_backend(),
                },
                indent=2,
            )
        )


if __name__ == "__main__":
    main()
