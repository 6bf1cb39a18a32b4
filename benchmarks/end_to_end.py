"""Measures the wall time of an experiment, from the command to its figures, with 16 seeds.

Each round starts with an empty compilation cache and repeats the command with what the first left there. Writes
end_to_end.json and end_to_end.md.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import command, footprint, machine

EXPERIMENT = ("experiments.sine", "--seeds", "16")


def measure(repeats: int, steps: int | None) -> dict[str, dict[str, Any]]:
    """Runs the experiment from a cold and from a warm cache, in turn.

    Matplotlib's own cache of fonts is warm in either case.

    Args:
        repeats: rounds.
        steps: of the training; None: the experiment's default.

    Returns:
        See `footprint.cold_and_warm`.
    """
    with tempfile.TemporaryDirectory() as fonts:
        environment = {"MPLCONFIGDIR": fonts}
        footprint.run("matplotlib.font_manager", **environment)
        return footprint.cold_and_warm(repeats, lambda caches: run(steps, **environment, XDG_CACHE_HOME=str(caches)))


def run(steps: int | None, **environment: str) -> dict[str, float]:
    """Runs the experiment once, into a folder that is then removed.

    Returns:
        The seconds of every stage as metrics.json has them, the rest, and the sum, the wall time of the process.
    """
    with tempfile.TemporaryDirectory() as folder:
        more = [] if steps is None else ["--steps", str(steps)]
        began = time.perf_counter()
        footprint.run(*EXPERIMENT, "--results_dir", folder, "--quiet", *more, **environment)
        wall = time.perf_counter() - began
        (metrics,) = (Path(folder) / "runs").glob("*/metrics.json")
        stages: dict[str, float] = json.loads(metrics.read_text())["seconds"]
    return {**stages, "rest": wall - sum(stages.values()), "all": wall}


def markdown(results: dict[str, Any]) -> str:
    """The results as a table."""
    lines = [f"# Seconds of `python -m {' '.join(EXPERIMENT)}`", ""]
    if results["steps"] is not None:
        lines += [f"**A quick run of {results['steps']} steps. Its numbers are noise.**", ""]
    lines += [
        *machine.markdown(results["machine"]),
        "",
        f"Median of {results['repeats']} rounds, with lowest and highest; the cache is that of compiled programs. The",
        "rest is the start of Python, the check of the flags, and the end of the process.",
        "",
        "| stage | cold cache | | warm cache | |",
        "|---|--:|--:|--:|--:|",
    ]
    caches = results["caches"].values()
    for stage in results["caches"]["cold"]:
        cells = [f"{of[stage]['median']:.2f} | {of[stage]['low']:.2f} to {of[stage]['high']:.2f}" for of in caches]
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.end_to_end", "quick")
    repeats, steps = (1, 200) if given.quick else (5, None)
    caches = measure(repeats, steps)
    results = {"machine": machine.describe(), "repeats": repeats, "steps": steps, "caches": caches}
    command.write(Path(given.output) / "end_to_end", results, markdown(results))


if __name__ == "__main__":
    main()
