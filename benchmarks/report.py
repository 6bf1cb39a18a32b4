"""The results of `benchmarks.population` as Markdown: targets of speed and whether they are met, and tables."""

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks import floor, machine
from benchmarks.contestants import CONTESTANTS, ENGINE, FLAX, KERAS, TORCH
from benchmarks.job import Workload
from benchmarks.reference import TOLERANCE
from lstm_toys.text import escape

PER_CORE, OF_CURVES = 1.5, {10: 2.5}
"""How many times PyTorch, a core, the engine is meant to be in every sweep, and with some numbers of curves."""

Results = dict[str, Any]

Verdict = tuple[str, str, str, bool | None]
"""What a target is about, what is wanted, what was measured, and whether it is met: None if nothing was measured."""


def markdown(results: Results) -> str:
    """The whole report."""
    lines = ["# Member-steps a second", ""]
    if results["quick"]:
        lines += ["**A quick run, which shows that everything works. Its numbers are noise.**", ""]
    lines += [
        *machine.markdown(results["machine"]),
        "",
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
    for what, wanted, measured, met in verdicts(results):
        answer = {True: "yes", False: "**no**", None: "not measured"}[met]
        lines.append(f"| {what} | {wanted} | {measured} | {answer} |")
    lines += [
        "",
        "## Members",
        "",
        "| members | contestant | member-steps/s | slowest to fastest | ratio | differs by |",
        "|--:|---|--:|--:|--:|--:|",
        *_members(results["cells"]),
        "",
        "## The floor",
        "",
        "What cannot be left out of a member-step, each part alone in the best form found; the gates' products and",
        "arithmetic count, the readout, the update, and loads and stores between parts do not. Medians of the rounds;",
        "the form is that of the last one.",
        "",
        "| part | form | us a member-step, a core | lowest to highest |",
        "|---|---|--:|--:|",
        *_floor(results["floor"]),
        "",
        "## Other jobs",
        "",
        "Member-steps a second *of one core*: the rate of the whole machine, all cores at work, by their number.",
        f"{TORCH.label}, trains one network in each process, with one thread; {KERAS.label} one network in one",
        "process, which need not keep all cores busy; the others train 16 members.",
        "",
        "| varied | units | points | curves | contestant | a core | slowest to fastest | ratio | differs by |",
        "|---|--:|--:|--:|---|--:|--:|--:|--:|",
        *_others(results["cells"], results["machine"]["cores"]),
    ]
    return "\n".join(lines) + "\n"


def verdicts(results: Results) -> Iterator[Verdict]:
    """All targets, in the order of the table."""
    rows = {cell["members"]: cell["rows"] for cell in results["cells"] if cell["sweep"] == "members"}
    shares = floor_shares(rows, floor.rates(results["floor"], results["machine"]["cores"]))
    measured = ", ".join(f"{100 * share:.0f} % ({members:,})" for members, share in shares.items())
    yield "share of the floor", "at least 80 %", measured or "–", min(shares.values()) >= 0.8 if shares else None
    for contestant, what, least in (
        (TORCH, "against PyTorch nn.LSTM, one process a core", 12),
        (KERAS, "against Keras train_on_batch, one process", 400),
        (FLAX, "against Flax nn.RNN under vmap", 3.5),
    ):
        timed = {members: row[contestant.name] for members, row in rows.items() if contestant.name in row}
        ratios = {members: row["ours_to_this"] for members, row in timed.items() if "ours_to_this" in row}
        measured = ", ".join(f"{ratio:.3g} ({members:,})" for members, ratio in ratios.items())
        met = min(ratios.values()) >= least if ratios else None
        yield what, f"at least {least:g} times", measured or "–", met
    rates = [of[ENGINE.name]["rates"] for of in rows.values() if "median" in of[ENGINE.name]]
    what = f"slowest against fastest number of members, {min(rows):,} to {max(rows):,}"
    loss = statistics.median(1 - min(turn) / max(turn) for turn in zip(*rates, strict=True)) if rates else None
    yield what, "within 10 %", "–" if loss is None else f"{100 * loss:.0f} %", None if loss is None else loss <= 0.1
    # Both use every core, so that the ratio of the machines is that of a core.
    for cell in results["cells"]:
        ratio = cell["rows"].get(TORCH.name, {}).get("ours_to_this")
        if cell["sweep"] != "members" and ratio is not None:
            job = Workload(**cell["job"])
            least = OF_CURVES.get(job.curves, PER_CORE)
            yield f"against PyTorch a core: {job}", f"at least {least} times", f"{ratio:.3g}", ratio >= least
    for stage, what, most in (("compile", "compile time", 2.0), ("first_step", "command to first step", 5.0)):
        for cache, stages in results["starts"].items():
            seconds = stages[stage]["median"]
            yield f"{what}, {cache} cache", f"at most {most:g} s", f"{seconds:.2f} s", seconds <= most
    (few, least), (many, most) = results["memory"].items()
    what = f"peak memory, {int(many):,} members against {int(few):,}"
    sizes = f"{most / 2**20:,.0f} against {least / 2**20:,.0f} MiB"
    yield what, "at most 1.3 times", f"{most / least:.2f} ({sizes})", most / least <= 1.3


def floor_shares(rows: dict[int, Results], limits: list[float]) -> dict[int, float]:
    """What the engine reaches of the floor's rates, by the number of members: medians over the rounds."""
    rates = {members: of[ENGINE.name]["rates"] for members, of in rows.items() if "median" in of[ENGINE.name]}
    return {
        members: statistics.median(rate / limit for rate, limit in zip(of, limits, strict=True))
        for members, of in rates.items()
    }


def _floor(measured: list[Results]) -> Iterator[str]:
    rounds = {part: [parts[part]["us"] for parts in measured] for part in measured[0]}
    forms = {part: of["form"] for part, of in measured[-1].items()}
    rounds["all"] = [sum(part["us"] for part in parts.values()) for parts in measured]
    for part, us in rounds.items():
        yield f"| {part} | {forms.get(part, '')} | {statistics.median(us):.1f} | {min(us):.1f} to {max(us):.1f} |"


def _members(cells: list[Results]) -> Iterator[str]:
    for cell in cells:
        if cell["sweep"] == "members":
            for row in _rows(cell):
                yield _line(f"{row.get('members', cell['members']):,}", row)


def _others(cells: list[Results], cores: int) -> Iterator[str]:
    for cell in cells:
        if cell["sweep"] != "members":
            job = Workload(**cell["job"])
            varied = f"{job.cell}, {job.gates} gates" if cell["sweep"] == "cell" else cell["sweep"]
            head = f"{varied} | {', '.join(map(str, job.hidden))} | {job.points:,} | {job.curves}"
            yield from (_line(head, row, cores) for row in _rows(cell))


def _rows(cell: Results) -> list[dict[str, Any]]:
    """The rows of a cell, in the order of the contestants."""
    return [cell["rows"][contestant.name] for contestant in CONTESTANTS if contestant.name in cell["rows"]]


def _line(head: str, row: dict[str, Any], cores: int = 1) -> str:
    """Rate, spread, ratio and disagreement of a contestant."""
    if "error" in row:
        return f"| {head} | {row['label']} | not timed: {escape(row['error'])} |  |  |  |"
    rate, low, high = (f"{row[name] / cores:,.0f}" for name in ("median", "low", "high"))
    ratio = row.get("ours_to_this")
    times = "" if ratio is None else f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
    differs = f"{row['weights_differ']:.0e}, {row['losses_differ']:.0e}"
    return f"| {head} | {row['label']} | {rate} | {low} to {high} | {times} | {differs} |"
