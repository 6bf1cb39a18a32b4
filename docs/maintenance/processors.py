"""Trains two networks of each of six published sets again, and says whether they have the published bits.

On an emulated processor, of which QEMU lists the names with ``-cpu help``::

    qemu-x86_64 -cpu Haswell -E JAX_ENABLE_COMPILATION_CACHE=0 .venv/bin/python -m docs.maintenance.processors
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from experiments import hill, sine
from experiments.research.horizons.__main__ import JUDGING_SEED
from experiments.research.papers import counting, memory, tracking

RESULTS = Path(__file__).parents[2] / "results"

SETS: dict[str, tuple[Any, str]] = {
    "sine": (sine.EXPERIMENT, ""),
    "claims": (hill.EXPERIMENT, ""),
    "papers/counting": (counting.EXPERIMENT, "--cell=gru"),
    "papers/memory": (memory.EXPERIMENT, "--gates=hard"),
    "papers/tracking": (tracking.EXPERIMENT, "--base_seed=1564"),
    "horizons": (counting.EXPERIMENT, f"--base_seed={JUDGING_SEED}"),
}
"""By published set, an experiment and flags that made some of its networks."""


def processors() -> lt.Analysis:
    """Compares networks of this processor with the published ones."""
    return lt.Analysis(
        name="processors",
        settings={},
        needs={name: lt.ask(made, "--seeds=2", *flags.split()) for name, (made, flags) in SETS.items()},
        score=lambda needs, _: {name: compared(run, RESULTS / name) for name, run in needs.items()},
        report=report,
    )


def compared(run: lt.Run, published: Path) -> dict[str, Any]:
    """Which networks a run has, and how many of them a published set has, bit by bit."""
    (ours,) = run.read_metrics()["network_digests"]
    known = json.loads((published / "metrics.json").read_text())["network_digests"]
    theirs = next(each for each in known if _made(each) == _made(ours))
    same = sum(digest == other for digest, other in zip(ours["digests"], theirs["digests"], strict=False))
    return {"networks": run.folder.name, "same": same, "of": len(ours["digests"])}


def _made(population: Mapping[str, Any]) -> tuple[Any, ...]:
    return population["experiment"], population["settings"], population.get("first_seed", 0)


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields a table with a row for each set."""
    rows = [(name, metrics[name]["networks"], f"{metrics[name]['same']} of {metrics[name]['of']}") for name in SETS]
    yield lt.tables.table("networks with the published bits", ("set", "run", "same>"), rows, **lt.tables.PLAIN)


if __name__ == "__main__":
    lt.main(processors)
