"""What a worker of a cluster does: it makes its devices as a command does, and does one part of a run after another."""

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
    """Of this process, whose devices are made if they are not yet.

    Raises:
        Unusable: there are none.
    """
    with _making:  # Not the lock of parts: whoever asks would wait for the one in hand.
        return _made()


@cache
def _made() -> dict[str, Any]:
    devices.configure()
    devices.start()
    return devices.fingerprint(0)


class Reply(NamedTuple):
    """What a worker sends back.

    Attributes:
        accepted: whether it may compute parts of the job.
        value: of the job's function, if it may.
        fingerprint: of the worker.
        worker: its address.
        differing: what it would compute differently from the process that asks, if it may not for that reason.
    """

    accepted: bool
    value: Any
    fingerprint: dict[str, Any]
    worker: str
    differing: tuple[str, ...] = ()


class Expected(NamedTuple):
    """What a process has to be that may do parts of a run.

    Attributes:
        fingerprint: of the process that asks.
        mixed: whether other versions and processors may do it.
        computes: what the job computes there; of other versions, the texts of programs cannot be compared.
        library: a digest of the library's code there, which is compared instead.
    """

    fingerprint: dict[str, Any]
    mixed: bool
    computes: lowering.Digests
    library: str


def work(job: bytes, expected: Expected, part: Any) -> Reply:
    """Does a part of a run.

    Args:
        job: a `base.Job`, pickled; what it compiles is kept until the next one.
        expected: who may do it.
        part: what to do.
    """
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
    """What this process would compute otherwise, by part."""
    if any(own[each] != expected.fingerprint[each] for each in lowering.MACHINE):
        return () if lowering.library() == expected.library else ("the code of lstm_toys",)
    ours, theirs = job.digests(), expected.computes
    accepted = lowering.COMPILED if expected.mixed else ()
    return tuple(sorted(each for each in {*ours, *theirs} - {*accepted} if ours.get(each) != theirs.get(each)))
