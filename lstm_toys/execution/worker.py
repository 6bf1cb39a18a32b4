"""A worker of a cluster: it initializes its devices, then computes one part of a run after another."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import cloudpickle
import distributed

from lstm_toys.execution import devices, lowering
from lstm_toys.execution.base import Job

_making, _one_at_a_time = threading.Lock(), threading.Lock()
_begun: dict[bytes, tuple[Callable[[Any], Any], tuple[str, ...]]] = {}


def fingerprint() -> dict[str, Any]:
    """Returns the fingerprint of this process, and initializes its devices; raises Unusable if there are none."""
    with _making:  # Not the lock of parts, which would make the caller wait for the current part.
        return _made()


@cache
def _made() -> dict[str, Any]:
    devices.configure()
    devices.start()
    return devices.fingerprint(0)


class Reply(NamedTuple):
    """The reply of a worker to a request for a part.

    Attributes:
        accepted: whether the worker may compute parts of the job.
        value: the result of the part, if accepted.
        fingerprint: the worker's fingerprint.
        worker: the worker's address.
        differing: names of what the worker would compute differently, if that is why it is refused.
    """

    accepted: bool
    value: Any
    fingerprint: dict[str, Any]
    worker: str
    differing: tuple[str, ...] = ()


class Expected(NamedTuple):
    """The requirements for workers, from the process that submits the parts.

    Attributes:
        fingerprint: the submitting process's fingerprint.
        mixed: whether other versions and processors are accepted.
        computes: the submitting process's digests of the job, compared between equal versions and machines.
        library: a digest of the library's code, compared otherwise.
    """

    fingerprint: dict[str, Any]
    mixed: bool
    computes: lowering.Digests
    library: str


def work(job: bytes, expected: Expected, part: Any) -> Reply:
    """Computes a part of a run; ``job`` is a pickled `base.Job`, whose compiled function is kept until the next job."""
    own, name = fingerprint(), distributed.get_worker().address
    if own != expected.fingerprint and not expected.mixed:
        return Reply(False, None, own, name)
    with _one_at_a_time:
        if job not in _begun:
            _begun.clear()
            unpacked: Job[Any, Any] = cloudpickle.loads(job)
            _begun[job] = unpacked.function(), _differing(unpacked, expected, own)
        function, differing = _begun[job]
        return Reply(not differing, None if differing else function(part), own, name, differing)


def _differing(job: Job[Any, Any], expected: Expected, own: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names of what this process would compute differently."""
    # Some switches are also part of the lowered programs.
    if any(own[each] != expected.fingerprint[each] for each in (*lowering.MACHINE, "switches")):
        return () if lowering.library() == expected.library else ("the code of lstm_toys",)
    ours, theirs = job.digests(), expected.computes
    accepted = lowering.COMPILED if expected.mixed else ()  # XLA's flags may still differ.
    return tuple(sorted(each for each in {*ours, *theirs} - {*accepted} if ours.get(each) != theirs.get(each)))
