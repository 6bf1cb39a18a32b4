"""Measures member-steps a second, the engine's and others', and the floor that no engine can pass on this machine.

Writes population.json, population.md and population.png.
"""

from pathlib import Path

from benchmarks import command


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.population", "peers", "quick")
    from benchmarks import figure, footprint, machine, report, sweeps
    from lstm_toys import figures

    cells = sweeps.measure(sweeps.plan(peers=given.peers, quick=given.quick))
    sweeps.say("start and memory")
    results = {
        "quick": given.quick,
        "machine": machine.describe(),
        "cells": cells,
        "starts": footprint.starts(1 if given.quick else 3),
        "memory": footprint.memory((16, 64) if given.quick else (64, 4096)),
    }
    path = Path(given.output) / "population"
    figures.save(figure.throughput(results), path.with_suffix(".png"))
    command.write(path, results, report.markdown(results))


if __name__ == "__main__":
    main()
