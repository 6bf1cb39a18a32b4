"""What is measured: which jobs, with how many members, by which contestants, how often."""

from dataclasses import dataclass

from benchmarks.entries import AUTODIFF, ENTRIES, FLOOR, OURS, STAGES, TORCH, Entry
from benchmarks.job import Job


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


@dataclass(frozen=True)
class Plan:
    """A whole benchmark.

    Attributes:
        cells: of all sweeps.
        memory: two numbers of members whose peak memory is compared.
        starts: how often the start of the default run is timed, from a cold and a warm cache.
    """

    cells: list[Cell]
    memory: tuple[int, int]
    starts: int


def plan(*, peers: bool, quick: bool) -> Plan:
    """The benchmark as the command line asks for it.

    Args:
        peers: with the contestants that need other libraries.
        quick: too short for numbers that one may quote.
    """
    entries = tuple(entry for entry in ENTRIES if peers or not entry.peer)
    repeats, seconds = (2, 0.1) if quick else (5, 1.0)
    counts = (16, 64) if quick else (16, 64, 256, 1024, 4096)
    cells = []
    for members in counts:
        chosen = [entry for entry in entries if members <= entry.most]
        if members != counts[0]:  # Those that train one network do not depend on the number of members.
            chosen = [entry for entry in chosen if not entry.one_network]
        if members in (16, 256, 1024):
            chosen += [STAGES, FLOOR]
        cells.append(Cell("members", Job(), members, tuple(chosen), repeats, seconds))
    few = (OURS, AUTODIFF, TORCH) if peers else (OURS, AUTODIFF)
    for sweep, jobs in sweeps(quick=quick).items():
        cells += [Cell(sweep, job, 16, few, min(repeats, 3), seconds) for job in jobs]
    return Plan(cells, (16, 64) if quick else (64, 4096), 1 if quick else 3)


def sweeps(*, quick: bool) -> dict[str, list[Job]]:
    """The jobs besides the default one, by what is varied."""
    if quick:
        return {"hidden": [Job((8,))], "curves": [Job(curves=10)], "layers": [Job((32, 32))]}
    return {
        "hidden": [Job((units,)) for units in (8, 32, 64, 128)],
        "points": [Job(points=1000)],
        "curves": [Job(curves=curves) for curves in (10, 50)],
        "layers": [Job((32,) * layers) for layers in (2, 3)],
    }
