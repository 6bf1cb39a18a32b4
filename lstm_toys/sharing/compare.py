"""Compares two runs by their files: the same bits, the same verdicts, or what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lstm_toys.files import read_arrays
from lstm_toys.output import listed
from lstm_toys.results import storage
from lstm_toys.sharing.facts import CLAIMS, Facts
from lstm_toys.studies.claims import entries

RESULTS, PARAMETERS = "results.nc", "parameters.npz"


def compared(ours: Facts, theirs: Facts) -> tuple[list[str], bool]:
    """Lines about what differs between two finished runs, and whether all bits, or all verdicts, agree."""
    different = _differing(ours.settings, theirs.settings)
    lines = [f"settings: {listed(different)}"] if different else []
    versions = _differing(_versions(ours), _versions(theirs))
    lines += [f"versions and processor: {listed(versions)}"] if versions else []
    numbers = [*_numbers(ours, theirs)]
    verdicts, judged = _verdicts(ours, theirs)
    if not numbers and not different:
        return [*lines, "the same bits"], True
    return [*lines, *verdicts, *numbers], judged and not any(": " in each for each in verdicts if "verdict" in each)


def _versions(facts: Facts) -> dict[str, Any]:
    environment: dict[str, Any] = facts.origin.get("environment", {})
    return {**environment, "lstm_toys": facts.metrics.get("version")}


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    names = sorted({*ours, *theirs})
    return [f"{name} {ours.get(name)} and {theirs.get(name)}" for name in names if ours.get(name) != theirs.get(name)]


def _verdicts(ours: Facts, theirs: Facts) -> tuple[list[str], bool]:
    """Lines about verdicts and shares, and whether both have verdicts on the same claims."""
    if not all((each.folder / CLAIMS).exists() for each in (ours, theirs)):
        return [], False
    own, other = ({each.id: each for each in _entries(facts)} for facts in (ours, theirs))
    both = [name for name in own if name in other]
    changed = [
        f"verdict on {name}: {own[name].verdict} and {other[name].verdict}"
        for name in both
        if own[name].verdict != other[name].verdict
    ]
    apart = {name: abs(own[name].share - other[name].share) for name in both}
    most = max(apart, key=lambda name: apart[name], default=None)
    lines = [*changed, f"{len(both) - len(changed)} of {len(both)} verdicts agree"]
    if most is not None and apart[most] > 0:
        lines.append(f"largest difference of a share: {apart[most]:.3g}, of {most}")
    if alone := sorted({*own} ^ {*other}):
        lines.append(f"verdict on one side only: {listed(alone)}")
    return lines, bool(both)


def _entries(facts: Facts) -> list[entries.Entry]:
    return entries.read(facts.folder / CLAIMS)


def _numbers(ours: Facts, theirs: Facts) -> Iterator[str]:
    """Yields lines about arrays that differ: largest differences of each, and what one side lacks."""
    readers: Mapping[str, Callable[[Path], Mapping[str, np.ndarray]]] = {RESULTS: _arrays, PARAMETERS: read_arrays}
    for name, read in readers.items():
        paths = [facts.folder / name for facts in (ours, theirs)]
        known = [read(path) if path.exists() else {} for path in paths]
        for array in sorted({*known[0], *known[1]}):
            own, other = (each.get(array) for each in known)
            if own is None or other is None:
                yield f"{array}: only one run has it"
            elif (own.shape, own.dtype.kind) != (other.shape, other.dtype.kind):
                yield f"{array}: of shape {own.shape} and {other.shape}"
            elif not np.array_equal(own, other, equal_nan=own.dtype.kind in "fc"):
                yield f"{array}: {_largest(own, other)}"
    paths = [facts.folder / CLAIMS for facts in (ours, theirs)]
    if all(path.exists() for path in paths) and len({path.read_bytes() for path in paths}) > 1:
        yield f"{CLAIMS}: differs"
    if not any((facts.folder / RESULTS).exists() for facts in (ours, theirs)):  # Analyses and claims have numbers only.
        kept = [_plain(each.metrics) for each in (ours, theirs)]
        yield from (
            f"{name}: differs" for name in sorted({*kept[0], *kept[1]}) if kept[0].get(name) != kept[1].get(name)
        )


def _plain(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The summary without what differs between equal runs."""
    passing = (
        "computed",
        "seconds",
        "runs_seconds",
        "member_steps_per_second",
        "continued",
        "version",
        "run",
        "figures",
    )
    return {
        name: each for name, each in metrics.items() if name not in (*passing, "value", "files", "texts", "verdicts")
    }


def _arrays(path: Path) -> dict[str, np.ndarray]:
    results = storage.load_results(path)
    every = results.subtree if isinstance(results, xr.DataTree) else [results]
    return {f"{getattr(each, 'path', '')}/{name}": own.values for each in every for name, own in each.variables.items()}


def _largest(ours: np.ndarray, theirs: np.ndarray) -> str:
    if ours.dtype.kind not in "biufc":
        return f"{int((ours != theirs).sum()):,} of {ours.size:,} differ"
    with np.errstate(invalid="ignore"):
        apart = np.abs(ours.astype(float) - theirs.astype(float))
    missing = int((np.isnan(ours.astype(float)) != np.isnan(theirs.astype(float))).sum())
    return f"largest difference {np.nanmax(apart):.3g}" + f", {missing:,} missing on one side" * bool(missing)
