"""The processes that contestants run in: how they are asked, and what answers there."""

import contextlib
import multiprocessing
import os
import re
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import reference
from benchmarks.contestants import Contestant
from benchmarks.job import CHECKED_STEPS, InitialWeights, State, Trainer, Workload


class CannotTrain(Exception):
    """A contestant cannot be timed; the argument says why, and names no folder of this machine."""

    def __init__(self, reason: str) -> None:
        super().__init__(re.sub(r"(/[^/\s'\"]+)+/", "", reason))


class Worker:
    """One process that answers requests.

    Args:
        contestant: what it runs.
        log: file for what that prints.
    """

    def __init__(self, contestant: Contestant, log: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._log = log
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(contestant, there, log), daemon=True)
        self._process.start()
        there.close()

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; of a process that has ended, the reply tells."""
        with contextlib.suppress(OSError):
            self._pipe.send((request, arguments))

    def reply(self) -> Any:
        """Waits for the reply to the last request, which is `CannotTrain` where that failed."""
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
            said = f": {lines[-1][:200]}" if lines else ""
            return CannotTrain(f"the process ended with {self._process.exitcode}{said}")

    def close(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join(10)
        self._process.kill()
        self._process.join()


def serve(contestant: Contestant, pipe: Connection, log: Path) -> None:
    """Answers requests in a new process, until the other end of the pipe is closed."""
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    server = Server(contestant.make)
    with contextlib.suppress(EOFError):
        while True:
            request, arguments = pipe.recv()
            try:
                reply = getattr(server, request)(*arguments)
            except Exception as error:
                reply = CannotTrain(" ".join(f"{type(error).__name__}: {error}".split())[:300])
            pipe.send(reply)


class Server:
    """What answers requests to a contestant, in its process."""

    def __init__(self, make: Callable[[Workload, InitialWeights], Trainer]) -> None:
        self._make = make
        self._trainers: dict[int, Trainer] = {}

    def prepare(self, cell: int, job: Workload, start: InitialWeights, members: list[int]) -> State:
        """Compiles, trains to the checked step, and returns weights and losses of some members."""
        trainer = self._trainers[cell] = self._make(job, start)
        trainer.train(CHECKED_STEPS)
        return trainer.state(members)

    def train(self, cell: int, steps: int) -> None:
        """Trains on what was prepared for a cell."""
        self._trainers[cell].train(steps)

    def forget(self) -> None:
        """Lets go of everything that was prepared."""
        self._trainers.clear()


class Team:
    """A contestant with its processes.

    Args:
        contestant: which one.
        folder: for what the processes print.
    """

    def __init__(self, contestant: Contestant, folder: Path) -> None:
        self._workers = [
            Worker(contestant, folder / f"{contestant.name}-{number}.log") for number in range(contestant.processes)
        ]

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers:
            worker.close()

    def prepare(self, cell: int, job: Workload, members: int, start: InitialWeights) -> tuple[float, float]:
        """Compiles, trains to the checked step, and compares with the reference.

        Args:
            cell: number for what is prepared.
            job: what to train.
            members: how many networks.
            start: what they begin with, and perhaps more of them.

        Returns:
            How far weights and losses were from the reference, at most.

        Raises:
            CannotTrain: it fails, or disagrees.
        """
        shares = [share.tolist() for share in np.array_split(np.arange(members), len(self._workers))]
        checked = [_sample(len(share)) for share in shares]
        for worker, share, places in zip(self._workers, shares, checked, strict=True):
            worker.ask("prepare", cell, job, start.take(share), places)
        far = (0.0, 0.0)
        for state, share, places in zip(self._replies(), shares, checked, strict=True):
            expected = reference.answers(start, tuple(share[place] for place in places))
            weights, losses = reference.disagreement(state, expected)
            far = max(far[0], weights), max(far[1], losses)
        if not reference.agrees(far):
            raise CannotTrain(f"weights differ from the float64 reference by {far[0]:.1e}, losses by {far[1]:.1e}")
        return far

    def train(self, cell: int, steps: int) -> float:
        """Trains what was prepared, all processes at once, and returns the wall time in seconds."""
        began = time.perf_counter()
        self._ask("train", cell, steps)
        self._replies()
        return time.perf_counter() - began

    def forget(self) -> None:
        """Lets go of everything that was prepared."""
        self._ask("forget")
        self._replies()

    def _ask(self, request: str, *arguments: Any) -> None:
        for worker in self._workers:
            worker.ask(request, *arguments)

    def _replies(self) -> list[Any]:
        """Waits for all processes, so that none has a reply left when one of them fails."""
        replies = [worker.reply() for worker in self._workers]
        for reply in replies:
            if isinstance(reply, CannotTrain):
                raise reply
        return replies


def _sample(members: int) -> list[int]:
    """The members that are checked: the first two, one in the middle, and the last."""
    return sorted({0, min(1, members - 1), members // 2, members - 1})
