"""A process that waits for requests to train, one JSON line each; started by `benchmarks.processes`."""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.job import CHECKED_STEPS, Job, Start, flat


class Trainer:
    """Answers the requests for one contestant.

    Args:
        place: module and class of the contestant.
    """

    def __init__(self, place: str) -> None:
        module, name = place.split(":")
        self._make = getattr(importlib.import_module(f"benchmarks.{module}"), name)
        self._contestants: dict[int, Any] = {}
        self._parts: Any = None

    def prepare(
        self, cell: int, job: dict[str, Any], start: str, seeds: list[int], places: list[int], result: str
    ) -> dict[str, Any]:
        """Compiles, trains to the checked step, and writes weights and losses of the members at some places."""
        contestant = self._make()
        contestant.prepare(Job.of(job), Start.load(Path(start)).take(seeds))
        contestant.train(CHECKED_STEPS)
        weights, losses = contestant.state(places)
        np.savez(result, **{"losses": losses} | flat(weights))
        self._contestants[cell] = contestant
        return {"unit": contestant.unit}

    def train(self, cell: int, steps: int) -> dict[str, Any]:
        """Trains on what was prepared for a cell."""
        self._contestants[cell].train(steps)
        return {}

    def forget(self) -> dict[str, Any]:
        """Lets go of everything that was prepared."""
        self._contestants.clear()
        return {}

    def measure(self, seconds: float) -> dict[str, Any]:
        """Measures the parts of a member-step."""
        if self._parts is None:
            self._parts = self._make()
        parts: dict[str, Any] = self._parts.measure(seconds)
        return parts

    def environment(self) -> dict[str, Any]:
        """What XLA was told."""
        return {"xla_flags": os.environ.get("XLA_FLAGS", "")}


def main() -> None:
    """Answers requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    trainer = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if trainer is None:
                trainer = Trainer(sys.argv[1])
            reply = getattr(trainer, request.pop("request"))(**request)
        except Exception as error:
            reply = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
        print(json.dumps(reply), file=replies)


if __name__ == "__main__":
    main()
