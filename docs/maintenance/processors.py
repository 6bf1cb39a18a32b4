"""Trains two networks of each of six published sets again, and says whether they have the published bits.

On an emulated processor, of which QEMU lists the names with ``-cpu help``::

    qemu-x86_64 -cpu Haswell -E JAX_ENABLE_COMPILATION_CACHE=0 .venv/bin/python -m docs.maintenance.processors
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from experiments import hill, sine
from experiments.research.horizons.__main__ import JUDGING_SEED
from experiments.research.papers import counting, memory, tracking
from lstm_toys.sharing import compare, run_files

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
    ours, theirs = (compare.by_seed(run_files.read(path, path)) for path in (run.folder, published))
    same = sum(theirs.get(network) == digest for network, digest in ours.items())
    return {"networks": run.folder.name, "same": same, "of": len(ours)}


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields a table with a row for each set."""
    rows = [(name, metrics[name]["networks"], f"{metrics[name]['same']} of {metrics[name]['of']}") for name in SETS]
    yield lt.tables.table("networks with the published bits", ("set", "run", "same>"), rows, **lt.tables.PLAIN)


if __name__ == "__main__":
    lt.main(processors)
