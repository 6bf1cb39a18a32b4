"""Measures the wall time of an experiment, from the command to its figures, with 16 seeds.

Each round starts with an empty compilation cache and repeats the command with what the first left there. Writes
end_to_end.json and end_to_end.md.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import command
from benchmarks.sweeps import spread

STAGES = ("import", "compile", "train", "evaluate", "figures", "rest", "all")
"""As metrics.json has them, the rest, and the sum, which is the wall time of the process."""


def measure(repeats: int, steps: int | None) -> dict[str, dict[str, Any]]:
    """Runs the experiment from a cold and from a warm cache, in turn.

    Matplotlib's own cache of fonts is warm in either case.

    Args:
        repeats: rounds.
        steps: of the training; None: the experiment's default.

    Returns:
        For each cache and stage, all seconds, their median, lowest and highest.
    """
    seconds: dict[str, dict[str, list[float]]] = {cache: {stage: [] for stage in STAGES} for cache in ("cold", "warm")}
    with tempfile.TemporaryDirectory() as fonts:
        environment = {**os.environ, "MPLCONFIGDIR": fonts}
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=environment, check=True)
        for number in range(repeats):
            with tempfile.TemporaryDirectory() as caches:
                for cache, stages in seconds.items():
                    for stage, value in run({**environment, "XDG_CACHE_HOME": caches}, steps).items():
                        stages[stage].append(value)
                    print(f"round {number + 1} of {repeats}, {cache}: {stages['all'][-1]:.1f} s", flush=True)
    return {
        cache: {stage: {"seconds": values, **spread(values)} for stage, values in stages.items()}
        for cache, stages in seconds.items()
    }


def run(environment: dict[str, str], steps: int | None) -> dict[str, float]:
    """Runs the experiment once, into a folder that is then removed, and returns the seconds of every stage."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "experiments.sine", "--seeds", "16", "--results_dir", folder, "--quiet"]
        if steps is not None:
            command += ["--steps", str(steps)]
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        wall = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"the experiment failed: {done.stderr.strip()[-300:]}")
        (metrics,) = (Path(folder) / "runs").glob("*/metrics.json")
        stages: dict[str, float] = json.loads(metrics.read_text())["seconds"]
    return {**stages, "rest": wall - sum(stages.values()), "all": wall}


def markdown(results: dict[str, Any]) -> str:
    """The results as a table."""
    from benchmarks import machine

    lines = ["# Seconds of `python -m experiments.sine --seeds 16`", ""]
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
    for stage in STAGES:
        cells = []
        for cache in results["caches"].values():
            value = cache[stage]
            cells += [f"{value['median']:.2f}", f"{value['low']:.2f} to {value['high']:.2f}"]
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.end_to_end", "quick")
    from benchmarks import machine
    from lstm_toys import files
    from lstm_toys.populations import devices

    repeats, steps = (1, 200) if given.quick else (5, None)
    caches = measure(repeats, steps)
    devices.configure(cache=False)
    results = {
        "machine": machine.describe(os.environ.get("XLA_FLAGS", "")),
        "repeats": repeats,
        "steps": steps,
        "caches": caches,
    }
    output = Path(given.output)
    files.write_json(output / "end_to_end.json", results)
    text = markdown(results)
    (output / "end_to_end.md").write_text(text)
    print(f"\n{text}")


if __name__ == "__main__":
    main()
