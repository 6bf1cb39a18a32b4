"""Progress of trainings and evaluations: a bar on a terminal, otherwise plain lines."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Column

from lstm_toys.output import counted

LINE_SECONDS = 2.0
"""Time between two plain lines, and the shortest time from which a speed or the time left is estimated."""


class Shown(Progress):
    """A progress bar with the time left, on a terminal, with columns before and after the bar."""

    def __init__(self, console: Console, before: tuple[ProgressColumn, ...], after: tuple[ProgressColumn, ...]) -> None:
        super().__init__(
            SpinnerColumn("line"),  # ASCII, for any encoding.
            *before,
            BarColumn(bar_width=20),
            *after,
            TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=8)),  # The others are cut short first.
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )

    def tell(self, text: str) -> None:
        """Prints a line above the bar."""
        self.console.print(text)


class TrainingProgress(Shown):
    """Shows steps, member-steps per second, median loss, diverged seeds and the time left of consecutive trainings.

    ``works`` are the work of each training, in any unit; ``workers`` returns the number of workers (None: no workers).
    """

    def __init__(self, console: Console, works: Sequence[float], workers: Callable[[], int] | None = None) -> None:
        super().__init__(console, (TextColumn("{task.description}"),), (TextColumn("{task.fields[state]}"),))
        self._works, self._workers, self._begun = works, workers, 0
        self._row = self.add_task("", total=sum(works), state="")
        self._spent, self._worked = 0.0, 0.0  # Seconds of training without compiling, and the work done in them.

    def begin(self, name: str, members: int, steps: int, groups: int = 1) -> None:
        """Announces the next training; with workers, progress counts ``groups`` of networks."""
        count = len(self._works)
        self._name = name if count == 1 else f"{self._begun + 1} of {count}: {name}"
        self._before, self._work = sum(self._works[: self._begun]), self._works[self._begun]
        self._begun += 1
        self._steps, self._total = steps, members * steps
        self._finished = self._restored = self._diverged = 0  # Restored: member-steps before a checkpoint.
        self._first: float | None = time.perf_counter() if self._workers else None
        self._groups, self._back = groups if self._workers else 0, 0
        self._entering = True  # A group of members.
        self._last_line = time.perf_counter()
        state = self._reached() if self._groups else "compiling"
        self.update(self._row, description=self._name, completed=self._before, state=state)
        self.tell(f"{self._name}: {counted(members, 'network')}, {counted(steps, 'step')}")

    def skip(self, trainings: int) -> None:
        """Skips finished trainings."""
        self._begun += trainings

    def __call__(self, step: int, losses: Float[np.ndarray, " M"], sound: Bool[np.ndarray, " M"]) -> None:
        """Shows the progress of the training."""
        now, last = time.perf_counter(), step == self._steps
        done = self._finished + step * len(losses)
        first = self._first = now if self._first is None else self._first
        self._back += 1
        if self._entering and not self._groups:
            self._restored += step * len(losses)
        # Before its last step a network may recover, unless its loss is NaN.
        diverged = self._diverged + int((~sound if last else np.isnan(losses)).sum())
        if done > self._restored:
            median = f"{np.median(losses[sound]):.2e}" if sound.any() else "–"
            self._show(now, now - first, step, done, f"median loss {median} | {diverged} diverged")
        self._entering = last
        if last:
            self._finished, self._diverged = done, diverged
            if done == self._total:
                self._spent += now - first
                self._worked += self._share(done - self._restored)

    def _show(self, now: float, spent: float, step: int, done: int, outcome: str) -> None:
        rate = f"{(done - self._restored) / spent:,.0f} member-steps/s | " if spent >= LINE_SECONDS else ""
        reached = self._reached() if self._groups else f"step {step:,}/{self._steps:,}"
        state = f"{reached} | {rate}{outcome}"
        self.update(self._row, completed=self._before + self._share(done), state=state)
        if done == self._total or (rate and now - self._last_line >= LINE_SECONDS):
            if not self.console.is_terminal:
                self.tell(f"{self._name}: {state}{self._left(self._spent + spent, done)}")
            self._last_line = now

    def _left(self, spent: float, done: int) -> str:
        """The time left of all trainings; empty if too little time was spent to estimate it."""
        if done == self._total and self._begun == len(self._works):
            return " | 0 s left"
        if spent < LINE_SECONDS:
            return ""
        left, worked = sum(self._works) - self._before - self._share(done), self._share(done - self._restored)
        return f" | {left * spent / (self._worked + worked):,.0f} s left"

    def _reached(self) -> str:
        return f"group {self._back:,}/{self._groups:,}, {counted(self._workers() if self._workers else 1, 'worker')}"

    def _share(self, done: int) -> float:
        return self._work * done / max(1, self._total)


class EvaluationProgress(Shown):
    """Shows how many of ``total`` answers are evaluated, and the time left after the first part, which compiles."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, (TextColumn("answers {task.completed:,.0f} of {task.total:,.0f}"),), ())
        self._total, self._done = total, 0
        self._last_line = time.perf_counter()
        self._first: tuple[float, int] | None = None
        self._row = self.add_task("", total=total)

    def __call__(self, done: int) -> None:
        """Shows how many answers are evaluated."""
        if done == self._done:
            return
        self._done = done
        self.update(self._row, completed=done)
        now = time.perf_counter()
        self._first = self._first or (now, done)
        began, before = self._first
        speed, left = "", " | 0 s left"
        if (spent := now - began) >= LINE_SECONDS:
            rate = (done - before) / spent
            speed, left = f" | {rate:,.0f} answers/s", f" | {(self._total - done) / rate:,.0f} s left"
        due = done == self._total or (speed and now - self._last_line >= LINE_SECONDS)
        if due and not self.console.is_terminal:
            self.tell(f"{done:,} of {counted(self._total, 'answer')}{speed}{left}")
            self._last_line = now
