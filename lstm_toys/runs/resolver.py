"""Finds the folder of a run: by an unchanged manifest, or by digests of the run's computation.

Imports nothing heavy until something has to be computed.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lstm_toys.runs import manifest
from lstm_toys.runs.folder import VALUE, Run
from lstm_toys.runs.manifest import FoundManifest
from lstm_toys.runs.study import Study

SHOWN = 3
"""Most files that a message names."""


class Beginning(ABC):
    """Prepares a run, before anything is computed for it.

    Attributes:
        seconds: wall time that this took.
    """

    seconds = 0.0

    @abstractmethod
    def __call__(self, study: Study[Any]) -> None:
        """Raises Refused if the run is impossible."""


class Resolver:
    """Finds the folders of runs, and whether they are finished.

    Args:
        begin: called before anything is computed, every time.
        tell: called with one line for anything unexpected.

    Attributes:
        seconds: wall time of computing the digests of runs.
    """

    def __init__(self, begin: Beginning, tell: Callable[[str], None]) -> None:
        self.begin, self._tell = begin, tell
        self.seconds = 0.0
        self._runs: dict[Run[Any], Run[Any]] = {}
        self._settled: dict[Run[Any], bool] = {}

    def unify(self, study: Study[Any]) -> None:
        """Gives studies with equal runs the same run object, so that a folder is found once for all of them."""
        study.run = self._runs.setdefault(study.run, study.run)
        for each in (*study.needs.values(), *study.companions.values()):
            self.unify(each)

    def finished(self, study: Study[Any]) -> bool:
        """Whether a run is finished; if so, its folder is known. Raises Refused if the run is impossible."""
        self.unify(study)
        if study.run in self._settled:
            return self._settled[study.run]
        manifests = manifest.find(study.run.runs, study.run.name, study.run.key, study.run.declared)
        for each in manifests:
            if each.answers:
                study.run.lies(each.folder)
                if study.run.finished:
                    return self._settle(study, True)
        if not any(study.run.relatives()):
            return False  # Its digests are computed when it is executed.
        if not all(self.finished(each) for each in study.needs.values()):
            return False
        return self.compute(study, manifests)

    def compute(self, study: Study[Any], found: list[FoundManifest] | None = None) -> bool:
        """Whether a run is finished, by the digests of its computation; all runs that it needs must be finished.

        Without ``found``, the run's manifests are ignored.
        """
        if study.run in self._settled:
            return self._settled[study.run]
        self.identify(study, [name for each in found or () for name in each.touched])
        run, value = study.run, study.run.value
        if found is None:
            return self._settle(study, run.finished)
        edited, unseen = _edited(found), found[0].incomplete if found else None
        if not run.finished and (other := self._of_another_machine(study, found)):
            run.lies(other)
            return self._settle(study, True)
        if run.finished:
            if edited:
                self._tell(f"{run.name}: computation unchanged, although {edited}")
            elif unseen:
                self._tell(f"{run.name}: compared the computation, since {unseen}")
            self._measure(study)
            earlier = [name for each in found if each.folder == run.folder for name in each.own]
            manifest.write(run.folder, run.key, run.declared, earlier)
        else:
            for folder, theirs in run.relatives():
                if differing := _differing(value, theirs[VALUE]):
                    since = f" since {edited}" if edited else f"; {unseen}" if unseen else ""
                    self._tell(f"{run.name}: differs from run {folder.name} in {', '.join(differing)}{since}")
                    break
        return self._settle(study, run.finished)

    def identify(self, study: Study[Any], touched: Iterable[str] = ()) -> None:
        """Computes digests and folder of a run whose needs are finished. ``touched``: changed files of earlier runs."""
        self.begin(study)
        from lstm_toys.execution.lowering import CALLBACK

        began = time.perf_counter()
        value = dict(study.digests())
        if CALLBACK in value:  # No program's text contains its code.
            value[CALLBACK] = manifest.sources(study.run.runs, touched)
        study.run.computes(value)
        self.seconds += time.perf_counter() - began

    def _measure(self, study: Study[Any]) -> None:
        """Measures the files of a finished run again, since code outside of its digests may have changed."""
        run, before, measured = study.run, study.metrics, study.remeasure()
        if any(before.get(name) != value for name, value in measured.items()):
            self._tell(f"{run.name}: measured again, since the code of its measurements changed")
            with run.locked():
                run.write_metrics({name: value for name, value in before.items() if name != "figures"} | measured)

    def _of_another_machine(self, study: Study[Any], found: list[FoundManifest]) -> Path | None:
        """Finds a finished run of the same settings and files from another machine, whose program texts differ."""
        from lstm_toys.execution.lowering import COMPILED

        run, value = study.run, study.run.value
        sources = {
            each.folder for each in found if each.alike and not each.incomplete and manifest.untouched_sources(each)
        }
        for folder, theirs in run.relatives():
            if folder in sources and all(theirs[VALUE].get(name) == value[name] for name in COMPILED if name in value):
                run.lies(folder)
                if run.finished and (machine := _other_machine(run.read_metrics())):
                    self._tell(f"{run.name}: made from the same files and settings by {machine}")
                    return folder
        run.computes(value)
        return None

    def _settle(self, study: Study[Any], finished: bool) -> bool:
        self._settled[study.run] = finished
        if finished:
            self._bind(study)
        return finished

    def _bind(self, study: Study[Any]) -> None:
        """Sets the folders of the runs that a finished run needed, from its metrics."""
        if study.needs and study.run.finished:
            names = study.metrics["needs"]
            for need, name in zip(study.needs.values(), names, strict=True):
                if not need.run.known:
                    need.run.lies(study.run.runs / name)


def _other_machine(metrics: dict[str, Any]) -> str:
    """Describes the versions and the processor that made a run, where they differ from this machine's."""
    from lstm_toys.execution import devices, lowering

    every = [metrics["fingerprint"]] if "fingerprint" in metrics else metrics.get("fingerprints", [])
    own = devices.fingerprint(0)
    return ", ".join(
        f"{name} {each[name]}" for each in every[:1] for name in lowering.MACHINE if each.get(name) != own[name]
    )


def _edited(found: list[FoundManifest]) -> str:
    """Describes what changed since the manifest from which the least did; empty if nothing did."""
    best = min(found, key=lambda each: (not each.alike, len(each.edited)), default=None)
    names = best.edited if best else []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more} changed" if names else ""


def _differing(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
