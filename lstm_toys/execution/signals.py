"""Signals as a wish to stop, which a training fulfills at the end of the step in hand; a second one does not wait.

Nothing is ever raised where a signal happens to come in: what is written elsewhere than in a training is written whole
or not at all, so that the process may end anywhere.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from lstm_toys import files

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SHOW_CURSOR = "\x1b[?25h"  # A bar hides it.


class Stopped(Exception):
    """Work ended early since it was asked to; of a training, the argument is the step that its members have reached."""


class Interrupted(BaseException):
    """A signal ended the work; the argument is its number."""


class Interruption:
    """While it is entered, a signal ends the process, or waits where the work asks for it itself.

    A thread listens, since Python's own handlers wait for the main thread, which may be inside of XLA for minutes.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._patient = False

    def __call__(self) -> bool:
        """Whether a signal is waiting."""
        return self.number is not None

    @contextmanager
    def patient(self) -> Iterator[None]:
        """A block that asks for a waiting signal itself, about once a second.

        Raises:
            Interrupted: one waits still when the block ends.
        """
        self._patient = True
        try:
            yield
        finally:
            self._patient = False
        # In this order here and in the other in `_received`: a signal that comes in just now is seen by one of them.
        if self.number is not None:
            raise Interrupted(self.number)

    def __enter__(self) -> "Interruption":
        self._before: dict[int, Any] = {}
        # Only the main thread of a process may, and receives signals.
        if threading.current_thread() is threading.main_thread():
            receiver, self._sender = os.pipe()
            os.set_blocking(self._sender, False)
            self._wakeup = signal.set_wakeup_fd(self._sender, warn_on_full_buffer=False)
            threading.Thread(target=self._listen, args=[receiver], daemon=True).start()
            for number in NUMBERS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # As under nohup, where it is nobody's wish.
                    self._before[number] = signal.signal(number, _nothing)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if hasattr(self, "_sender"):
            signal.set_wakeup_fd(self._wakeup)
            os.close(self._sender)

    def _listen(self, receiver: int) -> None:
        """Receives signals until the other end of the pipe is closed."""
        with open(receiver, "rb", buffering=0) as numbers:
            while number := numbers.read(1):
                if number[0] in NUMBERS:
                    self._received(number[0])

    def _received(self, number: int) -> None:
        again, self.number = self(), number
        if again or not self._patient:
            _end(number)
        with contextlib.suppress(OSError, ValueError):  # A terminal that is gone.
            told = (
                "saving at the end of the step or compilation in hand, or what workers have given back; another one "
                "ends at once, without saving"
            )
            print(f"{signal.Signals(number).name}: {told}", file=sys.stderr, flush=True)


def ended(number: int) -> str:
    """One line on a process that a signal ended."""
    return f"ended by {signal.Signals(number).name}; the same command continues"


def _end(number: int) -> None:
    """Ends the process at once, whatever its other threads are in."""
    files.abandon()
    cursor = SHOW_CURSOR if os.isatty(2) else ""
    with contextlib.suppress(OSError):
        os.write(2, f"{cursor}{ended(number)}\n".encode())
    os._exit(128 + number)


def _nothing(number: int, frame: FrameType | None) -> None:
    """A handler, without which the signal would reach no thread."""
