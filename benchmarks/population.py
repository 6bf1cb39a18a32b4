"""Member-steps a second, with lstm_toys and with other tools, for several numbers of members and other jobs.

One member-step: an LSTM layer of 32 units and a readout LSTM of one unit, 100 points of one sine, float32, mean squared
error, its gradient through all points, one SGD update. Rates are those of the whole machine: median of interleaved
rounds, with the slowest and the fastest. *Ratio* is the median over rounds of lstm_toys' rate to that of the row.
*Differs by* is the largest difference of a weight and of a loss to a float64 reference after 50 steps; above 0.0001
nothing is timed. Contestants in JAX use all cores; those *set up alike* work in blocks and under XLA flags that are
lstm_toys', the others without either.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import partial
from typing import Any

from benchmarks import command, figure, floor, report, timing
from benchmarks.contestants import AUTODIFF, CONTESTANTS, ENGINE, FLAX, TORCH, Contestant
from benchmarks.job import InitialWeights, Workload, begin, start
from benchmarks.processes import CannotTrain, Team

SWEEPS = {
    "members": [Workload()],
    "hidden": [Workload((units,)) for units in (8, 64, 128)],
    "points": [Workload(points=1000)],
    "curves": [Workload(curves=curves) for curves in (1, 2, 5, 10, 50)],
    "layers": [Workload((32,) * layers) for layers in (2, 3)],
    "cell": [Workload(gates="hard"), Workload(cell="gru"), Workload(cell="gru", gates="hard"), Workload(cell="rnn")],
}
"""The jobs by what is varied."""

COUNTS = (16, 64, 256, 1024, 4096)

USUAL = (ENGINE, AUTODIFF, TORCH)
TAKING_PART = {"members": CONTESTANTS, "cell": (ENGINE,), "curves": (ENGINE, AUTODIFF, FLAX, TORCH)}
"""Contestants of sweeps in which they are not the usual ones; only the engine has other cells than LSTMs."""

Row = dict[str, Any]
"""A contestant in a cell: its rates, one for each round, with median, lowest and highest, or an ``error``."""


def measure(*, peers: bool, quick: bool) -> command.Results:
    """Measures all sweeps, the start of a training, and its memory.

    Returns:
        ``cells``, with ``rows`` by contestant, member-steps a second of the whole machine; ``floor``, of each round of
        the numbers of members what `benchmarks.floor.measure` returns; ``starts`` and ``memory``, see `begin`.
    """
    measured: command.Results = {"cells": [], "floor": []}
    for sweep, jobs in SWEEPS.items():
        counts = COUNTS[: 2 if quick else None] if sweep == "members" else COUNTS[:1]
        cells = [(job, members) for job in jobs[: 1 if quick else None] for members in counts]
        usual = [each for each in TAKING_PART.get(sweep, USUAL) if peers or not each.peer]
        count, seconds = (2, 0.1) if quick else (5 if sweep == "members" else 3, 1.0)
        cells_of_sweep, floors = measure_sweep(sweep, cells, usual, count, seconds)
        measured["cells"] += cells_of_sweep
        measured["floor"] += floors
    members = (16, 64) if quick else (64, 4096)
    memory = {str(count): timing.isolated(begin, count, time.time())["bytes"] for count in members}
    return {**measured, "starts": starts(1 if quick else 3), "memory": memory}


def measure_sweep(
    sweep: str, cells: list[tuple[Workload, int]], contestants: list[Contestant], count: int, seconds: float
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Checks every contestant of a sweep, then times them in ``count`` rounds, each for about so many seconds.

    Returns the cells and, with the numbers of members, the floor of each round.
    """
    timers: dict[str, Callable[[], Any]] = {}
    measured: list[dict[str, Any]] = []
    with ExitStack() as stack:
        teams = {each: stack.enter_context(closing(Team(each))) for each in contestants}
        for number, (job, members) in enumerate(cells):
            begun, rows = start(job, members), dict[str, Row]()
            measured.append({"sweep": sweep, "job": asdict(job), "members": members, "rows": rows})
            for each, team in teams.items():
                # Those that train one network do not depend on the number of members.
                if members <= each.most and (members == COUNTS[0] or not each.one_network):
                    name = f"{sweep}, {job}, {members:,} members, {each.name}"
                    row = rows[each.name] = {"name": name, "members": each.members(members)}
                    try:
                        timers[name] = prepare(row, each, team, number, begun, seconds)
                    except CannotTrain as failure:
                        row["error"] = str(failure)
                    print(f"{name}: {row.get('error', 'checked')}", flush=True)
        if sweep == "members":
            timers["floor"] = partial(timing.isolated, floor.measure, seconds)
        found = timing.rounds(timers, count)
    for rows in (cell["rows"] for cell in measured):
        for row in rows.values():
            if "error" not in row:
                row |= {"rates": found[row["name"]], **timing.spread(found[row["name"]])}
                if row is not (own := rows[ENGINE.name]) and "rates" in own:
                    row["ours_to_this"] = timing.ratios(own["rates"], row["rates"])["median"]
    return measured, found.get("floor", [])


def prepare(
    row: Row, contestant: Contestant, team: Team, number: int, begun: InitialWeights, seconds: float
) -> Callable[[], float]:
    """Checks a contestant and how many steps it takes in so many seconds, and returns what measures its rate once."""
    row["weights_differ"], row["losses_differ"] = team.prepare(number, row["members"], begun)
    steps = contestant.unit
    while (took := team.train(number, steps)) < min(0.2, seconds) / 2:
        steps *= 2
    steps = row["steps"] = max(1, round(seconds * steps / took / contestant.unit)) * contestant.unit
    return lambda: row["members"] * steps / team.train(number, steps)


def starts(count: int) -> dict[str, Any]:
    """Times the start of a default run, 16 members, with an empty folder for caches, and with what that left there.

    Returns:
        For the ``cold`` and the ``warm`` cache and each stage, see `begin`, the median, lowest and highest seconds.
    """
    with tempfile.TemporaryDirectory() as folder:

        def time_start(cache: str) -> dict[str, float]:
            if cache == "cold":
                shutil.rmtree(folder)
            return timing.isolated(begin, 16, time.time(), XDG_CACHE_HOME=folder)

        found = timing.rounds({cache: partial(time_start, cache) for cache in ("cold", "warm")}, count)
    stages = ("compile", "first_step")
    return {cache: {each: timing.spread([of[each] for of in own]) for each in stages} for cache, own in found.items()}


if __name__ == "__main__":
    draw = figure.throughput
    command.carry_out("population", __doc__, measure, report.lines, "peers", "quick", draw=draw)
