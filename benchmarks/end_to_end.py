"""Measures the wall time of whole commands, as multiples of importing what they need.

The main command from an empty compilation cache and from a full one, stage by stage; and beside it a wrong flag, a run
that is finished, every experiment of the post, and the claims, from nothing and with all networks trained. Whatever
is compared is timed in every round. Writes end_to_end.json and end_to_end.md.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import command, footprint, machine
from benchmarks.footprint import spread

IMPORTS = "import jax, flax.linen, optax, matplotlib.pyplot, xarray"
"""What anyone loads who trains networks with these libraries."""

EXPERIMENT = ("-m", "experiments.sine", "--seeds", "16")
BARE, COLD, WARM, FLAG, FINISHED, ALL, ALL_BEYOND, CLAIMS, CLAIMS_BEYOND, JUDGED = (
    "bare imports",
    "main command, cold cache",
    "main command, warm cache",
    "a wrong flag",
    "a finished run",
    "all, warm cache",
    "all, beyond training",
    "claims, cold cache",
    "claims, beyond training",
    "claims, all networks trained",
)
WANTED = {
    COLD: "4.5 times",
    WARM: "3.0 times",
    FLAG: "0.35 s",
    FINISHED: "0.35 s",
    ALL_BEYOND: "12 s",
    CLAIMS_BEYOND: "40 s",
    JUDGED: "15 s",
}
"""What a command is meant to take, at most."""

Seconds = dict[str, list[float]]


def measure(repeats: int, *, quick: bool) -> dict[str, Any]:
    """Times all commands, round by round.

    Matplotlib's own cache of fonts is warm.

    Args:
        repeats: rounds.
        quick: train little.

    Returns:
        ``commands``: of each, all seconds, their median, lowest and highest, and the median of its multiples of the
        bare imports of the round; ``stages``: the seconds of the main command by stage, for a cold and a warm cache.
    """
    commands: Seconds = {}
    stages: dict[str, Seconds] = {COLD: {}, WARM: {}}
    little = ["--steps", "200"] if quick else []
    with tempfile.TemporaryDirectory() as fonts:
        environment = {"MPLCONFIGDIR": fonts}
        wall(["-m", "matplotlib.font_manager"], environment)
        for number in range(repeats):
            taken = one_round(environment, little, stages, quick=quick)
            for name, seconds in taken.items():
                commands.setdefault(name, []).append(seconds)
                print(f"round {number + 1} of {repeats}, {name}: {seconds:.2f} s", flush=True)
    return {
        "commands": {
            name: {
                "seconds": seconds,
                **spread(seconds),
                "multiple": spread([s / b for s, b in zip(seconds, commands[BARE], strict=True)])["median"],
            }
            for name, seconds in commands.items()
        },
        "stages": {
            cache: {stage: {"seconds": seconds, **spread(seconds)} for stage, seconds in of.items()}
            for cache, of in stages.items()
        },
    }


def one_round(
    environment: Mapping[str, str], little: list[str], stages: dict[str, Seconds], *, quick: bool
) -> dict[str, float]:
    """The seconds of every command, once; those of the stages of the main command are added."""
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        kept = {**environment, "XDG_CACHE_HOME": f"{folder}/caches"}
        empty = {**environment, "XDG_CACHE_HOME": f"{folder}/others"}
        taken[BARE] = wall(["-c", IMPORTS], kept)
        for name in (COLD, WARM):
            results = Path(folder) / name
            main = [*EXPERIMENT, *little, "--quiet", "--results_dir", str(results)]
            taken[name] = wall(main, kept)
            (metrics,) = results.glob("runs/*/metrics.json")
            told: dict[str, float] = json.loads(metrics.read_text())["seconds"]
            rest = taken[name] - sum(told.values())
            for stage, seconds in {**told, "rest": rest, "all": taken[name]}.items():
                stages[name].setdefault(stage, []).append(seconds)
        taken[FINISHED] = wall(main, kept)
        taken[FLAG] = wall([*EXPERIMENT, "--sedes", "3"], kept, code=2)
        seeds = ["--seeds", "2" if quick else "16", *little]
        every = ["-m", "experiments.all", *seeds, "--quiet", "--results_dir"]
        wall([*every, f"{folder}/first"], kept)  # Fills the cache.
        taken[ALL] = wall([*every, f"{folder}/all"], kept)
        taken[ALL_BEYOND] = taken[ALL] - training(Path(folder) / "all")
        claims = ["-m", "lstm_toys", "claims", "--seeds", "64", "--quiet", "--results_dir", f"{folder}/claims"]
        if not quick:
            taken[CLAIMS] = wall(claims, empty)
            taken[CLAIMS_BEYOND] = taken[CLAIMS] - training(Path(folder) / "claims")
            for judged in Path(folder, "claims", "runs").glob("claims-*"):
                shutil.rmtree(judged)
            taken[JUDGED] = wall(claims, empty)
    return taken


def training(results: Path) -> float:
    """The seconds that all trainings in a folder of results took, without compilation."""
    recorded = [json.loads(path.read_text()).get("seconds", {}) for path in results.glob("runs/*/metrics.json")]
    return float(sum(seconds.get("train", 0.0) for seconds in recorded))


def wall(arguments: list[str], environment: Mapping[str, str], code: int = 0) -> float:
    """The seconds of a process of Python; see `footprint.run`."""
    began = time.perf_counter()
    footprint.run(*arguments, environment=environment, code=code)
    return time.perf_counter() - began


def markdown(results: dict[str, Any]) -> str:
    """The results as tables."""
    lines = ["# Seconds of whole commands", ""]
    if results["quick"]:
        lines += ["**A quick run, which shows that everything works. Its numbers are noise.**", ""]
    lines += [
        *machine.markdown(results["machine"]),
        "",
        f"Median of {results['repeats']} rounds, with lowest and highest, and of the multiples of the bare imports of",
        f"the same round, `{IMPORTS}`. The main command is `python {' '.join(EXPERIMENT)}`; *all* trains 16 seeds, the",
        "claims are judged by 64, with nothing there before, and again with all networks trained. *Beyond training*",
        "leaves out the seconds in which networks train, also where they train more slowly since finished runs are",
        "drawn meanwhile: compare the rows above. The cache is that of compiled programs.",
        "",
        "| command | seconds | lowest to highest | multiple | wanted, at most |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, of in results["commands"].items():
        cells = (f"{of['median']:.2f}", f"{of['low']:.2f} to {of['high']:.2f}", f"{of['multiple']:.2f}")
        lines.append(f"| {name} | {' | '.join(cells)} | {WANTED.get(name, '')} |")
    lines += [
        "",
        "The main command by stage; the rest is the start of Python, the check of the flags, and the end of it.",
        "",
    ]
    lines += ["| stage | cold cache | | warm cache | |", "|---|--:|--:|--:|--:|"]
    for stage in results["stages"][COLD]:
        of_stage = [results["stages"][cache][stage] for cache in (COLD, WARM)]
        columns = [f"{of['median']:.2f} | {of['low']:.2f} to {of['high']:.2f}" for of in of_stage]
        lines.append(f"| {stage} | {' | '.join(columns)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.end_to_end", "quick")
    repeats = 1 if given.quick else 5
    measured = measure(repeats, quick=given.quick)
    results = {"quick": given.quick, "machine": machine.describe(), "repeats": repeats, **measured}
    command.write(Path(given.output) / "end_to_end", results, markdown(results))


if __name__ == "__main__":
    main()
