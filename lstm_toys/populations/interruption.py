"""SIGINT and SIGTERM as a wish to stop, which a training fulfills at the end of the step in hand."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class Interrupted(BaseException):
    """A signal ended the work; the argument is its number."""


class Interruption:
    """While it is entered, SIGINT and SIGTERM raise `Interrupted`, or wait where the work asks for them itself.

    A second signal does not wait.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._patient = False

    def __call__(self) -> bool:
        """Whether a signal is waiting."""
        return self.number is not None

    @contextmanager
    def patient(self) -> Iterator[None]:
        """A block that asks for a waiting signal itself, about once a second."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False

    def __enter__(self) -> "Interruption":
        # Only the main thread of a process may, and receives signals.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        else:
            self._before = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        again, self.number = self(), number
        if again or not self._patient:
            raise Interrupted(number)
