"""The record of what was verified, ``results/verified.json``, in words, and whether it suffices for a release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lstm_toys import files

from . import history

RECORD = history.ROOT / "results" / "verified.json"

NETWORKS = ("tasks", "networks", "populations", "execution", "studies/training", "processor.py", "arguments.py")
"""Code of the library that networks depend on."""

NUMBERS = ("statistics", "results", "dynamics", "studies", "runs/external.py")
"""Code of the library that numbers depend on, too."""

Entries = Mapping[str, Mapping[str, Any]]
"""What is recorded of a set, by population: ``commit``, ``date``, versions of ``jax`` and ``jaxlib``, ``processor``;
how many ``networks`` and ``numbers`` were the same, and of how many; how many numbers were ``left out``, and why."""


def record() -> dict[str, dict[str, dict[str, Any]]]:
    """What was verified, by set and population; empty before anything was."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def add(name: str, entries: Entries) -> None:
    """Records what was verified of a set; other populations keep what was recorded earlier."""
    every = record()
    files.write_json(RECORD, {**every, name: dict(sorted({**every.get(name, {}), **entries}.items()))})


def total(entries: Entries, what: str) -> tuple[int, int]:
    """How many ``networks`` or ``numbers`` were the same, and of how many."""
    pairs = [each[what] for each in entries.values() if what in each]
    return sum(same for same, _ in pairs), sum(compared for _, compared in pairs)


def words(entries: Entries) -> str:
    """How many networks and numbers of a set were the same, and at which commits."""
    if not entries:
        return "not yet"
    (networks, trained), (numbers, compared) = (total(entries, what) for what in ("networks", "numbers"))
    parts = [f"{networks:,} of {trained:,} sampled networks"]
    parts += [f"{numbers:,}{f' of {compared:,}' * (numbers < compared)} numbers"] if compared else []
    dates = {each["commit"]: each["date"] for each in sorted(entries.values(), key=lambda each: each["date"])}
    *earlier, newest = dates
    more = f" and {len(earlier)} earlier commit{'s' * (len(earlier) > 1)}" if earlier else ""
    return f"{' and '.join(parts)} are the same at {newest}, {dates[newest]}{more}"


def lacking(entries: Entries, populations: Sequence[str], sources: Sequence[str]) -> str:
    """Says what a set lacks to be published with a release; empty if nothing.

    Args:
        entries: what is recorded of the set.
        populations: the names of all its populations.
        sources: the files of the experiments that are trained.
    """
    if any(same < compared for same, compared in (total(entries, "networks"), total(entries, "numbers"))):
        return "some differ"
    if missing := sum(name not in entries for name in populations):
        return f"{missing:,} of {len(populations):,} populations are not sampled"
    of_networks = (*(f"lstm_toys/{path}" for path in NETWORKS), "requirements-run.lock", *sources)
    paths = {"networks": of_networks, "numbers": (*of_networks, *(f"lstm_toys/{path}" for path in NUMBERS))}
    for what, known in paths.items():
        changed = history.last_change(known)
        for commit in {each["commit"] for each in entries.values() if what in each}:
            if changed and not history.is_before(changed, commit):
                return f"{what} of {commit}, before {changed}"
    return ""
