"""Who computes the parts of a run, which know nothing of each other. Imports nothing heavy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

LOCAL = "local:"
"""How the address of a cluster begins that asks for workers on this machine."""


class Job(ABC, Generic[Part, Result]):
    """What all parts of a run share. Pickled for workers, without what only this process can do."""

    @abstractmethod
    def function(self) -> Callable[[Part], Result]:
        """Makes the function that computes a part; called once in each process."""

    @abstractmethod
    def digests(self) -> dict[str, str]:
        """Digests of what the function computes, in the process that calls this."""


class Outcome(NamedTuple, Generic[Result]):
    """A computed part.

    Attributes:
        value: what the job's function returned.
        fingerprint: of the process that called it, without the size of a block.
    """

    value: Result
    fingerprint: dict[str, Any]


class Executor(ABC):
    """Computes the parts of a run: `lstm_toys.execution.here.Here` in this process, or a `Cluster` by workers."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many processes share the parts."""

    @property
    @abstractmethod
    def devices(self) -> int:
        """How many devices each of them has, if that is known; 1 otherwise."""

    @abstractmethod
    def map(
        self, job: Job[Part, Result], parts: Iterable[Part], stop: Callable[[], bool]
    ) -> Iterator[tuple[Part, Outcome[Result]]]:
        """Yields each part and its outcome, in any order.

        Args:
            job: what the parts share.
            parts: what to compute.
            stop: called about once a second; returns True to end the work.

        Raises:
            Stopped: ``stop`` returned True.
        """


class ExecutionLog:
    """Which parts of a run were computed by another kind of process than this one.

    Args:
        own: the fingerprint of this process.

    Attributes:
        others: the fingerprints of the other processes, each with the names of its parts.
    """

    def __init__(self, own: dict[str, Any]) -> None:
        self._own = own
        self.others: list[dict[str, Any]] = []

    def add(self, part: str, fingerprint: dict[str, Any]) -> None:
        """Adds a part and the fingerprint of the process that computed it, whose blocks are of the size used here."""
        fingerprint = {**fingerprint, "block": self._own["block"]}
        if fingerprint == self._own:
            return
        known = next((each for each in self.others if each["fingerprint"] == fingerprint), None)
        if known is None:
            known = {"fingerprint": fingerprint, "parts": []}
            self.others.append(known)
        known["parts"].append(part)
