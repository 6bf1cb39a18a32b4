"""A Dask cluster of workers that compute the parts of runs: the client's side and the workers'.

Parts are independent: if a worker dies, another one computes its part again.
"""

import asyncio
import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from itertools import islice
from types import ModuleType
from typing import Any

import cloudpickle
import dask
import jax
from distributed import Client, Future, LocalCluster
from distributed.comm.core import connect
from distributed.security import Security

from lstm_toys import files, modules
from lstm_toys.execution import LOCAL, devices, digests
from lstm_toys.execution.devices import LEAST_DEVICES, Executor, Part, Result
from lstm_toys.execution.signals import Stopped
from lstm_toys.output import counted

PATIENCE = 60.0
"""Seconds that a run waits for a worker or the scheduler; a local worker silent for this long counts as dead."""

REACHED = 10.0
"""Seconds within which a scheduler must accept a connection, and reply to a request."""

COUNTING = 1.0
"""Seconds between two requests for the number of workers."""

TRIES = 3
"""Maximum number of attempts for a part that raises an exception or whose workers die."""

PAUSE = 0.02
"""Seconds between two checks for finished parts."""

AHEAD = 2
"""Parts submitted per worker, so that workers do not wait for the client."""

CODE = ("dynamics", "studies")
"""Folders of code that workers may run, in addition to `digests.BELOW`."""

NO_WORKER = "there has been no worker for {:.0f} s"


class Unreachable(Exception):
    """No usable cluster was found; the message is one line."""


class Lost(Exception):
    """Parts were not computed; the message is one line."""


class Differing(Exception):
    """A worker would compute other bits; the message says in what it differs."""


_starting, _one_at_a_time = threading.Lock(), threading.Lock()

unpacked = lru_cache(maxsize=1)(cloudpickle.loads)
"""A worker's current function, from its pickled form."""


def fingerprint() -> dict[str, Any]:
    """What the bits of this process's results depend on."""
    return {**devices.fingerprint(0), "the code of lstm_toys": digests.library(*CODE)}


@cache
def worker_fingerprint() -> dict[str, Any]:
    """Initializes a worker's devices, once, and returns its fingerprint."""
    devices.configure()
    devices.start()
    return fingerprint()


def check(expected: dict[str, Any]) -> None:
    """Raises Differing unless this worker's fingerprint is as expected."""
    with _starting:  # Not the lock of parts, which would make the caller wait for the current part.
        actual = worker_fingerprint()
    if differing := [name for name, value in expected.items() if actual.get(name) != value]:
        raise Differing(f"differs from this process in {', '.join(differing)}")


def work(function: bytes, expected: dict[str, Any], part: Any) -> Any:
    """Computes a part in a worker, by a pickled function."""
    check(expected)
    with _one_at_a_time:
        return unpacked(function)(part)


class Cluster(Executor):
    """Workers that compute the parts of runs."""

    devices = 1  # Workers may have different numbers of devices.

    def __init__(self, client: Client) -> None:
        self._client, self._expected = client, fingerprint()

    @property
    def workers(self) -> int:  # type: ignore[override]
        """The number of workers; raises Lost if the scheduler does not reply."""
        scheduler: Any = self._client.scheduler
        try:  # `Client.scheduler_info` waits forever for a scheduler that is stopped.
            return len(self._client.sync(scheduler.identity, n_workers=-1, callback_timeout=REACHED)["workers"])
        except (OSError, AttributeError):  # The latter of a client that gave up, which has no scheduler.
            raise Lost("the scheduler does not reply") from None

    def welcome(self, tell: Callable[[str], None]) -> None:
        """Waits for a worker, and checks all of them; raises Lost if none comes, Unreachable if one is not accepted."""
        if not self.workers:
            tell(f"no worker yet; waiting up to {PATIENCE:.0f} s for one")
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise Lost(NO_WORKER.format(PATIENCE)) from None
        try:
            replies = self._client.run(check, self._expected, on_error="return", callback_timeout=PATIENCE)
        except TimeoutError:
            raise Unreachable(f"not every worker replied within {PATIENCE:.0f} s") from None
        for name, reply in replies.items():
            if isinstance(reply, BaseException):
                reason = reply if isinstance(reply, Differing) else f"failed to start: {_reason(reply)}"
                raise Unreachable(f"worker {name} {reason}")
        tell(counted(len(replies), "worker"))

    def map(
        self, function: Callable[[Part], Result], parts: Iterable[Part], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Part, Result]]:
        """Computes parts on the workers; see `Executor.map`.

        Raises Lost if there was no worker for `PATIENCE` seconds, the scheduler does not reply, a worker differs from
        this process, or parts failed once all others are done; Unreachable if the function cannot be sent.
        """
        waiting, last_seen, counted_at, workers = iter(parts), time.monotonic(), -math.inf, 0
        running, failed, pickled = dict[Future[Any], Part](), dict[str, BaseException | None](), packed(function)
        try:
            while not stop():
                if time.monotonic() - counted_at > COUNTING:
                    workers, counted_at = self.workers, time.monotonic()
                    last_seen = counted_at if workers else last_seen
                if time.monotonic() - last_seen > PATIENCE:
                    raise Lost(NO_WORKER.format(PATIENCE))
                for part in islice(waiting, max(0, AHEAD * workers - len(running))):
                    future = self._client.submit(work, pickled, self._expected, part, pure=False, retries=TRIES - 1)
                    running[future] = part
                if workers and not running:
                    break
                if not (done := [future for future in running if future.done()]):
                    time.sleep(PAUSE)
                for future in done:
                    part = running.pop(future)
                    if future.status == "finished":
                        yield part, future.result()
                    elif future.status != "error":  # As all are when the scheduler is gone.
                        raise Lost("the scheduler does not reply")
                    elif isinstance(error := future.exception(), Differing):
                        raise Lost(f"a worker {error}")
                    else:
                        failed[str(part)] = error
            else:
                raise Stopped
        finally:
            for future in running:
                future.release()
        if failed:
            reason = _reason(next(iter(failed.values())))
            raise Lost(f"{', '.join(failed)} failed {TRIES} times: {reason}; all others are finished")


@contextmanager
def connected(address: str, *, tell: Callable[[str], None]) -> Iterator[Cluster]:
    """Connects to a cluster for the duration of a ``with`` block; raises Unreachable if there is no acceptable worker.

    Args:
        address: ``local:N`` for N workers on this machine, ``tcp://host:port`` or ``tls://host:port`` of a scheduler,
            or the path of its scheduler file.
        tell: called with one line of text per event.
    """
    quiet = {"distributed.logging.distributed": "critical", "distributed.comm.timeouts.connect": f"{REACHED} s"}
    with dask.config.set(quiet), ExitStack() as stack:
        try:
            cluster = Cluster(stack.enter_context(_client(address)))
            cluster.welcome(lambda line: tell(f"cluster {address}: {line}"))
        except (Lost, Unreachable):
            raise
        except Exception as error:  # The replies of other programs raise anything.
            reason = "what listens there does not reply" if isinstance(error, TimeoutError) else _reason(error)
            raise Unreachable(f"no scheduler can be reached: {reason}") from None
        yield cluster


@contextmanager
def _client(address: str) -> Iterator[Client]:
    """Connects to a scheduler, or starts one with workers on this machine."""
    if not address.startswith(LOCAL):
        try:
            place = address if "://" in address else json.loads(files.content(address))["address"]
        except (KeyError, TypeError, ValueError):
            raise Unreachable(f"{address} is not a scheduler file; name one that a scheduler wrote") from None
        asyncio.run(_greet(place))
        with Client(place, set_as_default=False) as client:
            yield client
        return
    count = int(address.removeprefix(LOCAL))
    share = max(LEAST_DEVICES, jax.device_count() // count)
    names = ("JAX_NUM_CPU_DEVICES", devices.THREADS) if jax.default_backend() == "cpu" else ()
    local = {
        "distributed.scheduler.worker-ttl": f"{PATIENCE:.0f} s",
        "distributed.scheduler.allowed-failures": TRIES - 1,
        "distributed.nanny.pre-spawn-environ": dict.fromkeys(names, str(share)),
        "distributed.worker.profile.enabled": False,  # Profiling takes 5 % of the time.
    }
    with (
        dask.config.set(local),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            memory_limit=0,  # Workers are not restarted because of the memory that they hold.
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


async def _greet(address: str) -> None:
    """Connects once, since `Client` waits forever for a process that accepts connections and does not reply."""
    comm = await asyncio.wait_for(connect(address, **Security().get_connection_args("client")), 2 * REACHED)
    comm.abort()


def _reason(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def packed(function: Callable[[Any], Any]) -> bytes:
    """Pickles a function, including the code of modules that are not installed; raises Unreachable on failure."""
    loaded = [module for module in [*sys.modules.values()] if isinstance(module, ModuleType)]
    # Workers may lack them; experiments have another name where the library is installed.
    users = [
        module
        for module in loaded
        if module.__name__ != "__main__" and modules.users(getattr(module, "__file__", None) or os.__file__)
    ]
    for module in users:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(function))
    except Exception as error:  # User-defined code may raise anything.
        raise Unreachable(f"the experiment cannot be sent to workers: {_reason(error)}") from None
    finally:
        for module in users:
            cloudpickle.unregister_pickle_by_value(module)
