"""Workers of a cluster under Slurm, for commands with --cluster.

Starts a Dask scheduler here and submits jobs, each of which is one worker: one JAX process with all cores of the job,
or with its one GPU. Writes the file that --cluster takes, and stays until it is interrupted, which ends the jobs too.
On the nodes there has to be what is here, in the same place: Python, its packages, and this project.
"""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import lazy_loader

from lstm_toys.cli import VERSION, command, flags, parsers
from lstm_toys.execution.switches import LEAST_DEVICES

dask_jobqueue = lazy_loader.load("dask_jobqueue")


def text() -> parsers.Parser[str]:
    """A word of a job script."""

    def convert(given: str) -> str:
        if not given or any(letter.isspace() for letter in given):
            raise ValueError
        return given

    return parsers.Parser(convert, "one word, or none")


FLAGS: flags.FlagTable = {
    "jobs": (parsers.integer(1, 10_000), "jobs, each of one worker"),
    "cores": (parsers.integer(1, 10_000), "CPU cores of a job"),
    "memory": (text(), "memory of a job, such as 16GB"),
    "walltime": (text(), "how long a job lasts at most, such as 04:00:00"),
    "gpus": (None, "give each job one GPU"),
    "queue": (text(), "partition of the jobs"),
    "account": (text(), "account that is charged"),
    "file": (parsers.folder(), "what --cluster of other commands takes"),
    "show": (None, "print the job script instead of submitting it"),
}
UNWATCHED = "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False"
"""Dask's profiler of workers takes a twentieth of their work."""

DEFAULTS = {
    "jobs": 1,
    "cores": 4,
    "memory": "8GB",
    "walltime": "01:00:00",
    "queue": "none",
    "account": "none",
    "file": "scheduler.json",
}


def options(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a `dask_jobqueue.SLURMCluster` from the values of flags."""
    cores = values["cores"]
    chosen = {name: values[name] for name in ("queue", "account") if values[name] != "none"}
    devices = [] if values["gpus"] else [f"JAX_NUM_CPU_DEVICES={max(LEAST_DEVICES, cores)}"]
    return {
        **chosen,
        "cores": 1,  # A worker does one part at a time, whatever its devices.
        "processes": 1,
        "job_cpu": cores,
        "memory": values["memory"],
        "walltime": values["walltime"],
        "job_extra_directives": ["--gpus=1"] if values["gpus"] else [],
        "job_script_prologue": [f"export {each}" for each in (UNWATCHED, *devices)],
        "python": sys.executable,
        "scheduler_options": {"dashboard": False, "scheduler_file": str(values["file"])},
    }


def main() -> int:
    """Does what the command line says; returns the exit code."""
    if flags.asks_version(sys.argv[1:]):
        print(VERSION)
        return 0
    try:
        values = flags.read("slurm", __doc__ or "", FLAGS, DEFAULTS, sys.argv[1:])
        if not values["show"] and shutil.which("sbatch") is None:
            return command.complain("there is no sbatch here, which submits the jobs of Slurm; --show needs none", 1)
        return serve(values)
    except flags.Help as told:
        print(told)
        return 0
    except flags.Bad as error:
        return command.complain(str(error), 2)
    except ImportError as error:
        return command.complain(f"this needs {error.name}: pip install 'lstm_toys[cluster]'", 2)
    except OSError as error:
        return command.complain(f"no scheduler can be started: {' '.join(str(error).split())}", 1)


def serve(values: Mapping[str, Any]) -> int:
    """Starts the scheduler, submits the jobs, and waits for a signal; returns the exit code.

    Raises:
        ImportError: the extra is not installed.
        OSError: the scheduler cannot be started, or its file not be written.
    """
    stopped, ended = [0], threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        stopped[0] = number
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    file: Path = values["file"]
    try:
        with dask_jobqueue.SLURMCluster(**options(values)) as cluster:
            if values["show"]:
                print(cluster.job_script())
                return 0
            cluster.scale(jobs=values["jobs"])
            print(f"jobs: {values['jobs']}; python -m experiments.sine --cluster {file}", flush=True)
            ended.wait()
    finally:
        file.unlink(missing_ok=True)
    return 128 + stopped[0]


if __name__ == "__main__":
    sys.exit(main())
