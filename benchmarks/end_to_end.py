"""Seconds of whole commands, also as multiples of importing what they need.

Medians of interleaved rounds, with lowest and highest, and of the multiples of the bare imports of the same round,
`import jax, flax.linen, optax, matplotlib.pyplot, xarray`. The main command is `python -m experiments.sine --seeds 16`;
*all* trains 16 seeds, the claims are judged by 64, with nothing there before, and again with all networks trained.
*Beyond training* leaves out the seconds in which networks train, also where they train more slowly since finished runs
are drawn meanwhile: compare the rows above. The cache is that of compiled programs.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import command, timing

IMPORTS = "import jax, flax.linen, optax, matplotlib.pyplot, xarray"
"""What anyone loads who trains networks with these libraries."""

EXPERIMENT = ("-m", "experiments.sine", "--seeds", "16")
BARE, COLD, WARM = "bare imports", "main command, cold cache", "main command, warm cache"
FINISHED = "a finished run"
WANTED = {
    COLD: "6.2 times",
    WARM: "4.2 times",
    FINISHED: "2.7 times",
    "a wrong flag": "0.35 s",
    "all, beyond training": "12 s",
    "claims, beyond training": "40 s",
    "claims, all networks trained": "15 s",
}
"""What a command is meant to take, at most."""


def measure(*, quick: bool) -> command.Results:
    """Times all commands, round by round; Matplotlib's own cache of fonts is warm.

    Returns:
        ``commands``: of each, all seconds, their median, lowest and highest, and the median of its multiples of the
        bare imports of the round; ``stages``: the seconds of the main command by stage, for a cold and a warm cache.
    """
    repeats = 1 if quick else 5
    with tempfile.TemporaryDirectory() as fonts:
        wall(["-m", "matplotlib.font_manager"], fonts, fonts)
        (every,) = timing.rounds({"all commands": lambda: one_round(fonts, quick=quick)}, repeats).values()
    walls, stages = [each[0] for each in every], [each[1] for each in every]
    seconds = {name: [each[name] for each in walls] for name in walls[0]}
    return {
        "commands": {
            name: {"seconds": own, **timing.spread(own), "multiple": timing.ratios(own, seconds[BARE])["median"]}
            for name, own in seconds.items()
        },
        "stages": {
            cache: {stage: timing.spread([each[cache][stage] for each in stages]) for stage in stages[0][cache]}
            for cache in (COLD, WARM)
        },
    }


def one_round(fonts: str, *, quick: bool) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The seconds of every command, and of the stages of the main command by its cache."""
    taken, stages, little = dict[str, float](), dict[str, dict[str, float]](), ["--steps", "200"] if quick else []
    with tempfile.TemporaryDirectory() as folder:
        kept, empty = f"{folder}/caches", f"{folder}/others"
        taken[BARE] = wall(["-c", IMPORTS], fonts, kept)
        for name in (COLD, WARM):
            main = [*EXPERIMENT, *little, "--quiet", "--results_dir", f"{folder}/{name}"]
            taken[name] = wall(main, fonts, kept)
            (own,) = recorded(f"{folder}/{name}")
            stages[name] = {**own, "rest": taken[name] - sum(own.values()), "all": taken[name]}
        taken[FINISHED] = wall(main, fonts, kept)
        taken["a wrong flag"] = wall([*EXPERIMENT, "--sedes", "3"], fonts, kept, code=2)
        every = ["-m", "experiments.all", "--seeds", "2" if quick else "16", *little, "--quiet", "--results_dir"]
        wall([*every, f"{folder}/first"], fonts, kept)  # Fills the cache.
        beyond("all, warm cache", taken, [*every, f"{folder}/all"], fonts, kept)
        if not quick:
            claims = ["-m", "lstm_toys", "claims", "--seeds", "64", "--quiet", "--results_dir", f"{folder}/claims"]
            beyond("claims, cold cache", taken, claims, fonts, empty)
            for judged in Path(folder, "claims", "runs").glob("claims-*"):
                shutil.rmtree(judged)
            taken["claims, all networks trained"] = wall(claims, fonts, empty)
    return taken, stages


def beyond(name: str, taken: dict[str, float], arguments: list[str], fonts: str, caches: str) -> None:
    """Adds the seconds of a command to those taken, and its seconds beyond those in which networks train."""
    taken[name] = wall(arguments, fonts, caches)
    training = sum(each.get("train", 0.0) for each in recorded(arguments[-1]))
    taken[f"{name.split(',')[0]}, beyond training"] = taken[name] - training


def recorded(results: str) -> list[dict[str, float]]:
    """The seconds by stage that each run in a folder of results recorded."""
    metrics = Path(results).glob("runs/*/metrics.json")
    return [json.loads(path.read_text()).get("seconds", {}) for path in metrics]


def wall(arguments: list[str], fonts: str, caches: str, code: int = 0) -> float:
    """The seconds of a process of Python with folders for caches; see `timing.run`."""
    began = time.perf_counter()
    timing.run(*arguments, environment={"MPLCONFIGDIR": fonts, "XDG_CACHE_HOME": caches}, code=code)
    return time.perf_counter() - began


def report(results: command.Results) -> Iterator[str]:
    """The results as tables."""
    commands = results["commands"].items()
    every = ((name, *timing.ranged(of), f"{of['multiple']:.2f}", WANTED.get(name, "")) for name, of in commands)
    yield from command.table("command | seconds> | lowest to highest> | multiple> | wanted, at most>", every)
    yield "The main command by stage; the rest is the start of Python, the check of the flags, and the end of it."
    yield ""
    cold, warm = (results["stages"][cache] for cache in (COLD, WARM))
    rows = ((stage, *timing.ranged(cold[stage]), *timing.ranged(warm[stage])) for stage in cold)
    yield from command.table("stage | cold cache> | > | warm cache> | >", rows)


if __name__ == "__main__":
    command.carry_out("end_to_end", __doc__, measure, report, "quick")
