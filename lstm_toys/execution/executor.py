"""The executor of the independent parts of a run: one after another in this process."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import jax

from lstm_toys.execution.signals import Stopped

Part = TypeVar("Part")
Result = TypeVar("Result")


class Executor:
    """Computes the parts of a run one after another in this process; `lstm_toys.execution.cluster` has another one.

    Attributes:
        workers: number of processes that share the parts.
    """

    workers = 1

    @property
    def devices(self) -> int:
        """The number of devices of each worker; 1 if unknown."""
        return jax.device_count()

    def map(
        self, function: Callable[[Part], Result], parts: Iterable[Part], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Part, Result]]:
        """Computes parts, and yields each with its result, in any order; raises Stopped once ``stop`` returns True.

        Workers get ``function`` pickled, once for all of its parts.
        """
        for part in parts:
            if stop():
                raise Stopped
            yield part, function(part)
