"""Measures member-steps a second, with lstm_toys and with other tools, for several numbers of members and other jobs.

All contestants of a sweep are timed in every round, so that a change in the machine's speed affects all of them; beside
the numbers of members so is the floor. Writes population.json, population.md and population.png.
"""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import command, figure, footprint, machine, report
from benchmarks.contestants import AUTODIFF, CONTESTANTS, ENGINE, FLAX, KERAS, TORCH, Contestant
from benchmarks.job import InitialWeights, Workload, start
from benchmarks.processes import CannotTrain, Team
from lstm_toys import figures

WRITTEN_FOR = {"cell": (ENGINE,), "curves": (ENGINE, AUTODIFF, FLAX, TORCH, KERAS)}
"""Contestants of sweeps in which they are not the usual ones; only the engine has other cells than LSTMs."""

Row = dict[str, Any]
"""A contestant in a cell: its rates, one for each round, with median, lowest and highest, or an ``error``."""


@dataclass(frozen=True)
class MeasuredCell:
    """One row of a sweep.

    Attributes:
        sweep: what is varied.
        job: what a member-step is.
        members: that are trained, by contestants that train many.
        contestants: that take part.
        repeats: rounds in which each of them is timed once; the same for all cells of a sweep.
        seconds: that one timing takes, about.
    """

    sweep: str
    job: Workload
    members: int
    contestants: tuple[Contestant, ...]
    repeats: int
    seconds: float


def plan(*, peers: bool, quick: bool) -> list[MeasuredCell]:
    """The cells of all sweeps.

    Args:
        peers: with the contestants that need other libraries.
        quick: too short for numbers that one may quote.
    """
    repeats, seconds = (2, 0.1) if quick else (5, 1.0)
    every = [contestant for contestant in CONTESTANTS if peers or not contestant.peer]
    counts = (16, 64) if quick else (16, 64, 256, 1024, 4096)
    cells = []
    for members in counts:
        contestants = tuple(
            contestant
            for contestant in every
            if members <= contestant.most
            # Those that train one network do not depend on the number of members.
            and (members == counts[0] or not contestant.one_network)
        )
        cells.append(MeasuredCell("members", Workload(), members, contestants, repeats, seconds))
    for sweep, jobs in _jobs(quick=quick).items():
        wanted = WRITTEN_FOR.get(sweep, (ENGINE, AUTODIFF, TORCH))
        contestants = tuple(contestant for contestant in every if contestant in wanted)
        cells += [MeasuredCell(sweep, job, 16, contestants, min(repeats, 3), seconds) for job in jobs]
    return cells


def _jobs(*, quick: bool) -> dict[str, list[Workload]]:
    """The jobs besides the default one, by what is varied."""
    if quick:
        return {
            "hidden": [Workload((8,))],
            "curves": [Workload(curves=10)],
            "layers": [Workload((32, 32))],
            "cell": [Workload(gates="hard")],
        }
    return {
        "hidden": [Workload((units,)) for units in (8, 64, 128)],
        "points": [Workload(points=1000)],
        "curves": [Workload(curves=curves) for curves in (1, 2, 5, 10, 50)],
        "layers": [Workload((32,) * layers) for layers in (2, 3)],
        "cell": [
            Workload(gates="hard"),
            Workload(cell="gru"),
            Workload(cell="gru", gates="hard"),
            Workload(cell="rnn"),
        ],
    }


def measure(cells: list[MeasuredCell]) -> dict[str, Any]:
    """Measures all sweeps.

    Returns:
        ``cells``, with ``rows`` by contestant, member-steps a second of the whole machine; ``floor``, of each round of
        the numbers of members what `benchmarks.floor.measure` returns.
    """
    members: dict[Workload, int] = {}
    for cell in cells:
        members[cell.job] = max(members.get(cell.job, 0), cell.members)
    starts = {job: start(job, most) for job, most in members.items()}
    measured: dict[str, Any] = {"cells": [], "floor": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        contestants = dict.fromkeys(contestant for cell in cells for contestant in cell.contestants)
        teams = {each: stack.enter_context(closing(Team(each, folder))) for each in contestants}
        for sweep in dict.fromkeys(cell.sweep for cell in cells):
            floor = measured["floor"] if sweep == "members" else None
            measured["cells"] += _measure_sweep([cell for cell in cells if cell.sweep == sweep], teams, starts, floor)
    return measured


def _measure_sweep(
    cells: list[MeasuredCell],
    teams: dict[Contestant, Team],
    starts: dict[Workload, InitialWeights],
    floor: list[dict[str, Any]] | None,
) -> list[dict[str, Any]]:
    """Checks every contestant of a sweep, then times them round by round, and adds the floor of each."""
    sweep, repeats = cells[0].sweep, cells[0].repeats
    rows: list[dict[Contestant, Row]] = []
    timers: list[tuple[Team, Row, Callable[[], float]]] = []
    for number, cell in enumerate(cells):
        say(f"{sweep}: checking {cell.job}, {cell.members:,} members")
        rows.append({contestant: {"label": contestant.label, "rates": []} for contestant in cell.contestants})
        for contestant, row in rows[-1].items():
            team = teams[contestant]
            with _failing(row):
                timers.append((team, row, _timer(contestant, team, number, cell, starts[cell.job], row)))
    for turn in range(repeats):
        say(f"{sweep}: round {turn + 1} of {repeats}")
        for _, row, rate in timers:
            if "error" not in row:
                with _failing(row):
                    row["rates"].append(rate())
        if floor is not None:
            arguments = ("-m", "benchmarks.floor", str(cells[0].seconds))
            floor.append(json.loads(footprint.run(*arguments, environment={})))
    for team in {team for team, row, _ in timers if "error" not in row}:
        team.forget()
    return [_closed(cell, of) for cell, of in zip(cells, rows, strict=True)]


@contextmanager
def _failing(row: Row) -> Iterator[None]:
    """Notes the error of a contestant that cannot be timed in its row."""
    try:
        yield
    except CannotTrain as failure:
        row["error"] = str(failure)
        say(f"  {row['label']}: not timed: {failure}")


def _timer(
    contestant: Contestant, team: Team, number: int, cell: MeasuredCell, start: InitialWeights, row: Row
) -> Callable[[], float]:
    """Prepares a contestant for a cell, and returns a function that times it once."""
    members = contestant.members(cell.members)
    weights_differ, losses_differ = team.prepare(number, cell.job, members, start)
    shortest, steps = min(0.2, cell.seconds) / 2, contestant.unit
    while (took := team.train(number, steps)) < shortest:
        steps *= 2
    steps = max(1, round(cell.seconds * steps / took / contestant.unit)) * contestant.unit
    row |= {"members": members, "weights_differ": weights_differ, "losses_differ": losses_differ, "steps": steps}
    return lambda: members * steps / team.train(number, steps)


def _closed(cell: MeasuredCell, rows: dict[Contestant, Row]) -> dict[str, Any]:
    """The cell for JSON, with medians and ratios."""
    say(f"{cell.sweep}: {cell.job}, {cell.members:,} members")
    timed = {contestant: row for contestant, row in rows.items() if "error" not in row}
    for contestant, row in timed.items():
        row |= footprint.spread(row["rates"])
        if ENGINE in timed and contestant is not ENGINE:
            pairs = zip(timed[ENGINE]["rates"], row["rates"], strict=True)
            row["ours_to_this"] = statistics.median(ours / this for ours, this in pairs)
        say(f"  {row['label']}: {row['median']:,.0f} member-steps/s ({row['low']:,.0f} to {row['high']:,.0f})")
    named = {contestant.name: row for contestant, row in rows.items()}
    return {"sweep": cell.sweep, "job": asdict(cell.job), "members": cell.members, "rows": named}


def say(line: str) -> None:
    """Prints a line immediately."""
    print(line, flush=True)


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.population", "peers", "quick")
    measured = measure(plan(peers=given.peers, quick=given.quick))
    say("start and memory")
    results = {
        "quick": given.quick,
        "machine": machine.describe(),
        **measured,
        "starts": footprint.starts(1 if given.quick else 3),
        "memory": footprint.memory((16, 64) if given.quick else (64, 4096)),
    }
    path = Path(given.output) / "population"
    figures.save(figure.throughput(results), path.with_suffix(".png"))
    command.write(path, results, report.markdown(results))


if __name__ == "__main__":
    main()
