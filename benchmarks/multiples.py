"""The main command as multiples of the bare imports.

The bare imports are `import jax, flax.linen, optax, matplotlib.pyplot, xarray`, the main command is `python -m
experiments.sine --seeds 16`; the cache is that of compiled programs. Medians of rounds, of wall time and of the time of
all processors, on which other work has less influence. *Recorded* is `benchmarks/multiples.json`, which `--output
benchmarks` writes anew. Measure in the environment that `make env` makes: where Dask is installed, as for tests, xarray
imports it, and all multiples are smaller.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import command, timing
from benchmarks.end_to_end import BARE, COLD, EXPERIMENT, FINISHED, IMPORTS, WARM, wall

RECORDED = Path(__file__).with_suffix(".json")

WANTED = {COLD: 6.2, WARM: 4.2, FINISHED: 2.7}
"""Most multiples of the wall time."""

COMPILED = ".pytest_cache/xla"
"""Where tests keep compiled programs."""

Taken = tuple[float, float]
"""Seconds of wall time, and of all processors."""


def measure(*, quick: bool, tests: bool) -> command.Results:
    """Times all commands, in one round if ``quick``, else in five; ``tests`` once with either cache.

    Returns:
        ``multiples``: of each command those of wall time and of the processors' time, with ``seconds`` of wall time.
    """
    with tempfile.TemporaryDirectory() as fonts:
        for arguments in (["-m", "matplotlib.font_manager"], ["-c", IMPORTS]):  # Fonts and files are cached afterwards.
            wall(arguments, fonts, fonts)
        (every,) = timing.rounds({"all commands": lambda: one_round(fonts)}, 1 if quick else 5).values()
    taken = {name: [each[name] for each in every] for name in every[0]}
    if tests:
        shutil.rmtree(COMPILED, ignore_errors=True)
        for name in ("make test, empty cache", "make test, warm cache"):
            taken[name] = [timed(subprocess.run, ["make", "test"], check=True)] * len(every)
    return {"multiples": {name: multiples(own, taken[BARE]) for name, own in taken.items()}}


def one_round(fonts: str) -> dict[str, Taken]:
    """What each command takes, with caches of its own."""
    with tempfile.TemporaryDirectory() as folder:
        main = [*EXPERIMENT, "--quiet", "--results_dir"]
        commands = {
            BARE: ["-c", IMPORTS],
            COLD: [*main, f"{folder}/cold"],
            WARM: [*main, f"{folder}/warm"],
            FINISHED: [*main, f"{folder}/warm"],
        }
        return {name: timed(wall, arguments, fonts, f"{folder}/caches") for name, arguments in commands.items()}


def timed(function: Callable[..., Any], *arguments: Any, **options: Any) -> Taken:
    """What a function takes that waits for a process."""
    before, began = os.times(), time.perf_counter()
    function(*arguments, **options)
    seconds, after = time.perf_counter() - began, os.times()
    own, others = after.children_user - before.children_user, after.children_system - before.children_system
    return seconds, own + others


def multiples(own: list[Taken], bare: list[Taken]) -> dict[str, float]:
    """Medians of what a command takes, as multiples of the bare imports of the same round."""
    walls, processors = zip(*own, strict=True)
    bare_walls, bare_processors = zip(*bare, strict=True)
    return {
        "seconds": timing.spread([*walls])["median"],
        "wall": timing.ratios([*walls], [*bare_walls])["median"],
        "processors": timing.ratios([*processors], [*bare_processors])["median"],
    }


def report(results: command.Results) -> Iterator[str]:
    """The results as a table, next to the recorded ones."""
    recorded = json.loads(RECORDED.read_text())["multiples"] if RECORDED.is_file() else {}

    def row(name: str, of: dict[str, float]) -> Iterator[str]:
        yield from (name, f"{of['seconds']:.2f}")
        for kind in ("wall", "processors"):
            yield from (f"{of[kind]:.2f}", f"{recorded[name][kind]:.2f}" if name in recorded else "")
        yield f"{WANTED[name]:g}" if name in WANTED else ""

    columns = "command | seconds> | wall> | recorded> | processors> | recorded> | wanted, at most>"
    yield from command.table(columns, (row(name, of) for name, of in results["multiples"].items()))


if __name__ == "__main__":
    command.carry_out("multiples", __doc__, measure, report, "quick", "tests")
