"""Timing: everything in a sweep once a round, round after round, so that a change of the machine's pace meets all."""

import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.entries import OURS, cores
from benchmarks.plan import Cell
from benchmarks.processes import Prepared, Team, Unusable

Row = dict[str, Any]
"""A contestant in a cell: its rates, one a round, with median, lowest and highest, or an ``error``."""


class Sweep:
    """Checks and times the contestants of the cells of a sweep.

    Args:
        cells: what to measure.
        teams: processes of all contestants, by name.
        say: is told of what happens.
    """

    def __init__(self, cells: list[Cell], teams: dict[str, Team], say: Callable[[str], None]) -> None:
        self._cells, self._teams, self._say = cells, teams, say
        self._rows: list[dict[str, Row]] = []
        self._timers: dict[tuple[int, str], Callable[[], float]] = {}

    def measure(self, starts: list[Path]) -> list[dict[str, Any]]:
        """Prepares everything, and then times it round by round.

        Args:
            starts: for each cell the file with the initial weights of its members.

        Returns:
            The cells as JSON has them: ``rows`` by contestant, member-steps a second of the whole machine.
        """
        for number, (cell, start) in enumerate(zip(self._cells, starts, strict=True)):
            self._say(f"{cell.sweep}: checking {cell.job}, {cell.members:,} members")
            self._rows.append({entry.name: {"label": entry.label, "rates": []} for entry in cell.entries})
            for entry in cell.entries:
                self._attempt(number, entry.name, partial(self._prepare, number, entry.name, start))
        for turn in range(self._cells[0].repeats):
            self._say(f"{self._cells[0].sweep}: round {turn + 1} of {self._cells[0].repeats}")
            for number, name in list(self._timers):
                self._attempt(number, name, partial(self._time, number, name))
        for name in {name for _, name in self._timers}:
            self._teams[name].forget()
        return [self._close(cell, rows) for cell, rows in zip(self._cells, self._rows, strict=True)]

    def _attempt(self, number: int, name: str, action: Callable[[], None]) -> None:
        """Does something with a contestant, which leaves the cell where it fails."""
        try:
            action()
        except Unusable as failure:
            row = self._rows[number][name]
            row["error"] = str(failure)
            self._timers.pop((number, name), None)
            self._say(f"  {row['label']}: not timed: {failure}")

    def _time(self, number: int, name: str) -> None:
        self._rows[number][name]["rates"].append(self._timers[number, name]())

    def _prepare(self, number: int, name: str, start: Path) -> None:
        cell, team, row = self._cells[number], self._teams[name], self._rows[number][name]
        if team.entry.in_parts:
            team.request("measure", seconds=0.01)
            self._timers[number, name] = lambda: _rate_of_parts(team, cell.seconds, row)
            return
        ready = team.prepare(number, cell.job, team.entry.members(cell.members), start)
        steps = _steps(ready, cell.seconds)
        row |= {
            "members": ready.members,
            "weights_differ": ready.weights_differ,
            "losses_differ": ready.losses_differ,
            "steps": steps,
        }
        self._timers[number, name] = lambda: ready.rate(steps)

    def _close(self, cell: Cell, rows: dict[str, Row]) -> dict[str, Any]:
        """Adds medians and ratios."""
        self._say(f"{cell.sweep}: {cell.job}, {cell.members:,} members")
        running = {name: row for name, row in rows.items() if "error" not in row}
        for name, row in running.items():
            row |= spread(row["rates"])
            if OURS.name in running and name != OURS.name:
                pairs = zip(running[OURS.name]["rates"], row["rates"], strict=True)
                row["ours_to_this"] = statistics.median(ours / this for ours, this in pairs)
            rate, low, high = row["median"], row["low"], row["high"]
            self._say(f"  {row['label']}: {rate:,.0f} member-steps/s ({low:,.0f} to {high:,.0f})")
        return {"sweep": cell.sweep, "job": cell.job.as_dict(), "members": cell.members, "rows": rows}


def spread(values: list[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def _steps(ready: Prepared, seconds: float) -> int:
    """So many steps that one timing takes about as long as wanted."""
    steps = ready.unit
    while (took := ready.members * steps / ready.rate(steps)) < min(0.2, seconds) / 2:
        steps *= 2
    return max(1, round(seconds * steps / took / ready.unit)) * ready.unit


def _rate_of_parts(team: Team, seconds: float, row: Row) -> float:
    """The rate that the parts of a member-step add up to, which are added to the row."""
    parts = team.request("measure", seconds=seconds / 5)
    for name, part in parts.items():
        known = row.setdefault("parts", {}).setdefault(name, {"form": part["form"], "us": []})
        known["us"].append(part["us"])
    return 1e6 * cores() / sum(part["us"] for part in parts.values())
