"""What a training costs besides its steps: time to the first one, compilation, and memory."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.sweeps import spread


def starts(repeats: int) -> dict[str, Any]:
    """Times the start of a default run, 16 members, from a cold and from a warm compilation cache.

    Returns:
        For each cache, the seconds of compilation and from the command to the end of the first step.
    """
    measured: dict[str, dict[str, list[float]]] = {
        cache: {"compile": [], "first_step": []} for cache in ("cold", "warm")
    }
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for cache in ("cold", "warm"):
                run = train(16, Path(folder))
                for name, values in measured[cache].items():
                    values.append(run[name])
    return {
        cache: {name: {"seconds": values, **spread(values)} for name, values in stages.items()}
        for cache, stages in measured.items()
    }


def memory(members: tuple[int, int]) -> dict[str, int]:
    """Peak memory, in bytes, of processes that train so many members."""
    return {str(count): train(count, None)["bytes"] for count in members}


def train(members: int, cache: Path | None) -> dict[str, Any]:
    """Trains in a process of its own, and returns what it says about itself.

    Args:
        members: how many.
        cache: folder for caches; None: the user's.
    """
    environment = dict(os.environ) if cache is None else {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-m", "benchmarks.footprint", str(members), repr(time.time())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"a training of {members} members failed: {done.stderr.strip()[-300:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def main() -> None:
    """Trains as many members as the first argument says; the second is when the process was started."""
    from benchmarks import initial
    from benchmarks.job import LEARNING_RATE, Job
    from lstm_toys.populations import devices, train

    devices.configure()
    members, began = int(sys.argv[1]), float(sys.argv[2])
    first: list[float] = []

    def monitor(step: int, *_: Any) -> None:
        if step == 1:
            first.append(time.time() - began)

    job = Job()
    trained = train.train(
        initial.task(job), initial.model(job), seeds=members, steps=4, learning_rate=LEARNING_RATE, monitor=monitor
    )
    print(json.dumps({"compile": trained.seconds["compile"], "first_step": first[0], "bytes": peak()}))


def peak() -> int:
    """The most memory that this process has held, in bytes.

    On Linux ``ru_maxrss`` would be at least that of the process that started this one: it outlives ``exec``.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
