"""Progress of trainings and evaluations: a bar on a terminal, otherwise plain lines."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Column

from lstm_toys.output import counted

WIDE = 100
"""Width of a terminal from which bars are longer."""

LINE_SECONDS = 2.0
"""Time between two plain lines."""


class ProgressDisplay(Progress):
    """A bar with the time left on a terminal, with texts before and after it; elsewhere plain lines, in a notebook one.

    Rich estimates speed and time left from the updates after the first one, which includes compilation.
    """

    def __init__(self, console: Console, total: float | None, before: str, after: str = "") -> None:
        super().__init__(
            SpinnerColumn("line"),  # ASCII, for any encoding.
            TextColumn(before),
            BarColumn(bar_width=20 if console.width >= WIDE else 10),
            TextColumn(after),
            TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=8)),  # Other columns are shortened first.
            console=console,
            disable=console.quiet or not console.is_terminal,
            transient=True,
            speed_estimate_period=math.inf,
        )
        self._row = self.add_task("", total=total, state="")
        self._last_line = self.get_time()

    def tell(self, text: str) -> None:
        """Prints a line above the bar."""
        self.console.print(text)

    def line(self, text: str, *, last: bool) -> None:
        """Prints a text and the time left, unless on a terminal; about every `LINE_SECONDS`, and if it is the last."""
        silent = self.console.is_terminal or self.console.quiet
        if not silent and (last or self.get_time() - self._last_line >= LINE_SECONDS):
            left = self.tasks[0].time_remaining
            text = text if left is None else f"{text} | {left:,.0f} s left"
            if self.console.is_jupyter:  # Over the line before.
                print(f"\r{text:<{WIDE}}", end="\n" * last, flush=True)
            else:
                self.tell(text)
            self._last_line = self.get_time()


class TrainingProgress(ProgressDisplay):
    """Shows steps, member-steps per second, median loss, diverged seeds and the time left of consecutive trainings.

    ``works`` is the amount of work of each training, in any unit; ``workers`` returns their number (None: there are no
    workers); ``name`` is the name of the current training.
    """

    def __init__(self, console: Console, works: Sequence[float], workers: Callable[[], int] | None = None) -> None:
        super().__init__(console, sum(works), "{task.description}", "{task.fields[state]}")
        self._works, self._workers, self._begun, self.name = works, workers, 0, ""

    def begin(self, name: str, members: int, steps: int, groups: int = 1) -> None:
        """Announces the next training; with workers, progress counts ``groups`` of networks."""
        count = len(self._works)
        number = f"{self._begun + 1} of {count}"
        self.name = name if count == 1 else f"{number}: {name}"
        self._before, self._work = sum(self._works[: self._begun]), self._works[self._begun]
        self._begun += 1
        self._steps, self._total, self._groups = steps, members * steps, groups
        self._finished = self._diverged = self._records = 0
        self._entering = True  # A group of members.
        state = self._reached(0) if self._workers else "compiling"
        self.reset(self._row, completed=self._at(0), description="training" if count == 1 else number, state=state)
        self._last_line = self.get_time()
        self.tell(f"{self.name}: {counted(members, 'network')}, {counted(steps, 'step')}")

    def skip(self, trainings: int) -> None:
        """Skips finished trainings."""
        self._begun += trainings

    def __call__(self, step: int, losses: Float[np.ndarray, " M"], sound: Bool[np.ndarray, " M"]) -> None:
        """Shows the progress of the training."""
        last, done = step == self._steps, self._finished + step * len(losses)
        self._records += 1
        # Before its last step a network may recover, unless its loss is NaN.
        diverged = self._diverged + int((~sound if last else np.isnan(losses)).sum())
        if self._entering and step and self._workers is None:  # From a checkpoint, which took no time.
            self.reset(self._row, completed=self._at(done))
        self._entering = last
        if done:
            self.update(self._row, completed=self._at(done))
            speed = (self.tasks[0].speed or 0.0) * self._total / (self._work or 1.0)
            rate = f"{speed:,.0f} member-steps/s | " if speed else ""
            median = f"{np.median(losses[sound]):.2e}" if sound.any() else "–"
            reached, lost, ended = self._reached(step), f" | {diverged} diverged", done == self._total
            bar = f"{'evaluating' if ended else reached} | loss {median}{lost * bool(diverged)}"
            self.update(self._row, state=bar)
            self.line(f"{self.name}: {reached} | {rate}median loss {median}{lost}", last=ended)
        if last:
            self._finished, self._diverged = done, diverged

    def _at(self, done: int) -> Any:
        """The work after this number of member-steps; Rich takes any number, but declares integers."""
        return self._before + self._work * done / max(1, self._total)

    def _reached(self, step: int) -> str:
        if self._workers is None:
            return f"step {step:,}/{self._steps:,}"
        return f"group {self._records:,}/{self._groups:,}, {counted(self._workers(), 'worker')}"


class EvaluationProgress(ProgressDisplay):
    """Shows how many of ``total`` answers are evaluated, and the time left."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, total, "answers {task.completed:,.0f} of {task.total:,.0f}")

    def __call__(self, done: int) -> None:
        """Shows how many answers are evaluated."""
        (task,) = self.tasks
        if done != task.completed:
            self.update(self._row, completed=done)
            speed = f" | {task.speed:,.0f} answers/s" if task.speed else ""
            self.line(f"{done:,} of {counted(int(task.total or 0), 'answer')}{speed}", last=done == task.total)
