"""The processes that contestants run in, and the check of what they train."""

import multiprocessing
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, wait
from typing import Any

import numpy as np

from benchmarks import reference
from benchmarks.contestants import Contestant
from benchmarks.job import CHECKED_STEPS, InitialWeights, State, Trainer
from lstm_toys.text import message

Make = Callable[..., Trainer]

_trainers: dict[int, Trainer] = {}
"""What was prepared in this process, by the number of its cell."""


class CannotTrain(Exception):
    """A contestant cannot be timed; the argument says why, and names no folder of this machine."""


def prepare(make: Make, cell: int, start: InitialWeights, members: list[int]) -> State:
    """Compiles in this process, trains to the checked step, and returns weights and losses of some members."""
    trainer = _trainers[cell] = make(start.job, start)
    trainer.train(CHECKED_STEPS)
    return trainer.state(members)


def train(cell: int, steps: int) -> None:
    """Trains in this process what was prepared for a cell."""
    _trainers[cell].train(steps)


class Team:
    """A contestant with its processes."""

    def __init__(self, contestant: Contestant) -> None:
        os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
        spawn = multiprocessing.get_context("spawn")
        self._make = contestant.make
        self._processes = [ProcessPoolExecutor(1, spawn) for _ in range(contestant.processes)]

    def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.shutdown()

    def prepare(self, cell: int, members: int, start: InitialWeights) -> tuple[float, float]:
        """Compiles, trains to the checked step, and compares with the reference.

        Args:
            cell: number for what is prepared.
            members: how many networks.
            start: what they begin with, and perhaps more of them.

        Returns:
            How far weights and losses were from the reference, at most.

        Raises:
            CannotTrain: it fails, or disagrees.
        """
        shares = [share.tolist() for share in np.array_split(np.arange(members), len(self._processes))]
        # The first two members of each process, one in the middle, and the last.
        checked = [sorted({0, min(1, count - 1), count // 2, count - 1}) for count in map(len, shares)]
        states = self._call(
            prepare, *((self._make, cell, start.take(s), c) for s, c in zip(shares, checked, strict=True))
        )
        far = [
            reference.disagreement(state, reference.answers(start, tuple(share[place] for place in places)))
            for state, share, places in zip(states, shares, checked, strict=True)
        ]
        weights, losses = map(max, zip(*far, strict=True))
        if not max(weights, losses) <= reference.TOLERANCE:
            raise CannotTrain(f"weights differ from the float64 reference by {weights:.1e}, losses by {losses:.1e}")
        return weights, losses

    def train(self, cell: int, steps: int) -> float:
        """Trains what was prepared, all processes at once, and returns the wall time in seconds."""
        began = time.perf_counter()
        self._call(train, *[(cell, steps)] * len(self._processes))
        return time.perf_counter() - began

    def _call(self, function: Callable[..., Any], *arguments: tuple[Any, ...]) -> list[Any]:
        """Calls a function in every process, each with its own arguments, and waits for all of them."""
        try:
            calls = [each.submit(function, *own) for each, own in zip(self._processes, arguments, strict=True)]
            wait(calls)
            return [call.result() for call in calls]
        except BrokenExecutor:
            raise CannotTrain("its process ended") from None
        except Exception as error:  # Other libraries raise anything.
            reason = f"{type(error).__name__}: {message(error)}"[:300]
            raise CannotTrain(re.sub(r"(/[^/\s'\"]+)+/", "", reason)) from None
