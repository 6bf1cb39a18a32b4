"""Compares two runs by their files: the same bits, the same verdicts, or what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lstm_toys.files import checked, read_arrays
from lstm_toys.output import counted, listed
from lstm_toys.results import storage
from lstm_toys.runs.folder import VALUE
from lstm_toys.sharing.run_files import CLAIMS, RunFiles
from lstm_toys.studies.claims import entries

PASSING = ("computed", "seconds", "runs_seconds", "member_steps_per_second", "continued", "version", "run", "figures")
"""Entries of summaries that differ between equal runs."""

MOST = 20
"""Most arrays of a file whose differences are told."""


def compared(ours: RunFiles, theirs: RunFiles) -> tuple[list[str], bool]:
    """Lines about what differs between two finished runs, and whether all bits, or all verdicts, agree.

    Bits are the same if settings, summaries without times, and all recorded files but texts and figures are.
    """
    names = [_settings(each).get("experiment") for each in (ours, theirs)]
    if None not in names and names[0] != names[1]:
        return [f"these are different runs: {names[0]} and {names[1]}"], False
    different = [*_differing("settings", _settings(ours), _settings(theirs))] if None not in names else []
    told = [*_differing("versions and processor", _versions(ours), _versions(theirs))]
    networks = [*_networks(ours, theirs)]
    digests = (each.metrics.get(VALUE, {}) for each in (ours, theirs))
    told += [*_differing("computed from other", *digests, values=False)]
    verdicts, agree = _verdicts(ours, theirs)
    different += _differing("summary", _summary(ours), _summary(theirs), values=False)
    different += [line for name in _files(ours, theirs) for line in _told(name, ours.folder, theirs.folder)]
    if not different:
        return [*told, "the same bits", *networks], True
    return [*told, *verdicts, *different, *networks], agree


def _settings(run: RunFiles) -> dict[str, Any]:
    """The settings, which a published set of networks has in its summary alone."""
    return run.settings or run.metrics.get("flags", {})


def _versions(run: RunFiles) -> dict[str, Any]:
    environment = run.metrics.get("fingerprint") or run.origin.get("environment", {})
    return {**environment, "lstm_toys": run.metrics.get("version")}


def _networks(ours: RunFiles, theirs: RunFiles) -> Iterator[str]:
    """Yields a line about how many networks are the same, if both runs record their digests."""
    own, other = _by_seed(ours), _by_seed(theirs)
    if not own or not other:
        return
    same = sum(other.get(network) == digest for network, digest in own.items())
    if same == len(own) == len(other):
        yield f"the {counted(same, 'network')} are those of {theirs.folder}, bit by bit"
        return
    pairs = (_settings(ours), _settings(theirs)), (_versions(ours), _versions(theirs))
    apart = [name for one, two in pairs for name in {**one, **two} if one.get(name) != two.get(name)]
    reason = f"; the runs differ in {listed(apart)}" if apart else ""
    yield f"{same:,} of {counted(len(own), 'network')} are those of {theirs.folder}, bit by bit{reason}"


def _by_seed(run: RunFiles) -> dict[tuple[str, int], str]:
    """The digests of networks by the settings of their population and seed."""
    return {
        (json.dumps([each["experiment"], each["settings"]], sort_keys=True), seed): digest
        for each in run.metrics.get("network_digests", ())
        for seed, digest in enumerate(each["digests"])
    }


def _summary(run: RunFiles) -> dict[str, Any]:
    return {name: each for name, each in run.metrics.items() if name not in (*PASSING, VALUE, "files", "texts")}


def _differing(what: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], *, values: bool = True) -> Iterator[str]:
    """Yields a line with the entries that differ as JSON has them, if any do."""
    pairs = {name: [json.dumps(each.get(name), sort_keys=True) for each in (ours, theirs)] for name in {*ours, *theirs}}
    apart = {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}
    if apart:
        shown = [f"{name} {' and '.join(pair)}" if values else name for name, pair in apart.items()]
        yield f"{what}: {listed(shown)}"


def _files(ours: RunFiles, theirs: RunFiles) -> list[str]:
    """The recorded files that are not the same on both sides; raises Damaged if one is not what its run wrote."""
    own, other = _digests(ours), _digests(theirs)
    return [name for name in sorted({*own, *other}) if own.get(name) != other.get(name)]


def _digests(run: RunFiles) -> dict[str, str]:
    """The recorded digest of each file but texts; raises Damaged for another one. Not all files are published."""
    found = {name: digest for name, digest in run.metrics.get("files", {}).items() if not name.endswith(".md")}
    for name, recorded in found.items():
        if (path := run.folder / name).exists():
            checked(path, recorded)
    return found


def _told(name: str, ours: Path, theirs: Path) -> Iterator[str]:
    """Yields lines about a file that differs: the arrays in it and by how much, or only that it does."""
    paths = [folder / name for folder in (ours, theirs)]
    if not all(path.exists() for path in paths):
        yield f"{name}: not in both"
        return
    read = {".nc": _arrays, ".npz": read_arrays}.get(paths[0].suffix)
    own, other = (read(path) if read else {} for path in paths)
    apart = {array: _apart(own.get(array), other.get(array)) for array in sorted({*own, *other})}
    lines = [f"{array}: {each}" for array, each in apart.items() if each]
    yield from lines[:MOST] or [f"{name}: differs"]
    if len(lines) > MOST:
        yield f"{name}: {len(lines) - MOST:,} more arrays differ"


def _arrays(path: Path) -> dict[str, np.ndarray]:
    results = storage.load_results(path)
    every = results.subtree if isinstance(results, xr.DataTree) else [results]
    return {f"{getattr(each, 'path', '')}/{name}": own.values for each in every for name, own in each.variables.items()}


def _apart(ours: np.ndarray | None, theirs: np.ndarray | None) -> str:
    """How two arrays differ; empty if they do not."""
    if ours is None or theirs is None:
        return "only one run has it"
    if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
        return f"{ours.dtype} of shape {ours.shape} and {theirs.dtype} of shape {theirs.shape}"
    if ours.dtype.kind not in "biufc":
        return "" if np.array_equal(ours, theirs) else "differs"
    if ours.tobytes() == theirs.tobytes():
        return ""
    both = np.isfinite(ours) & np.isfinite(theirs)
    largest = np.abs(ours[both].astype(complex) - theirs[both]).max(initial=0.0)
    missing = int((np.isfinite(ours) != np.isfinite(theirs)).sum())
    return f"largest difference {largest:.3g}" + f", {missing:,} finite on one side alone" * bool(missing)


def _verdicts(ours: RunFiles, theirs: RunFiles) -> tuple[list[str], bool]:
    """Lines about verdicts and shares, and whether both have the same verdicts on the same claims."""
    if not all((each.folder / CLAIMS).exists() for each in (ours, theirs)):
        return [], False
    own, other = ({each.id: each for each in _entries(run)} for run in (ours, theirs))
    both = [name for name in own if name in other]
    changed = [name for name in both if own[name].verdict != other[name].verdict]
    lines = [f"verdict on {name}: {own[name].verdict} and {other[name].verdict}" for name in changed]
    lines.append(f"{len(both) - len(changed)} of {len(both)} verdicts agree")
    apart = {name: abs(own[name].share - other[name].share) for name in both}
    known = {name: each for name, each in apart.items() if each > 0}
    if known:
        most = max(known, key=lambda name: known[name])
        lines.append(f"largest difference of a share: {known[most]:.3g}, of {most}")
    if alone := sorted({*own} ^ {*other}):
        lines.append(f"claims of one run alone: {listed(alone)}")
    return lines, bool(both) and not changed and not alone


def _entries(run: RunFiles) -> list[entries.Entry]:
    return entries.read(run.folder / CLAIMS)
