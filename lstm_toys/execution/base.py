"""Executors and jobs: the independent parts of a run. Imports nothing heavy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

LOCAL = "local:"
"""Prefix of the address of a cluster on this machine."""


class Job(ABC, Generic[Part, Result]):
    """Everything that the parts of a run share; pickled for workers, without this process's callbacks."""

    @abstractmethod
    def function(self) -> Callable[[Part], Result]:
        """Makes the function that computes a part; called once in each process."""


class Outcome(NamedTuple, Generic[Result]):
    """The result of a part, and the fingerprint of the process that computed it, without the block size."""

    value: Result
    fingerprint: dict[str, Any]


class Executor(ABC):
    """Computes the parts of a run: `lstm_toys.execution.devices.Here` in this process, or a `Cluster` by workers."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """The number of processes that share the parts."""

    @property
    @abstractmethod
    def devices(self) -> int:
        """The number of devices of each worker; 1 if unknown."""

    @abstractmethod
    def map(
        self, job: Job[Part, Result], parts: Iterable[Part], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Part, Outcome[Result]]]:
        """Computes parts, and yields each with its outcome, in any order; raises Stopped once ``stop`` returns True."""
