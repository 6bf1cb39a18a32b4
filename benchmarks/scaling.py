"""Measures how a training grows: with members in one process, and with the workers of a cluster on this machine.

Writes scaling.json and scaling.md.
"""

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks import command, footprint, machine

MEMBERS = (16, 64, 256, 1_024, 4_096, 16_384)
CLUSTERED = (1_024, 16_384)
ADDRESSES = ("local:1", "local:2")
HERE = "none"
ROUNDS = 3


HEAD = (
    *("workers", "members", "steps", "member-steps/s", "lowest to highest", "against here"),
    *("client", "worker", "kept", "wire, KB a network", "merging, s"),
)
"""Of the table."""

USUAL = 1_000
"""Steps that networks take unless told otherwise."""


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Times every number of members here and by workers, each in a process of its own, round after round.

    Returns:
        A row each: ``address``, ``members``, and of all rounds what `benchmarks.scaled.measure` returns.
    """
    members, clustered, rounds = ((16, 64, 256), (256,), 1) if quick else (MEMBERS, CLUSTERED, ROUNDS)
    cells = [(HERE, count) for count in members] + [(address, count) for address in ADDRESSES for count in clustered]
    rows: list[dict[str, Any]] = [{"address": address, "members": count, "rounds": []} for address, count in cells]
    for number in range(rounds):
        for row in rows:
            repeats = 3 if row["members"] <= 256 else 1
            arguments = ("-m", "benchmarks.scaled", str(row["members"]), row["address"], str(repeats))
            told = json.loads(footprint.run(*arguments, environment={}))
            row["rounds"].append(told)
            print(f"round {number + 1} of {rounds}, {row['address']}, {row['members']:,}: {told['rates']}", flush=True)
    return rows


def rates(row: dict[str, Any]) -> dict[str, float]:
    """Member-steps a second: median, lowest and highest."""
    return footprint.spread([rate for told in row["rounds"] for rate in told["rates"]])


def median(row: dict[str, Any], name: str) -> float | None:
    """The median of a number over rounds; None where there is none."""
    values = [told[name] for told in row["rounds"] if told[name] is not None]
    return statistics.median(values) if values else None


def markdown(results: dict[str, Any]) -> str:
    """The results as tables."""
    lines = ["# How a training grows", ""]
    if results["quick"]:
        lines += ["**A quick run, which shows that everything works. Its numbers are noise.**", ""]
    rows = results["rows"]
    here = {row["members"]: rates(row)["median"] for row in rows if row["address"] == HERE}
    flat = [rate for count, rate in here.items() if count >= 64]
    lines += [
        *machine.markdown(results["machine"]),
        "",
        "Networks of 32 units on one sine, 200 steps or, of more than 1,000, fewer, all of which are recorded.",
        "Rates are those of the whole machine, medians of all rounds, compilation left out: over workers they are",
        "counted from when each has given back its first group. *Against here* is the median over rounds of the",
        "ratio to the same members without a cluster. Memory is the peak of a process, that of the client beyond",
        "the arrays that are kept, in MiB; bytes on the wire are those of parts and outcomes, as they are pickled.",
        "",
        f"| {' | '.join(HEAD)} |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        found, kept = rates(row), median(row, "kept") or 0
        worker, wire = median(row, "worker"), median(row, "wire")
        cells = [
            "–" if row["address"] == HERE else row["address"],
            f"{row['members']:,}",
            f"{median(row, 'steps') or 0:.0f}",
            f"{found['median']:,.0f}",
            f"{found['low']:,.0f} to {found['high']:,.0f}",
            "" if row["address"] == HERE else f"{against(row, rows):.2f}",
            f"{((median(row, 'client') or 0) - kept) / 2**20:,.0f}",
            "" if worker is None else f"{worker / 2**20:,.0f}",
            f"{kept / 2**20:,.1f}",
            "" if wire is None else f"{wire / 1e3:,.1f}",
            f"{statistics.median(each for told in row['rounds'] for each in told['merge']):.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    spread = (max(flat) - min(flat)) / max(flat)
    lines += ["", f"Without a cluster the slowest number of members from 64 up is {spread:.0%} below the fastest."]
    lines += [
        f"Over {row['address']}, {row['members']:,} members: a group of {median(row, 'group'):.0f} takes "
        f"{lost(row, rows):+.0f} ms against here, which of one of {USUAL:,} steps is {share(row, rows):+.1%}."
        for row in rows
        if row["address"] != HERE
    ]
    lines += [f"A checkpoint of a finished group takes {(median(rows[-1], 'disk') or 0) / 1e3:.1f} KB a network."]
    return "\n".join(lines) + "\n"


def alone(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of the same members without a cluster."""
    return next(each for each in rows if (each["address"], each["members"]) == (HERE, row["members"]))


def against(row: dict[str, Any], rows: list[dict[str, Any]]) -> float:
    """The rate as a multiple of that without a cluster: the median of the ratios within a round."""
    pairs = zip(row["rounds"], alone(row, rows)["rounds"], strict=True)
    return statistics.median(
        statistics.median(one["rates"]) / statistics.median(other["rates"]) for one, other in pairs
    )


def lost(row: dict[str, Any], rows: list[dict[str, Any]]) -> float:
    """Milliseconds that a group takes by workers beyond what it takes here."""
    member_steps = (median(row, "group") or 0) * (median(row, "steps") or 0)
    return 1e3 * member_steps / rates(alone(row, rows))["median"] * (1 / against(row, rows) - 1)


def share(row: dict[str, Any], rows: list[dict[str, Any]]) -> float:
    """What that is of a group that takes the usual number of steps."""
    return (1 / against(row, rows) - 1) * (median(row, "steps") or 0) / USUAL


def main() -> None:
    """Runs the benchmark as the command line says."""
    given = command.read(__doc__ or "", "benchmarks.scaling", "quick")
    rows = measure(quick=given.quick)
    results = {"quick": given.quick, "machine": machine.describe(), "rows": rows}
    command.write(Path(given.output) / "scaling", results, markdown(results))


if __name__ == "__main__":
    main()
