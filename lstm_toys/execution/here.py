"""Execution in this process."""

from collections.abc import Callable, Iterable, Iterator

import jax

from lstm_toys import arguments
from lstm_toys.execution import devices
from lstm_toys.execution.base import Executor, Job, Outcome, Part, Result
from lstm_toys.execution.signals import Stopped


class Here(Executor):
    """Computes parts in this process, one after another."""

    @property
    def workers(self) -> int:
        """Returns 1."""
        return 1

    @property
    def devices(self) -> int:
        """The number of devices of this process."""
        return jax.device_count()

    def map(
        self, job: Job[Part, Result], parts: Iterable[Part], stop: Callable[[], bool]
    ) -> Iterator[tuple[Part, Outcome[Result]]]:
        """Yields each part and its outcome, in order; see `Executor.map`."""
        compute, fingerprint = job.function(), devices.fingerprint(0)
        for part in parts:
            stopped = stop()
            if stopped is not None and arguments.switch("what stop returns", stopped):
                raise Stopped
            yield part, Outcome(compute(part), fingerprint)
