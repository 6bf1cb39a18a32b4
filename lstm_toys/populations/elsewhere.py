"""What a run may have done in other processes: parts of it that know nothing of each other. Imports nothing heavy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

P = TypeVar("P")

LOCAL = "local:"
"""What the address of a cluster begins with that asks for workers on this machine."""

Job = Callable[[], Callable[[Any], Any]]
"""What all parts of a run share: called once in a process with devices, it gives what does the work of one part."""


class Outcome(NamedTuple):
    """What became of a part.

    Attributes:
        value: of the job's function; None if the process is not one that may do it.
        fingerprint: of its execution.
        worker: its name.
    """

    value: Any
    fingerprint: dict[str, Any]
    worker: str


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
