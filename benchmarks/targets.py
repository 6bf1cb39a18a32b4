"""The project's targets of speed, held against the results of a benchmark."""

import statistics
from dataclasses import dataclass
from typing import Any

from benchmarks.entries import FLAX, FLOOR, KERAS, OURS, TORCH
from benchmarks.job import Job

PER_CORE = 1.5
"""How many times PyTorch, a core, the engine is meant to be in every sweep."""


@dataclass(frozen=True)
class Verdict:
    """A target and what was measured.

    Attributes:
        what: the target is about.
        wanted: at least or at most.
        measured: in words.
        met: None where nothing was measured.
    """

    what: str
    wanted: str
    measured: str
    met: bool | None


def verdicts(results: dict[str, Any]) -> list[Verdict]:
    """All targets, in the order of the table."""
    by_members = {cell["members"]: cell["rows"] for cell in results["cells"] if cell["sweep"] == "members"}
    return [
        _times(by_members, FLOOR.name, "share of the floor", 1 / 0.8),
        _times(by_members, TORCH.name, "against PyTorch nn.LSTM, one process a core", 12),
        _times(by_members, KERAS.name, "against Keras train_on_batch", 400),
        _times(by_members, FLAX.name, "against Flax nn.RNN under vmap", 3.5),
        _flatness(by_members),
        *_sweeps(results["cells"]),
        *_starts(results["starts"]),
        _memory(results["memory"]),
    ]


def _times(by_members: dict[int, Any], name: str, what: str, least: float) -> Verdict:
    """How many times faster the engine is; against the floor, the share of it."""
    ratios = {
        members: rows[name]["ours_to_this"]
        for members, rows in by_members.items()
        if "ours_to_this" in rows.get(name, {})
    }
    if name == FLOOR.name:
        wanted, shown, least = "at least 80 %", {m: f"{100 * r:.0f} %" for m, r in ratios.items()}, 1 / least
    else:
        wanted, shown = f"at least {least:g} times", {m: f"{ratio:.3g}" for m, ratio in ratios.items()}
    measured = ", ".join(f"{text} ({members:,})" for members, text in shown.items())
    return Verdict(what, wanted, measured or "–", min(ratios.values()) >= least if ratios else None)


def _flatness(by_members: dict[int, Any]) -> Verdict:
    rates = [rows[OURS.name]["rates"] for rows in by_members.values() if "median" in rows[OURS.name]]
    what = f"slowest against fastest number of members, {min(by_members):,} to {max(by_members):,}"
    if not rates:
        return Verdict(what, "within 10 %", "–", None)
    loss = statistics.median(1 - min(turn) / max(turn) for turn in zip(*rates, strict=True))
    return Verdict(what, "within 10 %", f"{100 * loss:.0f} %", loss <= 0.1)


def _sweeps(cells: list[dict[str, Any]]) -> list[Verdict]:
    """The engine against PyTorch per core; both use every core, so that the ratio of the machines is that of a core."""
    found = []
    for cell in cells:
        ratio = cell["rows"].get(TORCH.name, {}).get("ours_to_this")
        if cell["sweep"] != "members" and ratio is not None:
            found.append(
                Verdict(
                    f"against PyTorch a core: {Job.of(cell['job'])}",
                    f"at least {PER_CORE} times",
                    f"{ratio:.3g}",
                    ratio >= PER_CORE,
                )
            )
    return found


def _starts(starts: dict[str, Any]) -> list[Verdict]:
    found = []
    for stage, what, most in (("compile", "compile time", 2.0), ("first_step", "command to first step", 5.0)):
        for cache, stages in starts.items():
            seconds = stages[stage]["median"]
            found.append(Verdict(f"{what}, {cache} cache", f"at most {most:g} s", f"{seconds:.2f} s", seconds <= most))
    return found


def _memory(memory: dict[str, int]) -> Verdict:
    few, many = memory
    ratio = memory[many] / memory[few]
    what = f"peak memory, {int(many):,} members against {int(few):,}"
    sizes = f"{memory[many] / 2**20:,.0f} against {memory[few] / 2**20:,.0f} MiB"
    return Verdict(what, "at most 1.3 times", f"{ratio:.2f} ({sizes})", ratio <= 1.3)
