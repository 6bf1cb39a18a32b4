"""The processes that contestants run in, seen from the benchmark."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks import job as jobs
from benchmarks import reference
from benchmarks.entries import Entry
from benchmarks.job import Job


class Unusable(Exception):
    """A contestant cannot be timed; the argument says why, and names no folder of this machine."""

    def __init__(self, reason: str) -> None:
        super().__init__(re.sub(r"(/[^/\s'\"]+)+/", "", reason))


class Worker:
    """One process that answers requests.

    Args:
        place: module and class of what it runs.
        folder: where its standard error goes.
    """

    def __init__(self, place: str, folder: Path) -> None:
        self._log = tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".log")  # noqa: SIM115
        environment = {**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
        )

    def ask(self, request: str, **arguments: Any) -> None:
        """Sends a request."""
        assert self._process.stdin is not None
        try:
            print(json.dumps({"request": request, **arguments}), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise Unusable(self._end()) from None

    def reply(self) -> dict[str, Any]:
        """Waits for the reply to the last request."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unusable(self._end())
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise Unusable(reply["error"])
        return reply

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _end(self) -> str:
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return f"the process ended with {code}" + (f": {lines[-1][:200]}" if lines else "")


class Team:
    """A contestant with its processes; a context that ends them.

    Attributes:
        entry: which contestant.
    """

    def __init__(self, entry: Entry, folder: Path) -> None:
        self.entry = entry
        self._folder = folder
        self._workers = [Worker(entry.place, folder) for _ in range(entry.processes)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.close()

    def prepare(self, cell: int, job: Job, members: int, start: Path) -> "Prepared":
        """Compiles, trains to the checked step, and compares with the reference.

        Args:
            cell: number for what is prepared.
            job: what to train.
            members: how many networks.
            start: file with their initial weights, and perhaps those of more.

        Raises:
            Unusable: it fails, or disagrees.
        """
        shares = [share.tolist() for share in np.array_split(np.arange(members), len(self._workers))]
        checks = []
        for number, (worker, seeds) in enumerate(zip(self._workers, shares, strict=True)):
            places = jobs.sample(seeds)
            result = self._folder / f"{self.entry.name}-{number}.npz"
            paths = {"start": str(start), "result": str(result)}
            worker.ask("prepare", cell=cell, job=job.as_dict(), seeds=seeds, places=places, **paths)
            checks.append(([seeds[place] for place in places], result))
        unit = self._replies()[0]["unit"]
        far = (0.0, 0.0)
        for seeds, result in checks:
            with np.load(result) as arrays:
                losses = arrays["losses"]
                weights = jobs.nested({name: arrays[name] for name in arrays if name != "losses"})
            result.unlink()
            weights_far, losses_far = reference.disagreement(weights, losses, *reference.answers(start, tuple(seeds)))
            far = max(far[0], weights_far), max(far[1], losses_far)
        if not reference.agrees(far):
            raise Unusable(f"weights differ from the float64 reference by {far[0]:.1e}, losses by {far[1]:.1e}")
        return Prepared(self, cell, members, unit, *far)

    def train(self, cell: int, steps: int) -> float:
        """Trains what was prepared, all processes at once, and returns the wall time in seconds."""
        began = time.perf_counter()
        for worker in self._workers:
            worker.ask("train", cell=cell, steps=steps)
        self._replies()
        return time.perf_counter() - began

    def forget(self) -> None:
        """Lets go of everything that was prepared."""
        for worker in self._workers:
            worker.ask("forget")
        self._replies()

    def request(self, request: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request to the first process and waits for the reply."""
        self._workers[0].ask(request, **arguments)
        return self._workers[0].reply()

    def _replies(self) -> list[dict[str, Any]]:
        """Waits for all processes, so that none has a reply left when one of them fails."""
        replies, failures = [], []
        for worker in self._workers:
            try:
                replies.append(worker.reply())
            except Unusable as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return replies


@dataclass(frozen=True)
class Prepared:
    """Members of a contestant that agree with the reference, and can be trained on.

    Attributes:
        team: that trains them.
        cell: the number that the team knows them by.
        members: how many there are.
        unit: steps that it does at a time.
        weights_differ: how far weights were from the reference, at most.
        losses_differ: how far losses were.
    """

    team: Team
    cell: int
    members: int
    unit: int
    weights_differ: float
    losses_differ: float

    def rate(self, steps: int) -> float:
        """Trains on, and returns the member-steps a second."""
        return self.members * steps / self.team.train(self.cell, steps)
