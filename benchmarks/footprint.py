"""What a training costs besides its steps: start, from a cold and a warm compilation cache, and memory."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def starts(repeats: int) -> dict[str, Any]:
    """Times the start of a default run, 16 members: its compilation, and from the command to the first step's end.

    Returns:
        See `cold_and_warm`.
    """

    def start(caches: Path) -> dict[str, float]:
        said = train(16, XDG_CACHE_HOME=str(caches))
        return {stage: said[stage] for stage in ("compile", "first_step")}

    return cold_and_warm(repeats, start)


def memory(members: tuple[int, int]) -> dict[str, int]:
    """Peak memory, in bytes, of processes that train so many members."""
    return {str(count): train(count)["bytes"] for count in members}


def train(members: int, **environment: str) -> dict[str, Any]:
    """Trains in a process of its own, and returns what it says about itself."""
    said: dict[str, Any] = json.loads(
        run("-m", "benchmarks.footprint", str(members), repr(time.time()), environment=environment)
    )
    return said


def cold_and_warm(repeats: int, measure: Callable[[Path], dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Measures with an empty folder for caches, and again with what the first left there, in turn.

    Args:
        repeats: rounds.
        measure: the seconds of every stage, given the folder; the last is told.

    Returns:
        For the ``cold`` and the ``warm`` cache and each stage, all seconds, their median, lowest and highest.
    """
    seconds: dict[str, dict[str, list[float]]] = {"cold": {}, "warm": {}}
    for number in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for cache, stages in seconds.items():
                for stage, value in measure(Path(folder)).items():
                    stages.setdefault(stage, []).append(value)
                print(f"round {number + 1} of {repeats}, {cache}: {value:.1f} s", flush=True)
    return {
        cache: {stage: {"seconds": values, **spread(values)} for stage, values in stages.items()}
        for cache, stages in seconds.items()
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def run(*arguments: str, environment: Mapping[str, str], code: int = 0) -> str:
    """Runs Python in a process of its own, and returns the last line that it prints.

    Raises:
        RuntimeError: it ended with another code.
    """
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != code:
        raise RuntimeError(f"python {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip().rpartition("\n")[2]


def main() -> None:
    """Trains as many members as the first argument says; the second is when the process was started."""
    from benchmarks.job import Workload
    from lstm_toys.execution import devices
    from lstm_toys.populations.specification import specify
    from lstm_toys.populations.train import PopulationTraining

    devices.configure()
    members, began = int(sys.argv[1]), float(sys.argv[2])
    first: list[float] = []

    def monitor(step: int, *_: Any) -> None:
        if step == 1:
            first.append(time.time() - began)

    job = Workload()
    specified = specify(job.task, job.model, seeds=members, steps=4, learning_rate=job.learning_rate)
    training = PopulationTraining(*specified, monitor=monitor)
    training.networks()
    print(json.dumps({"compile": training.seconds["compile"], "first_step": first[0], "bytes": peak()}))


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
