"""A Dask cluster of workers that compute the parts of runs: the client's side and the workers'.

Parts are independent: if a worker dies, another one computes its part again.
"""

import asyncio
import json
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cloudpickle
import dask
import jax
from distributed import Client, Future, LocalCluster, get_worker
from distributed.comm.core import connect
from distributed.security import Security

from lstm_toys import opened
from lstm_toys.execution import devices, lowering
from lstm_toys.execution.base import LOCAL, Executor, Job, Outcome, Part, Result
from lstm_toys.execution.signals import Stopped
from lstm_toys.execution.switches import LEAST_DEVICES
from lstm_toys.output import counted
from lstm_toys.tasks import textfile

PATIENCE = 60.0
"""Seconds that a run waits for a worker or the scheduler; a local worker silent for this long counts as dead."""

REACHED = 10.0
"""Seconds within which a scheduler must accept a connection, and reply to a request."""

ASKED = 1.0
"""Seconds between two requests for the number of workers."""

TRIES = 3
"""Maximum number of attempts for a part that raises an exception or whose workers die."""

AHEAD = 2
"""Parts submitted per worker, so that workers do not wait for the client."""

EXPERIMENTS = "lstm_toys.experiments."


class Unreachable(Exception):
    """No usable cluster was found; the message is one line."""


class Lost(Exception):
    """No worker is left for the remaining parts."""


class Unfinished(Exception):
    """Parts failed in every attempt; the message names them and the first error."""


class Expected(NamedTuple):
    """What the client requires of workers.

    Attributes:
        mixed: whether other versions and processors are accepted.
        computes: digests of the job, compared between equal versions and machines.
        library: a digest of the library's code, compared otherwise.
    """

    fingerprint: dict[str, Any]
    mixed: bool
    computes: lowering.Digests
    library: str

    def differing(self, own: dict[str, Any]) -> list[str]:
        """Returns what differs in a worker's fingerprint, unless mixed workers are accepted."""
        return [] if self.mixed else [name for name, value in self.fingerprint.items() if own.get(name) != value]

    def refusal(self, job: Job[Any, Any], own: dict[str, Any]) -> str:
        """Says what a worker with this fingerprint would compute differently; empty if nothing."""
        # Some switches are also part of the lowered programs.
        if any(own[each] != self.fingerprint[each] for each in (*lowering.MACHINE, "switches")):
            differing = [] if lowering.library() == self.library else ["the code of lstm_toys"]
        else:
            ours, theirs = job.digests(), self.computes
            accepted = lowering.COMPILED if self.mixed else ()  # XLA's flags may still differ.
            differing = sorted(each for each in {*ours, *theirs} - {*accepted} if ours.get(each) != theirs.get(each))
        return f"its results would differ: {', '.join(differing)}" if differing else ""


class Reply(NamedTuple):
    """A worker's address and fingerprint, and the result of a part, or why the worker is refused."""

    worker: str
    fingerprint: dict[str, Any]
    value: Any = None
    refusal: str = ""


_making, _one_at_a_time = threading.Lock(), threading.Lock()
_begun: dict[bytes, tuple[Callable[[Any], Any], str]] = {}
"""The function of a worker's current job, and why the worker is refused for it."""


def fingerprint() -> dict[str, Any]:
    """Returns a worker's fingerprint, and initializes its devices; raises Unusable if there are none."""
    with _making:  # Not the lock of parts, which would make the caller wait for the current part.
        return _made()


@cache
def _made() -> dict[str, Any]:
    devices.configure()
    devices.start()
    return devices.fingerprint(0)


def work(job: bytes, expected: Expected, part: Any) -> Reply:
    """Computes a part in a worker; ``job`` is a pickled `Job`, whose compiled function is kept until the next job."""
    own, name = fingerprint(), get_worker().address
    if differing := expected.differing(own):
        return Reply(name, own, refusal=f"it differs in {', '.join(differing)}")
    with _one_at_a_time:
        if job not in _begun:
            _begun.clear()
            unpacked: Job[Any, Any] = cloudpickle.loads(job)
            _begun[job] = unpacked.function(), expected.refusal(unpacked, own)
        function, refusal = _begun[job]
        return Reply(name, own, None if refusal else function(part), refusal)


class Cluster(Executor):
    """Workers that compute the parts of runs; see `connected` for the arguments."""

    devices = 1  # Workers may have different numbers of devices.

    def __init__(self, client: Client, address: str, *, mixed: bool, tell: Callable[[str], None]) -> None:
        self._client, self._address, self._tell = client, address, tell
        self._expected = Expected(devices.fingerprint(0), mixed, {}, lowering.library())
        self._names: set[str] = set()
        self._refused: set[str] = set()

    @property
    def workers(self) -> int:
        """The number of workers that are not refused, as last reported."""
        self._heard()
        return len(self._names - self._refused)

    def _heard(self) -> bool:
        """Whether the scheduler replies, with the names of all workers."""
        scheduler = self._client.scheduler
        if self._client.status != "running" or scheduler is None:
            return False
        try:  # `Client.scheduler_info` waits forever for a scheduler that is stopped.
            self._names = {*self._client.sync(scheduler.identity, n_workers=-1, callback_timeout=REACHED)["workers"]}
        except OSError:
            return False
        return True

    def welcome(self) -> None:
        """Waits for a worker, and checks all fingerprints; raises Unreachable if none comes, or one is not accepted."""
        began = time.monotonic()
        if not self.workers:
            self._tell(f"cluster {self._address}: no worker yet; waiting up to {PATIENCE:.0f} s for one")
        while not self.workers:
            if time.monotonic() - began > PATIENCE:
                raise Unreachable(f"no worker connected within {PATIENCE:.0f} s")
            time.sleep(0.1)
        try:
            fingerprints = self._client.run(fingerprint, on_error="return", callback_timeout=PATIENCE)
        except TimeoutError:
            raise Unreachable(f"not every worker replied within {PATIENCE:.0f} s") from None
        for name, reply in fingerprints.items():
            if isinstance(reply, BaseException):
                raise Unreachable(f"worker {name} failed to start: {_told(reply)}")
            if differing := self._expected.differing(reply):
                raise Unreachable(
                    f"worker {name} differs from this process in {', '.join(differing)}; "
                    "--mixed accepts and records such workers"
                )
        self._tell(f"cluster {self._address}: {counted(len(fingerprints), 'worker')}")

    def map(
        self, job: Job[Part, Result], parts: Iterable[Part], stop: Callable[[], bool]
    ) -> Iterator[tuple[Part, Outcome[Result]]]:
        """Computes parts on the workers; see `Executor.map`.

        Raises Lost if there was no worker or scheduler for `PATIENCE` seconds, or every worker is refused, Unfinished
        if parts failed once all others are done, and Unreachable if the job cannot be sent.
        """
        sent, expected = packed(job), self._expected._replace(computes=job.digests())
        new, again, running = iter(parts), deque[Part](), dict[Future[Any], Part]()
        waiting, came = next(new, None), threading.Event()
        failed, raised = list[Part](), list[BaseException | None]()
        alive, polled, heard, accepted, answered = 0, 0.0, time.monotonic(), False, True
        try:
            while waiting is not None or running:
                if stop():
                    raise Stopped
                if not accepted and len(self._refused) >= TRIES * AHEAD:  # Restarted workers have new names.
                    raise Lost("every worker was refused")
                if time.monotonic() - polled > ASKED or self._client.status != "running":
                    answered = self._heard()
                    alive = len(self._names - self._refused) if answered else 0
                    polled = time.monotonic()
                if alive:
                    heard = polled
                elif time.monotonic() - heard > PATIENCE:
                    who = "worker" if answered else "scheduler"
                    accepted_by = " that is not refused" if self._refused and who == "worker" else ""
                    raise Lost(f"there has been no {who}{accepted_by} for {PATIENCE:.0f} s")
                while alive and waiting is not None and len(running) < AHEAD * alive:
                    future = self._client.submit(work, sent, expected, waiting, pure=False, retries=TRIES - 1)
                    future.add_done_callback(lambda _: came.set())
                    running[future] = waiting
                    waiting = again.popleft() if again else next(new, None)
                done = [future for future in running if future.done()]
                if not done:
                    came.wait(1)
                    came.clear()
                for future in done:
                    part = running.pop(future)
                    if future.status == "error":
                        failed.append(part)
                        raised.append(future.exception())
                    # Canceled by the scheduler, or computed by a refused worker.
                    elif future.status != "finished" or not self._accepts(reply := future.result()):
                        again.append(part)
                    else:
                        accepted = True
                        yield part, Outcome(reply.value, reply.fingerprint)
                    future.release()
                if waiting is None and again:
                    waiting = again.popleft()
        finally:
            for future in running:
                future.release()
        if failed:
            message = f"{', '.join(map(str, failed))} failed {TRIES} times: {_told(raised[0])}"
            raise Unfinished(f"{message}; all others are finished")

    def _accepts(self, reply: Reply) -> bool:
        if reply.refusal and reply.worker not in self._refused:
            self._refused.add(reply.worker)
            self._tell(f"worker {reply.worker} is refused: {reply.refusal}")
            self._client.retire_workers([reply.worker])  # The last one stays: no other could take its results.
        return not reply.refusal


@contextmanager
def connected(address: str, *, mixed: bool, tell: Callable[[str], None]) -> Iterator[Cluster]:
    """Connects to a cluster for the duration of a ``with`` block; raises Unreachable if there is no acceptable worker.

    Args:
        address: ``local:N`` for N workers on this machine, ``tcp://host:port`` or ``tls://host:port`` of a scheduler,
            or the path of its scheduler file.
        mixed: accept workers with another version or processor.
        tell: called with one line of text per event.
    """
    quiet = {"distributed.logging.distributed": "critical", "distributed.comm.timeouts.connect": f"{REACHED} s"}
    with dask.config.set(quiet), ExitStack() as stack:
        try:
            cluster = Cluster(stack.enter_context(_client(address)), address, mixed=mixed, tell=tell)
            cluster.welcome()
        except (OSError, ValueError) as error:
            reason = str(error) if type(error) is ValueError else _told(error)
            raise Unreachable(f"no scheduler can be reached: {reason}") from None
        yield cluster


@contextmanager
def _client(address: str) -> Iterator[Client]:
    """Connects to a scheduler, or starts one with workers on this machine."""
    if not address.startswith(LOCAL):
        place = address if "://" in address else _written(Path(address))
        if place.startswith("tls://") and Security().get_connection_args("client").get("ssl_context") is None:
            raise ValueError("the address requires TLS, which is not configured in Dask (distributed.comm.tls)")
        host, _, port = place.partition("://")[2].rpartition(":")
        if not (host and port.isdecimal()):
            raise ValueError(f"{place} is not a scheduler's address")
        # A client without a scheduler takes long to close, and waits forever for a silent one, so try without it first.
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED).close()
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
    """Raises OSError or ValueError unless a Dask process replies at an address within `REACHED` seconds."""
    arguments = Security().get_connection_args("client")
    try:
        comm = await asyncio.wait_for(connect(address, **arguments), REACHED)
    except TimeoutError:
        raise TimeoutError(f"{address} accepts connections, but has not replied for {REACHED:g} s") from None
    except OSError:
        raise
    except Exception:  # The replies of other programs raise anything.
        raise ValueError(f"what listens at {address} is not a Dask scheduler") from None
    comm.abort()


def _written(path: Path) -> str:
    """Reads an address from a scheduler file; raises OSError or ValueError."""
    try:
        address: str = json.loads(textfile.content(path))["address"]
        if "://" not in address:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is not a scheduler file") from None
    return address


def _told(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def packed(job: Job[Any, Any]) -> bytes:
    """Pickles a job, including the code of modules that are not installed; raises Unreachable on failure."""
    modules = [each for each in [*sys.modules.values()] if isinstance(each, ModuleType)]
    own = [module for module in modules if _of_ones_own(module)]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        packed: bytes = cloudpickle.dumps(job)
    except Exception as error:  # User-defined code may raise anything.
        raise Unreachable(f"the experiment cannot be sent to workers: {_told(error)}") from None
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)
    return packed


def _of_ones_own(module: ModuleType) -> bool:
    """Whether workers may lack a module; experiments of the library have another module name when installed."""
    file = getattr(module, "__file__", None)
    if file is None or module.__name__ == "__main__":
        return False
    if module.__name__.startswith(EXPERIMENTS):
        return True
    return not (opened.installed(file) or file.startswith(opened.OURS[0]))
