"""Handles signals: training ends after the current step; a second signal, or a timeout, ends the process at once.

A signal raises no exception when it arrives. Outside training the process may end at any time, since files are
written completely or not at all.
"""

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lstm_toys import files
from lstm_toys.command_error import CommandError

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
LONGEST_WAIT, CALLS = 60.0, 3.0
"""How long work may continue after a signal, since it may wait for memory forever: this many seconds or, if longer,
this many times the longest time between two of its checks."""

SHOW_CURSOR = "\x1b[?25h"  # A progress bar hides it.


class Stopped(Exception):
    """Training ended early, because a monitor or a signal asked for it; what was finished or saved before is kept.

    Attributes:
        networks: the `Networks` that `lt.train` has trained completely, or, if there are none, the networks in
            training, with the parameters of their last record; None before the first record.
        members: the indices of these networks among all members of the training ``[S]``.

    Example:
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> options = {"seeds": 2, "steps": 2_000, "learning_rate": 0.1}
        >>> try:
        ...     lt.train(task, lt.Stack(1), **options, monitor=lambda recorded: recorded.step > 100)
        ... except lt.errors.Stopped as stopped:
        ...     print(stopped.networks.params["readout"]["kernel"].shape, stopped.members)
        (2, 32, 4) [0 1]
    """

    networks: Any = None
    members: Any = None


class Interrupted(CommandError):
    """A signal ended the work; the argument is the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number

    def __str__(self) -> str:
        return ended(*self.args)


class Interruption:
    """A context in which a signal ends the process, or, inside `patient`, waits a while for the work to check for it.

    A thread listens, since Python runs handlers in the main thread, which may be inside XLA for minutes.
    """

    def __init__(self) -> None:
        self.number = 0  # No signal has this number.
        self._patient = False
        self._checked = self._longest = self._deadline = 0.0

    def __call__(self) -> bool:
        """Whether a signal is waiting."""
        now = time.monotonic()
        self._longest, self._checked = max(self._longest, now - self._checked), now
        return bool(self.number)

    @contextmanager
    def patient(self) -> Iterator[None]:
        """A block that checks for a signal itself, about once a second; raises Interrupted at its end for a signal."""
        self._patient, self._checked = True, time.monotonic()
        try:
            yield
        finally:
            self._patient = False
        # In the opposite order to `_received`, so that one of the two sees a signal that arrives now.
        if self.number:
            raise Interrupted(self.number)

    def __enter__(self) -> "Interruption":
        self._before: dict[int, Any] = {}
        # Only the main thread may set handlers, and receives signals.
        if threading.current_thread() is threading.main_thread():
            receiver, self._sender = os.pipe()
            os.set_blocking(self._sender, False)
            self._wakeup = signal.set_wakeup_fd(self._sender, warn_on_full_buffer=False)
            threading.Thread(target=self._listen, args=[receiver], daemon=True).start()
            for number in NUMBERS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # Ignored on purpose, as under nohup.
                    # Without a handler, even one that does nothing, the signal would not wake the listening thread.
                    self._before[number] = signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if hasattr(self, "_sender"):
            signal.set_wakeup_fd(self._wakeup)
            os.close(self._sender)

    def _listen(self, receiver: int) -> None:
        with open(receiver, "rb", buffering=0) as numbers:
            while True:
                left = max(0.0, self._deadline - time.monotonic()) if self.number else None
                if not select.select([numbers], [], [], left)[0]:
                    _end(self.number)
                elif not (number := numbers.read(1)):  # At the end of the context.
                    return
                elif number[0] in NUMBERS:
                    self._received(number[0])

    def _received(self, number: int) -> None:
        again, self.number = self.number, number
        if again or not self._patient:
            _end(number)
        seconds = max(LONGEST_WAIT, CALLS * self._longest)
        self._deadline = time.monotonic() + seconds
        with contextlib.suppress(OSError, ValueError):  # The terminal is closed.
            message = (
                "saving after the current step or compilation, or what workers have returned; another signal, or "
                f"{seconds:,.0f} s, ends the process without saving"
            )
            # In one piece, since the main thread may print, too.
            print(f"{signal.Signals(number).name}: {message}\n", end="", file=sys.stderr, flush=True)


def ended(number: int) -> str:
    """A line of text for a process that a signal ended."""
    return f"ended by {signal.Signals(number).name}; the same command continues"


def _end(number: int) -> None:
    """Ends the process at once, without waiting for its threads."""
    files.abandon()
    cursor = SHOW_CURSOR if os.isatty(2) else ""
    with contextlib.suppress(OSError):
        os.write(2, f"{cursor}{ended(number)}\n".encode())
    os._exit(128 + number)
