"""Computes parts on the devices of this process."""

from collections.abc import Callable, Iterable, Iterator

import jax

from lstm_toys.execution import devices
from lstm_toys.execution.base import Executor, Job, Outcome, Part, Result
from lstm_toys.execution.signals import Stopped


class Here(Executor):
    """This process, one part after another."""

    @property
    def workers(self) -> int:
        """One."""
        return 1

    @property
    def devices(self) -> int:
        """How many devices this process has."""
        return jax.device_count()

    def map(
        self, job: Job[Part, Result], parts: Iterable[Part], stop: Callable[[], bool]
    ) -> Iterator[tuple[Part, Outcome[Result]]]:
        """Yields each part and its outcome, in order; see `Executor.map`."""
        compute, fingerprint = job.function(), devices.fingerprint(0)
        for part in parts:
            if stop():
                raise Stopped
            yield part, Outcome(compute(part), fingerprint)
