"""Measures member-steps a second, the engine's and others', and the floor that no engine can pass on this machine.

Writes population.json, population.md and population.png.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import command
from benchmarks.entries import OURS
from benchmarks.job import Job
from benchmarks.plan import Plan, plan
from lstm_toys import figures


def measure(plan: Plan) -> dict[str, Any]:
    """Carries out a plan, and returns its results as JSON has them."""
    from benchmarks import footprint, initial, machine, sweeps
    from benchmarks.processes import Team
    from lstm_toys.populations import devices

    devices.use_every_core()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        members: dict[Job, int] = {}
        for cell in plan.cells:
            members[cell.job] = max(members.get(cell.job, 0), cell.members)
        starts = {job: folder / f"start-{number}.npz" for number, job in enumerate(members)}
        for job, path in starts.items():
            initial.start(job, members[job]).save(path)
        entries = {entry.name: entry for cell in plan.cells for entry in cell.entries}
        teams = {name: stack.enter_context(Team(entry, folder)) for name, entry in entries.items()}
        cells = []
        for sweep in dict.fromkeys(cell.sweep for cell in plan.cells):
            chosen = [cell for cell in plan.cells if cell.sweep == sweep]
            cells += sweeps.Sweep(chosen, teams, say).measure([starts[cell.job] for cell in chosen])
        flags = teams[OURS.name].request("environment")["xla_flags"]
    say("start and memory")
    return {
        "machine": machine.describe(flags),
        "cells": cells,
        "starts": footprint.starts(plan.starts),
        "memory": footprint.memory(plan.memory),
    }


def say(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.population", "peers", "quick")
    from benchmarks import figure, report
    from lstm_toys import files

    output = Path(given.output)
    results = {"quick": given.quick, **measure(plan(peers=given.peers, quick=given.quick))}
    files.write_json(output / "population.json", results)
    text = report.markdown(results)
    (output / "population.md").write_text(text)
    figures.save(figure.throughput(results), output / "population.png")
    print(f"\n{text}")


if __name__ == "__main__":
    main()
