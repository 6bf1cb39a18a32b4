"""Compares two runs by their files: the same bits, the same verdicts, or what differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import xarray as xr

from lstm_toys.files import read_arrays
from lstm_toys.output import counted, listed
from lstm_toys.results import storage
from lstm_toys.runs.folder import VALUE
from lstm_toys.sharing.run_files import CLAIMS, RunFiles
from lstm_toys.studies.claims.table import read, rows

TIMES = ("computed", "continued", "seconds", "runs_seconds", "member_steps_per_second", "answers_per_second")
WRITTEN = ("files", "texts", "figures", "captions")
APART = (*TIMES, "version", "run", "flags", "fingerprint", "earlier_fingerprints", *WRITTEN, VALUE)
"""Entries of summaries that depend on time; and these, names of a run, and what is compared apart from summaries."""

USUAL = "usual"
"""Entry of a population among the digests of networks: the settings that have the experiment's usual values."""

MOST = 20
"""Most arrays of a file whose differences are printed."""


def compared(ours: RunFiles, theirs: RunFiles) -> tuple[list[str], bool]:
    """Lines about what differs between two finished runs, and whether all bits, or all verdicts, agree.

    Bits are the same if settings, summaries without times, and the digests of all files but texts and figures are.
    """
    first, second = ours.metrics, theirs.metrics
    if first["experiment"] != second["experiment"]:
        return [f"these are different runs: {first['experiment']} and {second['experiment']}"], False
    settings = _differing(first["flags"], second["flags"])
    versions = _versions(ours, theirs)
    values = _differing(first[VALUE], second[VALUE])
    different = [*_line("settings", settings.values()), *_line("summary", _differing(_summary(ours), _summary(theirs)))]
    for name in _differing(first["files"], second["files"]):
        different += _in_file(name, ours, theirs) if not name.endswith(".md") else ()
    verdicts, agree = _verdicts(ours, theirs) if different else (["the same bits"], True)
    origins = [*_line("versions and processor", versions.values()), *_line("computed from other", values)]
    return [*origins, *verdicts, *different, *_networks(ours, theirs, [*settings, *versions])], agree


def _versions(*runs: RunFiles) -> dict[str, str]:
    """The versions and processors that differ; of a published set, they may not be recorded."""
    recorded = [run.metrics.get("fingerprint") or run.origin.get("environment") or {} for run in runs]
    versions = [{"lstm_toys": run.metrics["version"]} for run in runs]
    return _differing(
        *({**ours, **other} for ours, other in zip(recorded, versions, strict=True)) if all(recorded) else versions
    )


def _summary(run: RunFiles) -> dict[str, Any]:
    return {name: value for name, value in run.metrics.items() if name not in APART}


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, str]:
    """The entries that differ as JSON has them, in words, by name."""
    names = sorted({*ours, *theirs})
    pairs = {name: [json.dumps(entries.get(name), sort_keys=True) for entries in (ours, theirs)] for name in names}
    return {name: f"{name} {' and '.join(pair)}" for name, pair in pairs.items() if pair[0] != pair[1]}


def _line(what: str, items: Iterable[str]) -> Iterator[str]:
    """Yields a line with the items, if there are any."""
    if items := [*items]:
        yield f"{what}: {listed(items)}"


def _networks(ours: RunFiles, theirs: RunFiles, apart: Sequence[str]) -> Iterator[str]:
    """Yields a line about how many networks are the same, if both runs record their digests.

    ``apart`` are the names of the settings and versions that differ.
    """
    digests, others = by_seed(ours.metrics, theirs.metrics)
    same = sum(others.get(network) == digest for network, digest in digests.items())
    if digests and same == len(digests) == len(others):
        yield f"the {counted(same, 'network')} are those of {theirs.folder}, bit by bit"
    elif digests and others:
        reason = f"; the runs differ in {listed(apart)}" if apart else ""
        yield f"{same:,} of {counted(len(digests), 'network')} are those of {theirs.folder}, bit by bit{reason}"


Digests: TypeAlias = dict[tuple[str, int], str]
"""The digests of networks by their population and seed."""


def by_seed(*summaries: Mapping[str, Any]) -> list[Digests]:
    """The digests of the networks of runs, by their summaries.

    A population is named by all its settings; where a run was made when only the unusual ones were recorded, in all
    runs by these. A custom cell is named by its class, since the module may have moved.
    """
    every = [summary.get("network_digests", ()) for summary in summaries]
    known = all(USUAL in population for populations in every for population in populations)

    def name(population: Mapping[str, Any]) -> str:
        settings = {**(population[USUAL] if known else {}), **population["settings"]}
        if "cell" in settings:
            settings["cell"] = settings["cell"].rpartition(":")[2]
        return json.dumps([population["experiment"], settings], sort_keys=True)

    return [
        {
            (name(population), seed): digest
            for population in populations
            for seed, digest in enumerate(population["digests"], population.get("first_seed", 0))
        }
        for populations in every
    ]


def _in_file(name: str, ours: RunFiles, theirs: RunFiles) -> Iterator[str]:
    """Yields lines about a file that differs: the arrays in it and how, or only that it does."""
    if any(name not in run.metrics["files"] for run in (ours, theirs)):
        yield f"{name}: not in both"
        return
    paths = [run.folder / name for run in (ours, theirs)]
    first, second = map(_arrays, paths) if all(path.exists() for path in paths) else ({}, {})
    differences = {array: _difference(first.get(array), second.get(array)) for array in sorted({*first, *second})}
    lines = [f"{array}: {difference}" for array, difference in differences.items() if difference]
    yield from lines[:MOST] or [f"{name}: differs"]
    if len(lines) > MOST:
        yield f"{name}: {len(lines) - MOST:,} more arrays differ"


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file by name; none of a file of another kind."""
    if path.suffix != ".nc":
        return read_arrays(path) if path.suffix == ".npz" else {}
    results = storage.load_results(path)
    nodes = results.to_dict() if isinstance(results, xr.DataTree) else {"": results}
    return {f"{node.rstrip('/')}/{name}": nodes[node][name].values for node in nodes for name in nodes[node].variables}


def _difference(ours: np.ndarray | None, theirs: np.ndarray | None) -> str:
    """How two arrays differ, in NumPy's words; empty if they do not."""
    if ours is None or theirs is None:
        return "only one run has it"
    if ours.ndim == theirs.ndim == 0 and ours.dtype.kind == theirs.dtype.kind == "U":
        return "" if ours == theirs else f"{ours} and {theirs}"
    try:
        np.testing.assert_array_equal(ours, theirs, strict=True)
    except AssertionError as error:
        _, _, _, reason, *details = str(error).splitlines()
        return "; ".join([reason.strip(":"), *(line for line in details if line.startswith("Max absolute"))])
    return ""


def _verdicts(ours: RunFiles, theirs: RunFiles) -> tuple[list[str], bool]:
    """Lines about verdicts and shares, and whether both have the same verdicts on the same claims."""
    paths = [run.folder / CLAIMS for run in (ours, theirs)]
    if not all(path.exists() for path in paths):
        return [], False
    first, second = ({row.id: row for row in rows(read(path))} for path in paths)
    both = [name for name in first if name in second]
    ends = "low", "high", "against", "meets"
    other = [name for name in both if any(vars(first[name])[each] != vars(second[name])[each] for each in ends)]
    same = [name for name in both if name not in other]
    changed = [name for name in same if first[name].verdict != second[name].verdict]
    lines = [f"verdict on {name}: {first[name].verdict} and {second[name].verdict}" for name in changed]
    lines.append(f"{len(same) - len(changed)} of {len(both)} verdicts agree")
    gaps = [(gap, name) for name in same if (gap := abs(first[name].share.value - second[name].share.value)) > 0]
    lines += ["largest difference of a share: {:.3g}, of {}".format(*max(gaps))] if gaps else []
    alone = sorted({*first} ^ {*second})
    lines += [*_line("claims with another threshold", other), *_line("claims of one run alone", alone)]
    return lines, bool(both) and not (changed or other or alone)
