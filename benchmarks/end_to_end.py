"""Seconds of whole commands, also as multiples of importing what they need.

Medians of interleaved rounds, with lowest and highest, and of the multiples of the bare imports of the same round,
`import jax, flax.linen, optax, matplotlib.pyplot, xarray`: of wall time, and of the time of all processors, on which
other work has less influence. *Recorded* are the published multiples, `results/benchmarks/end_to_end.json`. The main
command is `python -m experiments.sine --seeds 16`; *all* trains 16 seeds, the claims are judged by 64, with nothing
there before, and again with all networks trained; `--quick` leaves both out. *Beyond training* leaves out the seconds
in which networks train. The cache is that of compiled programs. Measure in the environment that `make env` makes: where
Dask is installed, as for tests, xarray imports it, and all multiples are smaller.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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

RECORDED = Path(__file__).parents[1] / "results" / "benchmarks" / "end_to_end.json"


@dataclass(frozen=True)
class Round:
    """What commands took in a round, by name.

    Attributes:
        fonts: the folder of Matplotlib's cache of fonts.
        seconds: of wall time.
        processors: seconds of all processors.
        stages: the seconds of the main command by stage, for a cold and a warm cache.
    """

    fonts: str
    seconds: dict[str, float] = field(default_factory=dict)
    processors: dict[str, float] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)

    def time(self, name: str, arguments: Sequence[str], caches: str, code: int = 0) -> None:
        """Times a process of Python with a folder for its caches; see `timing.run`."""
        environment = {"MPLCONFIGDIR": self.fonts, "XDG_CACHE_HOME": caches}
        before, began = os.times(), time.perf_counter()
        timing.run(*arguments, environment=environment, code=code)
        self.seconds[name], after = time.perf_counter() - began, os.times()
        user, system = after.children_user - before.children_user, after.children_system - before.children_system
        self.processors[name] = user + system

    def time_beyond(self, name: str, arguments: Sequence[str], caches: str) -> None:
        """Times a command that trains, also without the seconds in which its networks train."""
        self.time(name, arguments, caches)
        training = sum(each.get("train", 0.0) for each in stages(arguments[-1]))
        self.seconds[f"{name.split(',')[0]}, beyond training"] = self.seconds[name] - training


def measure(*, quick: bool) -> command.Results:
    """Times all commands in five rounds, or in one the main command and a wrong flag if ``quick``.

    Returns:
        ``commands``: see `summary`; ``stages``: the seconds of the main command by stage, for a cold and a warm cache.
    """
    with tempfile.TemporaryDirectory() as fonts:
        for arguments in (["-m", "matplotlib.font_manager"], ["-c", IMPORTS]):  # Fonts and files are cached afterwards.
            Round(fonts).time("", arguments, fonts)
        repeats = 1 if quick else 5
        (rounds,) = timing.rounds({"all commands": lambda: one_round(fonts, quick=quick)}, repeats).values()
    return {
        "commands": summary(rounds),
        "stages": {
            cache: {stage: timing.spread([each.stages[cache][stage] for each in rounds]) for stage in of}
            for cache, of in rounds[0].stages.items()
        },
    }


def one_round(fonts: str, *, quick: bool) -> Round:
    """Times every command once, with caches of its own."""
    taken = Round(fonts)
    with tempfile.TemporaryDirectory() as folder:
        kept, empty = f"{folder}/caches", f"{folder}/others"
        taken.time(BARE, ["-c", IMPORTS], kept)
        for name in (COLD, WARM):
            main = [*EXPERIMENT, "--quiet", "--results_dir", f"{folder}/{name}"]
            taken.time(name, main, kept)
            (own,) = stages(f"{folder}/{name}")
            rest = taken.seconds[name] - sum(own.values())
            taken.stages[name] = {**own, "rest": rest, "all": taken.seconds[name]}
        taken.time(FINISHED, main, kept)
        taken.time("a wrong flag", [*EXPERIMENT, "--sedes", "3"], kept, code=2)
        if not quick:
            every = ["-m", "experiments.all", "--seeds", "16", "--quiet", "--results_dir"]
            Round(fonts).time("", [*every, f"{folder}/first"], kept)  # Fills the cache.
            taken.time_beyond("all, warm cache", [*every, f"{folder}/all"], kept)
            claims = ["-m", "lstm_toys", "claims", "--seeds", "64", "--quiet", "--results_dir", f"{folder}/claims"]
            taken.time_beyond("claims, cold cache", claims, empty)
            for judged in Path(folder, "claims", "runs").glob("claims-*"):
                shutil.rmtree(judged)
            taken.time("claims, all networks trained", claims, empty)
    return taken


def stages(results: str) -> list[dict[str, float]]:
    """The seconds by stage that each run in a folder of results recorded."""
    metrics = Path(results).glob("runs/*/metrics.json")
    return [json.loads(path.read_text()).get("seconds", {}) for path in metrics]


def summary(rounds: Sequence[Round]) -> dict[str, dict[str, Any]]:
    """What each command took in all rounds.

    Returns:
        All ``seconds``, their ``median``, ``low`` and ``high``, and the medians of the multiples of the bare imports of
        the same round: ``multiple``, of wall time, and ``processors``, of processors' time, where it was measured.
    """
    found = dict[str, dict[str, Any]]()
    for name in rounds[0].seconds:
        seconds = [each.seconds[name] for each in rounds]
        multiple = timing.ratios(seconds, [each.seconds[BARE] for each in rounds])["median"]
        found[name] = {"seconds": seconds, **timing.spread(seconds), "multiple": multiple}
        if name in rounds[0].processors:
            own, bare = ([each.processors[which] for each in rounds] for which in (name, BARE))
            found[name]["processors"] = timing.ratios(own, bare)["median"]
    return found


def report(results: command.Results) -> Iterator[str]:
    """The results as tables, next to the recorded ones."""
    recorded = json.loads(RECORDED.read_text())["commands"] if RECORDED.is_file() else {}

    def row(name: str, of: dict[str, Any]) -> Iterator[str]:
        yield from (name, *timing.ranged(of))
        for kind in ("multiple", "processors"):
            yield from (f"{each[kind]:.2f}" if kind in each else "" for each in (of, recorded.get(name, {})))
        yield WANTED.get(name, "")

    columns = "command | seconds> | lowest to highest> | multiple> | recorded> | processors> | recorded> | wanted>"
    yield from command.table(columns, (row(name, of) for name, of in results["commands"].items()))
    yield "The main command by stage; the rest is the start of Python, the check of the flags, and the end of it."
    yield ""
    cold, warm = (results["stages"][cache] for cache in (COLD, WARM))
    rows = ((stage, *timing.ranged(cold[stage]), *timing.ranged(warm[stage])) for stage in cold)
    yield from command.table("stage | cold cache> | > | warm cache> | >", rows)


if __name__ == "__main__":
    command.carry_out("end_to_end", __doc__, measure, report, "quick")
