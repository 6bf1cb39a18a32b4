"""What a run may have done in other processes: parts of it that know nothing of each other. Imports nothing heavy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

P = TypeVar("P")

LOCAL = "local:"
"""What the address of a cluster begins with that asks for workers on this machine."""


class Job(ABC):
    """What all parts of a run share."""

    @abstractmethod
    def __call__(self) -> Callable[[Any], Any]:
        """What does the work of one part; called once in a process with devices."""

    @abstractmethod
    def value(self) -> dict[str, str]:
        """Digests of what would be computed, in the process that it is asked in."""


class Outcome(NamedTuple):
    """What became of a part.

    Attributes:
        value: of the job's function; None if the process is not one that may do it.
        fingerprint: of its execution.
        worker: its name.
        differing: what it would compute otherwise than the process that asks, where it may not do it for that.
    """

    value: Any
    fingerprint: dict[str, Any]
    worker: str
    differing: tuple[str, ...] = ()


class Elsewhere(ABC):
    """Who does parts of runs in other processes; `lstm_toys.populations.cluster.Cluster` is one."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many processes there are."""

    @abstractmethod
    def outcomes(self, job: Job, parts: Iterable[P], stop: Callable[[], bool]) -> Iterator[tuple[P, Outcome]]:
        """What each part came to, in any order.

        Args:
            job: what they share.
            parts: what is to be done.
            stop: asked about once a second; what is not done then is left.
        """


class Executed:
    """Which parts of an evaluation were done by workers of another kind than this process.

    Args:
        own: the fingerprint of this one.

    Attributes:
        told: the fingerprints of such workers, and for each the parts.
    """

    def __init__(self, own: dict[str, Any]) -> None:
        self._own = own
        self.told: list[dict[str, Any]] = []

    def note(self, part: str, fingerprint: dict[str, Any]) -> None:
        """Notes by whom a part was done; how many members a program works on is that of here."""
        fingerprint = fingerprint | {"block": self._own["block"]}
        if fingerprint == self._own:
            return
        known = next((each for each in self.told if each["fingerprint"] == fingerprint), None)
        if known is None:
            known = {"fingerprint": fingerprint, "parts": []}
            self.told.append(known)
        known["parts"].append(part)
