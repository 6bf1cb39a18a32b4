"""Which folder a run has: a manifest that nobody touched answers at once, else what would be computed decides.

Imports nothing heavy until something has to be computed.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_toys import populations
from lstm_toys.runs import manifest
from lstm_toys.runs.folder import VALUE, Run
from lstm_toys.runs.manifest import Found

if TYPE_CHECKING:
    from lstm_toys.runs.life import Work

SHOWN = 3
"""Files that a line names at most."""

COMPILED = ("switches", "XLA flags")
"""Parts of what is computed that are the same on every machine."""


class Beginning(ABC):
    """What comes before anything is computed of a run.

    Attributes:
        seconds: that it took.
    """

    seconds = 0.0

    @abstractmethod
    def __call__(self, work: Work) -> None:
        """Gets ready; raises Refused if a run is impossible."""


class Resolver:
    """Finds the folders of runs, and tells whether they are finished.

    Args:
        begin: called before anything is computed, as often as something is.
        tell: is told in one line of whatever is not as one would expect.

    Attributes:
        begin: as above.
        seconds: that it took to find out what would be computed.
    """

    def __init__(self, begin: Beginning, tell: Callable[[str], None]) -> None:
        self.begin, self._tell = begin, tell
        self.seconds = 0.0
        self._known: dict[Run[Any], Run[Any]] = {}
        self._finished: set[Run[Any]] = set()

    def finished(self, work: Work) -> bool:
        """Whether a run is finished; its folder is known then.

        Raises:
            Refused: what it would compute cannot be computed.
        """
        if self._taken_over(work):
            return work.run in self._finished
        found = manifest.find(work.run.runs, work.run.name, work.run.key, work.run.declared)
        for each in found:
            if each.answers:
                work.run.lies(each.folder)
                if work.run.finished:
                    return self._settled(work, True)
        if not any(work.run.relatives()):
            return False  # And what it would compute is asked only if it is to be made.
        if not all(self.finished(each) for each in work.needs.values()):
            return False
        return self.compute(work, found)

    def compute(self, work: Work, found: list[Found] | None = None) -> bool:
        """The same, by what the run would compute, of which all that it needs is finished.

        Args:
            work: the run.
            found: its manifests; None: they do not matter.
        """
        if work.run.known and self._taken_over(work):
            return work.run in self._finished
        self.identify(work, [name for each in found or () for name in each.touched])
        run, value = work.run, work.run.value
        if found is None:
            return self._settled(work, run.finished)
        edited, unseen = _edited(found), found[0].incomplete if found else None
        if not run.finished and (other := self._of_another_machine(work, found)):
            run.lies(other)
            return self._settled(work, True)
        if run.finished:
            if edited:
                self._tell(f"{run.name}: computes the same as before {edited}")
            elif unseen:
                self._tell(f"{run.name}: looked at what it would compute, since {unseen}")
            self._measure(work)
            earlier = [name for each in found if each.folder == run.folder for name in each.own]
            manifest.write(run.folder, run.key, run.declared, earlier)
        else:
            for folder, theirs in run.relatives():
                if differing := _differing(value, theirs[VALUE]):
                    since = f" since {edited}" if edited else f"; {unseen}" if unseen else ""
                    self._tell(f"{run.name}: differs from run {folder.name} in {', '.join(differing)}{since}")
                    break
        return self._settled(work, run.finished)

    def identify(self, work: Work, touched: Iterable[str] = ()) -> None:
        """Finds out what a run computes, of which all that it needs is finished, and so its folder.

        Args:
            work: the run.
            touched: files of earlier runs with its settings that are not as they were.
        """
        self.begin(work)
        began = time.perf_counter()
        value = dict(work.kind.execution.value(work))
        if (callback := populations.value.CALLBACK) in value:  # What it does is in no program's text.
            value[callback] = manifest.sources(work.run.runs, touched)
        work.run.computes(value)
        self.seconds += time.perf_counter() - began

    def _measure(self, work: Work) -> None:
        """Measures again what a finished run made, since code that is no part of what it computes may have changed."""
        run, execution = work.run, work.kind.execution
        if hasattr(execution, "measured"):
            before, measured = run.read_metrics(), execution.measured(work)
            if any(before.get(name) != value for name, value in measured.items()):
                self._tell(f"{run.name}: is measured otherwise than before, and was measured again")
                with run.locked():
                    run.write_metrics({name: value for name, value in before.items() if name != "figures"} | measured)

    def _of_another_machine(self, work: Work, found: list[Found]) -> Path | None:
        """A finished run of the same settings and files, made by other versions or on another processor.

        The texts of programs depend on these, so that they cannot be compared.
        """
        run, value = work.run, work.run.value
        sources = {each.folder for each in found if each.alike and manifest.untouched_sources(each)}
        for folder, theirs in run.relatives():
            if folder in sources and all(theirs[VALUE].get(name) == value[name] for name in COMPILED if name in value):
                run.lies(folder)
                if run.finished and (told := _other_machine(run.read_metrics())):
                    self._tell(f"{run.name}: made from the same files and settings by {told}")
                    return folder
        run.computes(value)
        return None

    def _taken_over(self, work: Work) -> bool:
        """Whether the same run was looked at before, whose folder is this one's too."""
        known = self._known.get(work.run)
        if known is None:
            return False
        if known is not work.run:
            work.run.takes_over(known)
            self._bind(work)
        return True

    def _settled(self, work: Work, finished: bool) -> bool:
        self._known[work.run] = work.run
        if finished:
            self._finished.add(work.run)
            self._bind(work)
        return finished

    def _bind(self, work: Work) -> None:
        """Takes the folders of what a finished run needed from where it says so."""
        if work.needs and work.run.finished:
            names = work.metrics["needs"]
            for need, name in zip(work.needs.values(), names, strict=True):
                if not need.run.known:
                    need.run.lies(work.run.runs / name)


def _other_machine(metrics: dict[str, Any]) -> str:
    """By what a run was made, if not by this machine and its versions, in words."""
    every = [metrics["fingerprint"]] if "fingerprint" in metrics else metrics.get("fingerprints", [])
    own = populations.devices.fingerprint(0)
    return ", ".join(
        f"{name} {each[name]}"
        for each in every[:1]
        for name in populations.value.MACHINE
        if each.get(name) != own[name]
    )


def _edited(found: list[Found]) -> str:
    """What was touched since the manifest that says most, in words."""
    names = found[0].touched if found else []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more} changed" if names else ""


def _differing(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
