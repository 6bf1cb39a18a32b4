"""The results of `benchmarks.population` as Markdown."""

import statistics
from typing import Any

from benchmarks import machine
from benchmarks.entries import FLOOR, STAGES, TORCH, Entry
from benchmarks.reference import TOLERANCE
from benchmarks.targets import verdicts


def markdown(results: dict[str, Any]) -> str:
    """The whole report."""
    lines = ["# Member-steps a second", ""]
    if results["quick"]:
        lines += ["**A quick run, which shows that everything works. Its numbers are noise.**", ""]
    lines += [*machine.markdown(results["machine"]), ""]
    lines += [
        "One member-step: an LSTM layer of 32 units and a readout LSTM of one unit, 100 points of one sine, float32,",
        "mean squared error, its gradient through all points, one SGD update. Rates are those of the whole machine:",
        "median of interleaved rounds, with the slowest and the fastest. *Ratio* is the median over rounds of",
        "lstm_toys' rate to that of the row. *Differs by* is the largest difference of a weight and of a loss to a",
        f"float64 reference after 50 steps; above {TOLERANCE:g} nothing is timed. Contestants in JAX use all cores;",
        "those *set up alike* work in blocks and under XLA flags that are lstm_toys', the others without either.",
        "",
        "## Targets",
        "",
        "| target | wanted | measured (members) | met |",
        "|---|---|---|---|",
    ]
    for verdict in verdicts(results):
        met = {True: "yes", False: "**no**", None: "not measured"}[verdict.met]
        lines.append(f"| {verdict.what} | {verdict.wanted} | {verdict.measured} | {met} |")
    lines += ["", "## Members", "", *_members(results["cells"])]
    lines += ["", "## Where a member-step goes", ""]
    lines += [
        "The floor is the sum of what cannot be left out, each part alone in the best form found. The engine's bare",
        "step is timed cut off after each of its stages; a stage is what it takes longer when it goes one further.",
        "Medians.",
        "",
        *_parts(results["cells"], FLOOR, "part of the floor"),
        "",
        *_parts(results["cells"], STAGES, "stage of the engine"),
    ]
    lines += ["", "## Other jobs", "", *_others(results["cells"], results["machine"]["cores"])]
    return "\n".join(lines) + "\n"


def _members(cells: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| members | contestant | member-steps/s | slowest to fastest | ratio | differs by |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    for cell in cells:
        if cell["sweep"] == "members":
            for row in cell["rows"].values():
                members = f"{row.get('members', cell['members']):,}"
                lines.append(f"| {members} | {row['label']} | {' | '.join(_numbers(row))} |")
    return lines


def _numbers(row: dict[str, Any], cores: int = 1) -> list[str]:
    """Rate, spread, ratio and disagreement."""
    if "error" in row:
        return [f"not timed: {row['error'].replace('|', '/')}", "", "", ""]
    ratio = row.get("ours_to_this")
    differs = f"{row['weights_differ']:.0e}, {row['losses_differ']:.0e}" if "weights_differ" in row else ""
    rate, low, high = (f"{row[name] / cores:,.0f}" for name in ("median", "low", "high"))
    return [
        rate,
        f"{low} to {high}",
        "" if ratio is None else f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}",
        differs,
    ]


def _parts(cells: list[dict[str, Any]], entry: Entry, what: str) -> list[str]:
    """The parts of a member-step that were timed, over all rounds."""
    parts: dict[str, dict[str, Any]] = {}
    for cell in cells:
        for name, part in cell["rows"].get(entry.name, {}).get("parts", {}).items():
            parts.setdefault(name, {"form": part["form"], "us": []})["us"] += part["us"]
    lines = [f"| {what} | form | us a member-step, a core |", "|---|---|--:|"]
    medians = {name: statistics.median(part["us"]) for name, part in parts.items()}
    lines += [f"| {name} | {part['form']} | {medians[name]:.1f} |" for name, part in parts.items()]
    return [*lines, f"| all | | {sum(medians.values()):.1f} |"]


def _others(cells: list[dict[str, Any]], cores: int) -> list[str]:
    lines = [
        "Member-steps a second *of one core*: the rate of the whole machine, all cores at work, by their number.",
        f"{TORCH.label}, trains one network in each process, with one thread; the others train 16 members.",
        "",
        "| varied | units | points | curves | contestant | a core | slowest to fastest | ratio | differs by |",
        "|---|--:|--:|--:|---|--:|--:|--:|--:|",
    ]
    for cell in cells:
        if cell["sweep"] != "members":
            job = cell["job"]
            head = f"| {cell['sweep']} | {', '.join(map(str, job['hidden']))} | {job['points']:,} | {job['curves']} "
            lines += [f"{head}| {row['label']} | {' | '.join(_numbers(row, cores))} |" for row in cell["rows"].values()]
    return lines
