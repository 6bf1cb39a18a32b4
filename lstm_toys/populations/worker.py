"""What a worker of a cluster does: it makes its devices as a command does, and does one part of a run after another."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import cloudpickle
import distributed

from lstm_toys.populations import devices
from lstm_toys.populations.elsewhere import Outcome

_making, _one_at_a_time = threading.Lock(), threading.Lock()
_begun: dict[bytes, Callable[[Any], Any]] = {}


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


def work(job: bytes, expected: dict[str, Any] | None, part: Any) -> Outcome:
    """Does a part of a run.

    Args:
        job: an `elsewhere.Job`, pickled; what it compiles is kept until the next one.
        expected: the fingerprint of a process that may do it; None: of any.
        part: what to do.
    """
    own, name = fingerprint(), distributed.get_worker().address
    if expected not in (None, own):
        return Outcome(None, own, name)
    with _one_at_a_time:
        if job not in _begun:
            _begun.clear()
            _begun[job] = cloudpickle.loads(job)()
        return Outcome(_begun[job](part), own, name)
