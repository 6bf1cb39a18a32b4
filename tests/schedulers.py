"""Dask schedulers and workers in processes of their own, started as users start them."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial

from conftest import HANG


@contextmanager
def scheduling(folder):
    """A scheduler: its file, its process, and what starts a worker for it."""
    file, started = folder / "scheduler.json", []
    common = ["--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(file)]

    def start(program, *options, **environment):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *common, *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, **quiet))
        return started[-1]

    try:
        scheduler = start("scheduler", "--port", "0")
        began = time.monotonic()
        while not file.exists() and time.monotonic() - began < HANG:
            time.sleep(0.1)
        yield file, scheduler, partial(start, "worker", "--nthreads", "1")
    finally:
        for each in reversed(started):
            each.kill()
            each.wait()
