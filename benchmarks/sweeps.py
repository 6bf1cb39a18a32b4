"""What is measured: contestants and parts of a member-step, over members and other jobs, in rounds.

Everything in a sweep is timed once a round, round after round, so that a change of the machine's pace meets all.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.entries import AUTODIFF, CONTESTANTS, ENGINE, FLOOR, STAGES, TORCH, Entry, Parts
from benchmarks.footprint import spread
from benchmarks.job import Job, Start, start
from benchmarks.machine import cores
from benchmarks.processes import Team, Unusable

Row = dict[str, Any]
"""An entry in a cell: its rates, one a round, with median, lowest and highest, or an ``error``."""


@dataclass(frozen=True)
class Cell:
    """One row of a sweep.

    Attributes:
        sweep: what is varied.
        job: what a member-step is.
        members: that are trained, by contestants that train many.
        entries: who takes part.
        repeats: rounds in which each of them is timed once; the same for all cells of a sweep.
        seconds: that one timing takes, about.
    """

    sweep: str
    job: Job
    members: int
    entries: tuple[Entry, ...]
    repeats: int
    seconds: float


def plan(*, peers: bool, quick: bool) -> list[Cell]:
    """The cells of all sweeps.

    Args:
        peers: with the contestants that need other libraries.
        quick: too short for numbers that one may quote.
    """
    repeats, seconds = (2, 0.1) if quick else (5, 1.0)
    counts = (16, 64) if quick else (16, 64, 256, 1024, 4096)
    cells = []
    for members in counts:
        entries: list[Entry] = [
            contestant
            for contestant in CONTESTANTS
            if (peers or not contestant.peer)
            and members <= contestant.most
            # Those that train one network do not depend on the number of members.
            and (members == counts[0] or not contestant.one_network)
        ]
        if members in (16, 256, 1024):
            entries += [STAGES, FLOOR]
        cells.append(Cell("members", Job(), members, tuple(entries), repeats, seconds))
    few = (ENGINE, AUTODIFF, TORCH) if peers else (ENGINE, AUTODIFF)
    for sweep, jobs in _jobs(quick=quick).items():
        # Nobody else is written for other cells.
        takers = (ENGINE,) if sweep == "cell" else few
        cells += [Cell(sweep, job, 16, takers, min(repeats, 3), seconds) for job in jobs]
    return cells


def _jobs(*, quick: bool) -> dict[str, list[Job]]:
    """The jobs besides the default one, by what is varied."""
    if quick:
        return {
            "hidden": [Job((8,))],
            "curves": [Job(curves=10)],
            "layers": [Job((32, 32))],
            "cell": [Job(gates="hard")],
        }
    return {
        "hidden": [Job((units,)) for units in (8, 32, 64, 128)],
        "points": [Job(points=1000)],
        "curves": [Job(curves=curves) for curves in (2, 5, 10, 50)],
        "layers": [Job((32,) * layers) for layers in (2, 3)],
        "cell": [Job(gates="hard"), Job(cell="gru"), Job(cell="gru", gates="hard"), Job(cell="rnn")],
    }


def measure(cells: list[Cell]) -> list[dict[str, Any]]:
    """Measures all sweeps.

    Returns:
        The cells as JSON has them: ``rows`` by entry, member-steps a second of the whole machine.
    """
    members: dict[Job, int] = {}
    for cell in cells:
        members[cell.job] = max(members.get(cell.job, 0), cell.members)
    starts = {job: start(job, most) for job, most in members.items()}
    measured = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        entries = dict.fromkeys(entry for cell in cells for entry in cell.entries)
        teams = {entry: stack.enter_context(closing(Team(entry, folder))) for entry in entries}
        for sweep in dict.fromkeys(cell.sweep for cell in cells):
            measured += _measure_sweep([cell for cell in cells if cell.sweep == sweep], teams, starts)
    return measured


def _measure_sweep(cells: list[Cell], teams: dict[Entry, Team], starts: dict[Job, Start]) -> list[dict[str, Any]]:
    """Checks everything in a sweep, then times it round by round."""
    sweep, repeats = cells[0].sweep, cells[0].repeats
    rows: list[dict[Entry, Row]] = []
    timers: list[tuple[Team, Row, Callable[[], float]]] = []
    for number, cell in enumerate(cells):
        say(f"{sweep}: checking {cell.job}, {cell.members:,} members")
        rows.append({entry: {"label": entry.label, "rates": []} for entry in cell.entries})
        for entry, row in rows[-1].items():
            with _failing(row):
                timers.append((teams[entry], row, _timer(entry, teams[entry], number, cell, starts[cell.job], row)))
    for turn in range(repeats):
        say(f"{sweep}: round {turn + 1} of {repeats}")
        for _, row, rate in timers:
            if "error" not in row:
                with _failing(row):
                    row["rates"].append(rate())
    for team in {team for team, row, _ in timers if "error" not in row}:
        team.forget()
    return [_closed(cell, of) for cell, of in zip(cells, rows, strict=True)]


@contextmanager
def _failing(row: Row) -> Iterator[None]:
    """Lets an entry leave its cell where it cannot be timed."""
    try:
        yield
    except Unusable as failure:
        row["error"] = str(failure)
        say(f"  {row['label']}: not timed: {failure}")


def _timer(entry: Entry, team: Team, number: int, cell: Cell, start: Start, row: Row) -> Callable[[], float]:
    """Prepares an entry for a cell, and returns what times it once."""
    if isinstance(entry, Parts):
        team.measure(0.01)
        return lambda: _rate_of_parts(team, cell.seconds, row)
    members = entry.members(cell.members)
    weights_differ, losses_differ = team.prepare(number, cell.job, members, start)
    shortest, steps = min(0.2, cell.seconds) / 2, entry.unit
    while (took := team.train(number, steps)) < shortest:
        steps *= 2
    steps = max(1, round(cell.seconds * steps / took / entry.unit)) * entry.unit
    row |= {"members": members, "weights_differ": weights_differ, "losses_differ": losses_differ, "steps": steps}
    return lambda: members * steps / team.train(number, steps)


def _rate_of_parts(team: Team, seconds: float, row: Row) -> float:
    """The rate that the parts of a member-step add up to, which are added to the row."""
    parts = team.measure(seconds / 5)
    for name, part in parts.items():
        known = row.setdefault("parts", {}).setdefault(name, {"form": part["form"], "us": []})
        known["us"].append(part["us"])
    return 1e6 * cores() / sum(part["us"] for part in parts.values())


def _closed(cell: Cell, rows: dict[Entry, Row]) -> dict[str, Any]:
    """The cell as JSON has it, with medians and ratios."""
    say(f"{cell.sweep}: {cell.job}, {cell.members:,} members")
    running = {entry: row for entry, row in rows.items() if "error" not in row}
    for entry, row in running.items():
        row |= spread(row["rates"])
        if ENGINE in running and entry is not ENGINE:
            pairs = zip(running[ENGINE]["rates"], row["rates"], strict=True)
            row["ours_to_this"] = statistics.median(ours / this for ours, this in pairs)
        say(f"  {row['label']}: {row['median']:,.0f} member-steps/s ({row['low']:,.0f} to {row['high']:,.0f})")
    named = {entry.name: row for entry, row in rows.items()}
    return {"sweep": cell.sweep, "job": asdict(cell.job), "members": cell.members, "rows": named}


def say(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)
